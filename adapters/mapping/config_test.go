package mapping_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/adapters/mapping"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/gateway/event"
)

// valid returns a configuration in which nothing is wrong.
func valid() mapping.Config {
	return mapping.Config{
		Name: "v", Format: "json", Device: mapping.Source{From: "dev"}, Time: mapping.Time{Source: mapping.Source{From: "ts"}},
		Outputs: []mapping.Output{{Type: "kitchen_reading", Fields: map[string]mapping.Field{"value": at("t")}}},
	}
}

func at(path string) mapping.Field { return mapping.Field{Source: mapping.Source{From: path}} }

func output(kind string, fields map[string]mapping.Field) []mapping.Output {
	return []mapping.Output{{Type: kind, Fields: fields}}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	if _, err := mapping.New(valid()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(c *mapping.Config)
		want   string // text of one fault
	}{
		"name":            {func(c *mapping.Config) { c.Name = "My Vendor" }, "name: My Vendor is not allowed: want 1 to 64"},
		"format":          {func(c *mapping.Config) { c.Format = "jsn" }, `format: jsn is not allowed: want one of json, csv, line, regexp; did you mean "json"`},
		"encoding":        {func(c *mapping.Config) { c.Encoding = "gbk" }, "encoding: gbk"},
		"foreign key":     {func(c *mapping.Config) { c.Header = true }, "header: it is not allowed: want no such key with format json: it belongs to csv"},
		"records":         {func(c *mapping.Config) { c.Records = "a..b" }, "records: a..b"},
		"path end":        {func(c *mapping.Config) { c.Seq.From = "a." }, "seq.from"},
		"path bracket":    {func(c *mapping.Config) { c.Seq.From = "a[1" }, "seq.from"},
		"long path":       {func(c *mapping.Config) { c.Seq.From = strings.Repeat("a", 300) }, "seq.from"},
		"deep path":       {func(c *mapping.Config) { c.Seq.From = strings.Repeat("a.", 40) + "a" }, "seq.from"},
		"two places":      {func(c *mapping.Config) { c.Device.Topic = 1 }, "device: it is not allowed: want one of value"},
		"no place":        {func(c *mapping.Config) { c.Site.Default = "s1" }, "site: it is not allowed: want value"},
		"no map":          {func(c *mapping.Config) { c.Device.Otherwise = "x" }, "device.otherwise: x"},
		"map of fixed":    {func(c *mapping.Config) { c.Site = mapping.Source{Value: "a", Map: map[string]string{"a": "b"}} }, "site.map"},
		"expression":      {func(c *mapping.Config) { c.Device = mapping.Source{Expr: "text("} }, "device.expr"},
		"unknown name":    {func(c *mapping.Config) { c.Device = mapping.Source{Expr: "temp + 1"} }, "unknown name temp"},
		"loop":            {func(c *mapping.Config) { c.Device = mapping.Source{Expr: "all([1], # > 0)"} }, "without loops"},
		"range":           {func(c *mapping.Config) { c.Device = mapping.Source{Expr: "len(1..999999)"} }, "without ranges"},
		"variable":        {func(c *mapping.Config) { c.Device = mapping.Source{Expr: `let a = text("x"); a + a`} }, "variables"},
		"clock":           {func(c *mapping.Config) { c.Device = mapping.Source{Expr: "string(now())"} }, "device.expr"},
		"long expression": {func(c *mapping.Config) { c.Device = mapping.Source{Expr: strings.Repeat("1+", 600) + "1"} }, "at most 1000 bytes"},
		"fixed time":      {func(c *mapping.Config) { c.Time.Source = mapping.Source{Value: "2026-11-24T00:00:00Z"} }, "time.value"},
		"time format":     {func(c *mapping.Config) { c.Time.Formats = []string{"unixms"} }, `did you mean "unix_ms"`},
		"time layout":     {func(c *mapping.Config) { c.Time.Formats = []string{"15:04:05"} }, "time.formats[0]"},
		"zone":            {func(c *mapping.Config) { c.Time.Zone = "Mars/Base" }, "time.zone: Mars/Base"},
		"local zone":      {func(c *mapping.Config) { c.Time.Zone = "Local" }, "time.zone: Local"},
		"zone alone":      {func(c *mapping.Config) { c.Time = mapping.Time{Zone: "+08:00"} }, "time: it"},
		"empty condition": {func(c *mapping.Config) { c.Ignore = []mapping.Condition{{Is: []string{"a"}}} }, "ignore[0]: it"},
		"both conditions": {func(c *mapping.Config) { c.Backfill = []mapping.Condition{{From: "a", Expr: "true"}} }, "backfill[0]: it"},
		"no truth":        {func(c *mapping.Config) { c.Ignore = []mapping.Condition{{Expr: `num("a") + 1`}} }, "ignore[0].expr"},
		"many conditions": {func(c *mapping.Config) { c.Ignore = make([]mapping.Condition, 99) }, "ignore: 99"},
		"no outputs":      {func(c *mapping.Config) { c.Outputs = nil }, "outputs: 0"},
		"type":            {func(c *mapping.Config) { c.Outputs[0].Type = "kitchen_readings" }, `did you mean "kitchen_reading"`},
		"kind":            {func(c *mapping.Config) { c.Outputs[0].Kind.Value = "kitchn" }, `did you mean "kitchen"`},
		"unknown field":   {func(c *mapping.Config) { c.Outputs[0].Fields["vlaue"] = at("t") }, `outputs[0].fields.vlaue: it is not allowed: want one of quantity, value, unit; did you mean "value"`},
		"needed field":    {func(c *mapping.Config) { delete(c.Outputs[0].Fields, "value") }, "outputs[0].fields.value: nothing"},
		"position": {func(c *mapping.Config) {
			c.Outputs = output("vehicle_position", map[string]mapping.Field{"lat": at("y")})
		}, "fields.lon"},
		"empty field": {func(c *mapping.Config) { c.Outputs[0].Fields["value"] = mapping.Field{} }, "outputs[0].fields.value: it"},
		"unit": {func(c *mapping.Config) {
			c.Outputs[0].Fields["value"] = mapping.Field{Source: at("t").Source, Unit: "fahrenheitt"}
		}, `did you mean "fahrenheit"`},
		"no unit": {func(c *mapping.Config) {
			c.Outputs[0].Fields["quantity"] = mapping.Field{Source: at("t").Source, Unit: "m"}
		}, "no unit"},
		"scaled text": {func(c *mapping.Config) { c.Outputs[0].Fields["unit"] = mapping.Field{Source: at("t").Source, Scale: 2} }, "no scale"},
		"fixed number": {func(c *mapping.Config) {
			c.Outputs[0].Fields["value"] = mapping.Field{Source: mapping.Source{Value: "warm"}}
		}, "is no number"},
		"fixed name": {func(c *mapping.Config) {
			c.Outputs[0].Fields["quantity"] = mapping.Field{Source: mapping.Source{Value: "Cold Store"}}
		}, "is not 1 to 64"},
		"mapped word": {func(c *mapping.Config) {
			c.Outputs = output("emergency_call", map[string]mapping.Field{"state": {Source: mapping.Source{From: "s", Map: map[string]string{"1": "presed"}}}})
		}, `did you mean "pressed"`},
		"csv names":    {func(c *mapping.Config) { c.Format = "csv" }, "columns: none"},
		"csv column":   {func(c *mapping.Config) { c.Format, c.Columns = "csv", []string{"devs", "ts", "t"} }, `did you mean "devs"`},
		"delimiter":    {func(c *mapping.Config) { c.Format, c.Header, c.Delimiter = "csv", true, ";;" }, "delimiter"},
		"style":        {func(c *mapping.Config) { c.Format, c.Style = "line", "inflx" }, `did you mean "influx"`},
		"influx pairs": {func(c *mapping.Config) { c.Format, c.Style, c.Separator = "line", "influx", ";" }, "style"},
		"separator":    {func(c *mapping.Config) { c.Format, c.Separator = "line", "\n" }, "separator"},
		"assign":       {func(c *mapping.Config) { c.Format, c.Assign = "line", "," }, "assign"},
		"pattern":      {func(c *mapping.Config) { c.Format, c.Pattern = "regexp", "(" }, "pattern"},
		"no groups":    {func(c *mapping.Config) { c.Format, c.Pattern = "regexp", "(a)" }, "named groups"},
		"group":        {func(c *mapping.Config) { c.Format, c.Pattern = "regexp", `(?P<dev>\w+) (?P<ts>\S+) (?P<temp>\d+)` }, "outputs[0].fields.value.from: t"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := valid()
			c.change(&cfg)
			d, err := mapping.New(cfg)
			if err == nil || d != nil {
				t.Fatal("taken")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v\nlacks %s", err, c.want)
			}
			onlyFaults(t, err)
		})
	}
}

// onlyFaults checks that an error joins faults and nothing else.
func onlyFaults(t *testing.T, err error) {
	t.Helper()
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("%T is not joined", err)
	}
	for _, e := range joined.Unwrap() {
		if f := new(event.Fault); !errors.As(e, &f) || f.Key == "" || f.Want == "" {
			t.Errorf("%v is no fault with key and want", e)
		}
	}
}

// TestEveryFault shows that one wrong thing does not hide another.
func TestEveryFault(t *testing.T) {
	t.Parallel()
	cfg := valid()
	cfg.Name, cfg.Encoding, cfg.Time.Zone = "", "x", "x"
	_, err := mapping.New(cfg)
	if err == nil || len(err.(interface{ Unwrap() []error }).Unwrap()) != 3 {
		t.Errorf("%v", err)
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format, zone, text, want string // want is cut to its resolution; "" is the receipt's
	}{
		{"", "", "1795478390", "2026-11-23T23:59:50"},
		{"", "", "1795478390.25", "2026-11-23T23:59:50.25"},
		{"", "", "1795478390250", "2026-11-23T23:59:50.250"},
		{"", "", "1.79547839e9", "2026-11-23T23:59:50.000"},
		{"", "", "2026-11-24T07:59:50.5+08:00", "2026-11-23T23:59:50.5"},
		{"", "", "0", ""},
		{"", "", "-1", ""},
		{"", "", "null", ""},
		{"", "", "-70", "error"},
		{"", "", "2026-11-24 07:59:50", "error"},
		{"", "", "99999999999999999999", "error"},
		{"unix_us", "", "1795478390250001", "2026-11-23T23:59:50.250001"},
		{"unix_ns", "", "1795478390250001007", "2026-11-23T23:59:50.250001007"},
		{"unix", "", "17954783900000", "error"},
		{"unix", "", "12,5", "error"},
		{"2006-01-02 15:04:05", "", "2026-11-24 07:59:50", "2026-11-23T23:59:50"},
		{"2006-01-02 15:04:05", "", "2026-11-24 07:59:50.120", "2026-11-23T23:59:50.120"},
		{"2006-01-02 15:04:05", "Z", "2026-11-24 07:59:50", "config"},
		{"2006-01-02 15:04:05", "-05:30", "2026-11-23 18:29:50", "2026-11-23T23:59:50"},
		{"2006-01-02 15:04:05 -0700", "", "2026-11-24 00:59:50 +0100", "2026-11-23T23:59:50"},
		{"20060102150405", "", "20261124075950", "2026-11-23T23:59:50"},
		{"02.01.2006 15:04", "", "24.11.2026 07:59", "2026-11-23T23:59"},
		{"2006-01-02 15:04:05", "", "1926-11-24 07:59:50", "error"},
		{"2006-01-02 15:04:05", "", "2026-02-30 07:59:50", "error"},
	} {
		cfg := valid()
		cfg.Time.Zone = c.zone
		if c.format != "" {
			cfg.Time.Formats = []string{c.format}
		}
		d, err := mapping.New(cfg)
		if c.want == "config" {
			if err == nil {
				t.Errorf("%+v is taken", c)
			}
			continue
		}
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		body := `{"dev":"d","t":1,"ts":"` + c.text + `"}`
		events, err := d.Decode(nil, payload.Message{Payload: []byte(body), Received: payloadtest.Received()}, event.Clock{})
		if c.want == "error" {
			if err == nil {
				t.Errorf("%+v: %s", c, events[0].ObservedAt)
			}
			continue
		}
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		want := c.want
		if want == "" {
			want = "2026-11-24T00:00:00.500"
		}
		if got := events[0].ObservedAt.Format("2006-01-02T15:04:05.000000000"); !strings.HasPrefix(got, want) {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	const body = `{"dev":"d","a":{"b.c":[1,{"x y":2}]},"l":[{"k":"T","v":3},{"k":7,"v":4},5],"o":{"v":6}}`
	for at, want := range map[string]float64{
		`a.b\.c.0`: 1, `a.b\.c[1].x y`: 2, "l[k=T].v": 3, "l[k=7].v": 4, "l[2]": 5, "$.o.v": 6, "o.v": 6,
		"l[k=U].v": -1, "o[k=T].v": -1, "l.9": -1, "nothing.there": -1,
	} {
		cfg := valid()
		cfg.Outputs[0].Fields["value"] = mapping.Field{Source: mapping.Source{From: at, Default: "-1"}}
		d, err := mapping.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		events, err := d.Decode(nil, payload.Message{Payload: []byte(body), Received: payloadtest.Received()}, event.Clock{})
		if err != nil || len(events) != 1 || events[0].Reading.Value != want {
			t.Errorf("%s: %d events, %v", at, len(events), err)
		}
	}
}

// TestValues reads one value in many forms.
func TestValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field   mapping.Field
		raw     string
		want    float64
		nothing bool
		bad     bool
	}{
		{field: at("t"), raw: `21.5`, want: 21.5},
		{field: at("t"), raw: `" 21.5 "`, want: 21.5},
		{field: at("t"), raw: `true`, want: 1},
		{field: at("t"), raw: `null`, nothing: true},
		{field: at("t"), raw: `"unavailable"`, nothing: true},
		{field: at("t"), raw: `"21,5"`, bad: true},
		{field: at("t"), raw: `1e999`, bad: true},
		{field: at("t"), raw: `"inf"`, bad: true},
		{field: at("t"), raw: `[1]`, bad: true},
		{field: at("t"), raw: `2000`, bad: true},
		{field: mapping.Field{Source: at("t").Source, Required: true}, raw: `null`, bad: true},
		{field: mapping.Field{Source: at("t").Source, Scale: 0.1, Offset: -40}, raw: `653`, want: 25.3},
		{field: mapping.Field{Source: at("t").Source, Unit: "fahrenheit"}, raw: `0`, want: -17.777777778},
		{field: mapping.Field{Source: mapping.Source{From: "t", Unknown: []string{"-127"}}}, raw: `"-127.0"`, nothing: true},
		{field: mapping.Field{Source: mapping.Source{From: "t", Map: map[string]string{"HH": "85"}, Otherwise: "20"}}, raw: `"HH"`, want: 85},
		{field: mapping.Field{Source: mapping.Source{From: "t", Map: map[string]string{"HH": "85"}, Otherwise: "20"}}, raw: `"LL"`, want: 20},
		{field: mapping.Field{Source: mapping.Source{From: "t", Map: map[string]string{"HH": "85"}}}, raw: `"LL"`, bad: true},
		{field: mapping.Field{Source: mapping.Source{From: "t", Expr: "value * 2"}}, raw: `4`, want: 8},
		{field: mapping.Field{Source: mapping.Source{Expr: `num("t") + num("u")`}}, raw: `4`, nothing: true},
		{field: mapping.Field{Source: mapping.Source{Expr: `num("t") / 0`}}, raw: `4`, bad: true},
		{field: mapping.Field{Source: mapping.Source{Expr: `num("t")`}}, raw: `"warm"`, bad: true},
		{field: mapping.Field{Source: mapping.Source{Expr: `[num("t")]`}}, raw: `4`, bad: true},
		{field: mapping.Field{Source: mapping.Source{Expr: `text("t") startsWith "9" ? 1 : 2`}}, raw: `9`, want: 1},
	} {
		cfg := valid()
		cfg.Outputs[0].Fields["value"] = c.field
		d, err := mapping.New(cfg)
		if err != nil {
			t.Errorf("%+v: %v", c.field, err)
			continue
		}
		m := payload.Message{Topic: "a/b", Payload: []byte(`{"dev":"d","t":` + c.raw + `}`), Received: payloadtest.Received()}
		events, err := d.Decode(nil, m, event.Clock{})
		switch {
		case (err != nil) != c.bad:
			t.Errorf("%s with %+v: %v", c.raw, c.field, err)
		case c.bad:
		case c.nothing != (len(events) == 0), !c.nothing && events[0].Reading.Value != c.want:
			t.Errorf("%s with %+v: %+v", c.raw, c.field, events)
		}
	}
}

// TestSeparators reads tables and lines whose separators are blanks.
func TestSeparators(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ config, body string }{
		"tabs":    {"format: csv\ndelimiter: \"\\t\"\ncolumns: [x, dev, t, n]", "\td1\t4.5\t\n"},
		"blanks":  {"format: line\nseparator: \" \"", `place="hall, left"  dev=d1 t=4.5`},
		"numbers": {"format: json", `{"dev":"d1","t":4.5,"n":7}`},
	} {
		// Numbers without quotes are texts where a text is wanted.
		cfg := parse(t, []byte(c.config+`
name: v
device: {from: dev}
ignore: [{from: n, is: [8]}]
outputs:
  - type: kitchen_reading
    fields: {value: {from: t, unknown: [-999], default: 0, map: {4.5: 9, 5: 10}}}
`))
		d, err := mapping.New(cfg)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		m := payload.Message{Payload: []byte(c.body), Received: payloadtest.Received()}
		events, err := d.Decode(nil, m, event.Clock{})
		if err != nil || len(events) != 1 || events[0].Device != "d1" || events[0].Reading.Value != 9 {
			t.Errorf("%s: %+v, %v", name, events, err)
		}
	}
}
