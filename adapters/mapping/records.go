package mapping

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/influxdata/line-protocol/v2/lineprotocol"
	"github.com/valyala/fastjson"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Limits of a payload.
const (
	maxPayload = 1 << 20 // bytes
	maxRecords = 500
	maxEvents  = 500
	maxColumns = 256 // columns, pairs or groups of a record
)

var errRecords = fmt.Errorf("payload: more than %d records", maxRecords)

// record is one object, row or line.
type record struct {
	json, top *fastjson.Value
	names     []string
	texts     []string
}

// at finds the value at a path. Without structure, the path is the name.
func (r *record) at(p *path) value {
	if r.top != nil {
		if p.top {
			return ofJSON(p.follow(r.top))
		}
		return ofJSON(p.follow(r.json))
	}
	for i, name := range r.names {
		if name == p.name && i < len(r.texts) {
			return ofText(r.texts[i])
		}
	}
	return value{}
}

// utf8Of returns the payload in UTF-8, without a byte order mark.
func (d *Decoder) utf8Of(b []byte) ([]byte, error) {
	if len(b) > maxPayload {
		return nil, fmt.Errorf("payload: %d bytes, more than %d", len(b), maxPayload)
	}
	if d.gb18030 {
		var err error
		// A decoder has a state: one for each message. It puts U+FFFD for what it cannot read.
		if b, err = simplifiedchinese.GB18030.NewDecoder().Bytes(b); err != nil || bytes.ContainsRune(b, utf8.RuneError) {
			return nil, errors.New("payload: not valid GB18030")
		}
	} else if !utf8.Valid(b) {
		return nil, errors.New("payload: not valid UTF-8")
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	if d.format == FormatCSV {
		return bytes.Trim(b, "\r\n"), nil // a blank may be an empty column
	}
	return bytes.TrimSpace(b), nil
}

// each hands the payload's records to take, one after the other.
func (d *Decoder) each(s *scratch, b []byte, take func() error) error {
	if len(b) == 0 {
		return errors.New("payload: empty")
	}
	switch d.format {
	case FormatJSON:
		return d.eachJSON(s, b, take)
	case FormatCSV:
		return d.eachRow(s, b, take)
	}
	if d.influx {
		return eachPoint(s, b, take)
	}
	lines := 0
	for line := range bytes.Lines(b) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if lines++; lines > maxRecords {
			return errRecords
		}
		s.record = record{texts: s.record.texts[:0], names: s.record.names[:0]}
		var err error
		if d.pattern != nil {
			matches := d.pattern.FindSubmatchIndex(line)
			switch {
			case matches == nil && d.skip:
				continue
			case matches == nil:
				return fmt.Errorf("line %d: the pattern does not match %.80q", lines, line)
			}
			for i, name := range d.pattern.SubexpNames() {
				if name != "" && matches[2*i] >= 0 {
					s.record.add(name, string(line[matches[2*i]:matches[2*i+1]]))
				}
			}
		} else {
			err = d.pairs(&s.record, string(line))
		}
		if err == nil {
			err = take()
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", lines, err)
		}
	}
	return nil
}

func (r *record) add(name, text string) {
	r.names, r.texts = append(r.names, name), append(r.texts, text)
}

func (d *Decoder) eachJSON(s *scratch, b []byte, take func() error) error {
	v, err := s.parser.ParseBytes(b)
	if err != nil {
		return fmt.Errorf("payload: not JSON: %.100s", err.Error())
	}
	top := v
	if v = d.records.follow(v); v == nil || v.Type() == fastjson.TypeNull {
		return fmt.Errorf("payload: nothing at %.80q, where the records are", d.records.name)
	}
	list := []*fastjson.Value{v}
	if v.Type() == fastjson.TypeArray {
		list, _ = v.Array()
	}
	if len(list) > maxRecords {
		return errRecords
	}
	for i, v := range list {
		if v.Type() != fastjson.TypeObject {
			return fmt.Errorf("record %d: is a JSON %s, not an object", i+1, v.Type())
		}
		s.record = record{json: v, top: top}
		if err := take(); err != nil {
			return fmt.Errorf("record %d: %w", i+1, err)
		}
	}
	return nil
}

func (d *Decoder) eachRow(s *scratch, b []byte, take func() error) error {
	r := csv.NewReader(bytes.NewReader(b))
	r.Comma = d.comma
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = !unicode.IsSpace(d.comma)
	names := d.columns
	header := d.header
	for rows := 1; ; rows++ {
		row, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("payload: not CSV: %.100s", err.Error())
		case len(row) > maxColumns:
			return fmt.Errorf("row %d: more than %d columns", rows, maxColumns)
		case rows > maxRecords+1:
			return errRecords
		}
		if header {
			header = false
			if len(names) == 0 {
				names = row
				for i := range names {
					names[i] = strings.TrimSpace(names[i])
				}
			}
			continue
		}
		s.record = record{names: names, texts: row}
		if err := take(); err != nil {
			return fmt.Errorf("row %d: %w", rows, err)
		}
	}
}

// pairs takes a line such as t=21.4, h=55, place="hall, left" apart.
func (d *Decoder) pairs(r *record, line string) error {
	for line != "" {
		if len(r.names) >= maxColumns {
			return fmt.Errorf("more than %d pairs", maxColumns)
		}
		key, rest, ok := strings.Cut(line, d.assign)
		if key = strings.TrimSpace(key); !ok || key == "" {
			return fmt.Errorf("%.80q is no key%svalue", line, d.assign)
		}
		rest = strings.TrimLeft(rest, " \t")
		if quoted, isQuoted := strings.CutPrefix(rest, `"`); isQuoted {
			word, after, ok := strings.Cut(quoted, `"`)
			if !ok {
				return fmt.Errorf("%.80q: the quote has no end", rest)
			}
			after, ok = strings.CutPrefix(strings.TrimSpace(after), strings.TrimSpace(d.separator))
			if !ok && after != "" {
				return fmt.Errorf("%.80q after the quote of %.80q", after, key)
			}
			r.add(key, word)
			line = strings.TrimSpace(after)
			continue
		}
		word, after, _ := strings.Cut(rest, d.separator)
		if strings.Contains(word, d.assign) {
			return fmt.Errorf("%.80q: a pair with two %q", word, d.assign)
		}
		r.add(key, strings.TrimSpace(word))
		line = strings.TrimSpace(after)
	}
	return nil
}

// eachPoint reads InfluxDB's line protocol.
func eachPoint(s *scratch, b []byte, take func() error) error {
	points := lineprotocol.NewDecoderWithBytes(bytes.Clone(b)) // it unescapes in place
	for lines := 1; points.Next(); lines++ {
		if lines > maxRecords {
			return errRecords
		}
		s.record = record{texts: s.record.texts[:0], names: s.record.names[:0]}
		err := readPoint(points, &s.record)
		if err == nil {
			err = take()
		}
		if err != nil {
			return fmt.Errorf("point %d: %w", lines, err)
		}
	}
	return nil
}

func readPoint(points *lineprotocol.Decoder, r *record) error {
	name, err := points.Measurement()
	if err != nil {
		return fmt.Errorf("measurement: %.120s", err.Error())
	}
	r.add("measurement", string(name))
	for {
		key, word, err := points.NextTag()
		if err != nil {
			return fmt.Errorf("tag: %.120s", err.Error())
		}
		if key == nil {
			break
		}
		r.add(string(key), string(word))
	}
	for {
		key, v, err := points.NextField()
		if err != nil {
			return fmt.Errorf("field: %.120s", err.Error())
		}
		if key == nil {
			break
		}
		if len(r.names) >= maxColumns {
			return fmt.Errorf("more than %d tags and fields", maxColumns)
		}
		r.add(string(key), fmt.Sprint(v.Interface()))
	}
	stamp, err := points.TimeBytes()
	if err != nil {
		return fmt.Errorf("timestamp: %.120s", err.Error())
	}
	if stamp != nil {
		r.add("timestamp", string(stamp))
	}
	return nil
}
