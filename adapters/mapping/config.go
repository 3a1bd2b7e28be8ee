package mapping

// The formats of a payload.
const (
	FormatJSON   = "json"
	FormatCSV    = "csv"
	FormatLine   = "line"
	FormatRegexp = "regexp"
)

// The styles of the line format.
const (
	StylePairs  = "pairs"
	StyleInflux = "influx"
)

// Config is the mapping of one vendor's payload.
type Config struct {
	// Name is the adapter's name: 1 to 64 of a-z, 0-9, '-' and '_'.
	Name string `yaml:"name"`
	// Format is json, csv, line or regexp.
	Format string `yaml:"format"`
	// Encoding is utf-8 (also when empty) or gb18030, which includes GBK and GB2312.
	Encoding string `yaml:"encoding"`
	// Records is the path of the list of records (JSON). Empty: the payload is one record,
	// or a list of them. What stands there may be an object as well: one record.
	Records string `yaml:"records"`
	// Delimiter is what stands between the columns of CSV, one character; empty is a comma.
	Delimiter string `yaml:"delimiter"`
	// Header says that the first row of each payload names the columns (CSV).
	Header bool `yaml:"header"`
	// Columns names the columns of CSV that has no header.
	Columns []string `yaml:"columns"`
	// Style is the style of lines: pairs (also when empty) or influx. A line of InfluxDB's
	// protocol gives its tags and fields by name, and measurement and timestamp.
	Style string `yaml:"style"`
	// Separator is what stands between two pairs; empty is a comma. Blanks around pairs are
	// dropped, and between double quotes it has no meaning.
	Separator string `yaml:"separator"`
	// Assign is what stands between key and value of a pair; empty is '='.
	Assign string `yaml:"assign"`
	// Pattern is the regular expression (Go's RE2) that each line is matched with; its named
	// groups are the fields.
	Pattern string `yaml:"pattern"`
	// SkipUnmatched drops lines that Pattern does not match, which are errors otherwise.
	SkipUnmatched bool `yaml:"skip_unmatched"`

	// Site is where the site's name stands. None: what the subscription says, else unassigned.
	Site Source `yaml:"site"`
	// Device is where the device's name stands.
	Device Source `yaml:"device"`
	// Seq is where the device's counter stands, a whole number.
	Seq Source `yaml:"seq"`
	// Time is where the time of the observation stands; none is the time of receipt.
	Time Time `yaml:"time"`
	// Backfill holds if any of the conditions does: the device re-sends history.
	Backfill []Condition `yaml:"backfill"`
	// Ignore drops a record for which any of the conditions holds.
	Ignore []Condition `yaml:"ignore"`
	// Outputs are the events that each record gives, 1 to 32.
	Outputs []Output `yaml:"outputs"`
}

// Source is where a value stands: one of Value, Topic, From and Expr, or From with an Expr
// that works on it.
type Source struct {
	// Value is a fixed text.
	Value string `yaml:"value"`
	// Topic is a level of the topic, from 1, or from the end with -1.
	Topic int `yaml:"topic"`
	// From is what the record calls it: a JSON path, a column, a key, a group.
	From string `yaml:"from"`
	// Expr computes it.
	Expr string `yaml:"expr"`
	// Map turns the device's words into ours. Words that it lacks are an error, unless
	// Otherwise has one for them.
	Map       map[string]string `yaml:"map"`
	Otherwise string            `yaml:"otherwise"`
	// Unknown lists further words and numbers which mean that the value is not known.
	Unknown []string `yaml:"unknown"`
	// Default stands for a value that is not known.
	Default string `yaml:"default"`
}

// Time is where the time of an observation stands.
type Time struct {
	Source `yaml:",inline"`
	// Formats are tried in turn: rfc3339, unix, unix_ms, unix_us, unix_ns, or a layout as Go
	// writes it, "2006-01-02 15:04:05". Empty: RFC 3339, or Unix seconds or milliseconds.
	Formats []string `yaml:"formats"`
	// Zone is that of times which have none: "+08:00" (also when empty), or an IANA name.
	Zone string `yaml:"zone"`
}

// Condition is a question about a record: Expr, or whether what stands at From or Topic is
// one of the words of Is. Without Is it asks whether anything is there.
type Condition struct {
	// From is what the record calls it: a JSON path, a column, a key, a group.
	From string `yaml:"from"`
	// Topic is a level of the topic, from 1, or from the end with -1.
	Topic int `yaml:"topic"`
	// Is lists the words that answer yes.
	Is []string `yaml:"is"`
	// Expr computes the answer, true or false.
	Expr string `yaml:"expr"`
	// Not turns the answer round.
	Not bool `yaml:"not"`
}

// Output is one event that a record gives.
type Output struct {
	// Type is the event's type, for instance kitchen_reading.
	Type string `yaml:"type"`
	// Kind is where the device's kind stands; none is the one that goes with Type (camera
	// for device_status).
	Kind Source `yaml:"kind"`
	// Device is where the name stands of the part of the device that this output is about,
	// in place of the device of the record and of the subscription.
	Device Source `yaml:"device"`
	// When lists conditions which all must hold.
	When []Condition `yaml:"when"`
	// Fields says where each field of the event stands, by its name in the event's JSON.
	Fields map[string]Field `yaml:"fields"`
}

// Field is where a field of an event stands and how its number is to be converted:
// number × Scale + Offset, which then is in Unit.
type Field struct {
	Source `yaml:",inline"`
	Scale  float64 `yaml:"scale"` // 0 means 1
	Offset float64 `yaml:"offset"`
	// Unit is the device's unit where it is not the event's: celsius, fahrenheit, kelvin;
	// km/h, m/s, knots, mph; m, ft; us, ms, s, min, h; ratio (of 1, to %).
	Unit string `yaml:"unit"`
	// Required makes a message without the value an error.
	Required bool `yaml:"required"`
}
