package influx

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/valyala/fastjson"
)

// chunkRows is how many rows the server sends at a time.
const chunkRows = "2000"

// maxChunk bounds one chunk of an answer in bytes: 2,000 rows of the longest texts.
const maxChunk = 256 << 20

// QueryError is what the server said to a query that it did not carry out.
type QueryError struct{ Message string }

func (e *QueryError) Error() string { return "InfluxDB: " + e.Message }

// resultRow is one row of an answer; it is good until the next.
type resultRow struct {
	columns map[string]int
	tags    map[string]string
	values  []*fastjson.Value
}

func (r *resultRow) value(column string) *fastjson.Value {
	i, ok := r.columns[column]
	if !ok || i >= len(r.values) || r.values[i].Type() == fastjson.TypeNull {
		return nil
	}
	return r.values[i]
}

func (r *resultRow) has(column string) bool { return r.value(column) != nil || r.tags[column] != "" }

func (r *resultRow) text(column string) string {
	if v := r.value(column); v != nil && v.Type() == fastjson.TypeString {
		return string(v.GetStringBytes())
	}
	return r.tags[column]
}

func (r *resultRow) float(column string) float64 {
	if v := r.value(column); v != nil {
		return v.GetFloat64()
	}
	return 0
}

func (r *resultRow) integer(column string) int64 {
	if v := r.value(column); v != nil {
		return v.GetInt64()
	}
	return 0
}

func (r *resultRow) boolean(column string) (value, ok bool) {
	if v := r.value(column); v != nil {
		return v.GetBool(), true
	}
	return false, false
}

func (r *resultRow) nanos() int64 { return r.integer("time") }

// query runs InfluxQL with bound parameters ($name) and yields the rows as they arrive.
// Values never become part of the text of a query. An error of yield ends it.
func (c *client) query(ctx context.Context, database, text string, params map[string]any, yield func(*resultRow) error) error {
	form := url.Values{"q": {text}, "epoch": {"ns"}, "chunked": {"true"}, "chunk_size": {chunkRows}}
	if database != "" {
		form.Set("db", database)
	}
	if len(params) > 0 {
		b, err := json.Marshal(params)
		if err != nil {
			return err
		}
		form.Set("params", string(b))
	}
	err := c.do(ctx, "POST", "query", nil, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()),
		func(body io.Reader) error { return readChunks(body, yield) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// readChunks reads one JSON object a line, as both 1.8 and 2.x send them.
func readChunks(body io.Reader, yield func(*resultRow) error) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(make([]byte, 0, 64<<10), maxChunk)
	var parser fastjson.Parser
	for lines.Scan() {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		answer, err := parser.ParseBytes(line)
		if err != nil {
			return fmt.Errorf("InfluxDB's answer: %w", err)
		}
		if message := answer.GetStringBytes("error"); message != nil {
			return &QueryError{string(message)}
		}
		for _, result := range answer.GetArray("results") {
			if message := result.GetStringBytes("error"); message != nil {
				return &QueryError{string(message)}
			}
			for _, series := range result.GetArray("series") {
				if err := readSeries(series, yield); err != nil {
					return err
				}
			}
		}
	}
	return lines.Err()
}

func readSeries(series *fastjson.Value, yield func(*resultRow) error) error {
	r := resultRow{columns: map[string]int{}}
	for i, name := range series.GetArray("columns") {
		r.columns[string(name.GetStringBytes())] = i
	}
	if tags := series.GetObject("tags"); tags != nil {
		r.tags = map[string]string{}
		tags.Visit(func(key []byte, v *fastjson.Value) { r.tags[string(key)] = string(v.GetStringBytes()) })
	}
	for _, values := range series.GetArray("values") {
		r.values = values.GetArray()
		if err := yield(&r); err != nil {
			return err
		}
	}
	return nil
}

// where collects conditions and the parameters they name.
type where struct {
	conditions []string
	params     map[string]any
}

func newWhere() *where { return &where{params: map[string]any{}} }

// bind returns the placeholder of a new parameter.
func (w *where) bind(v any) string {
	name := "p" + strconv.Itoa(len(w.params))
	w.params[name] = v
	return "$" + name
}

func (w *where) add(condition string) { w.conditions = append(w.conditions, condition) }

// equal adds column = value, unless value is empty.
func (w *where) equal(column, value string) {
	if value != "" {
		w.add(`"` + column + `" = ` + w.bind(value))
	}
}

// text renders the clause; a query without conditions has none.
func (w *where) text() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conditions, " AND ")
}

// anyOf adds column = one of values.
func anyOf[T ~string](w *where, column string, values []T) {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = `"` + column + `" = ` + w.bind(string(v))
	}
	if len(parts) > 0 {
		w.add("(" + strings.Join(parts, " OR ") + ")")
	}
}
