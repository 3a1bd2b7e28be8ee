package dahua

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload/push"
)

// maxNotes bounds the events of one message.
const maxNotes = 500

var (
	errNoEvent = errors.New("no event in the body: want JSON, Code=… lines, records or Heartbeat")
	errTooMany = errors.New("more than 500 events in one message")
	errData    = errors.New(`field "data": no closing brace`)
)

// note is one event as the device tells it. field looks up what it is about.
type note struct {
	code, action, index, source string
	field                       func(name string) string
}

func none(string) string { return "" }

// readJSON reads the shapes in which events come as JSON.
func readJSON(p *fastjson.Parser, part []byte) ([]note, error) {
	v, err := p.ParseBytes(part)
	if err != nil {
		return nil, fmt.Errorf("JSON: %.100q", err.Error())
	}
	list := []*fastjson.Value{v}
	if v.Type() == fastjson.TypeArray {
		list = v.GetArray()
	}
	for _, path := range [...][]string{{"Events"}, {"events"}, {"params", "eventList"}, {"eventList"}, {"params", "events"}} {
		if events := v.Get(path...); events != nil {
			if events.Type() != fastjson.TypeArray {
				return nil, fmt.Errorf("field %q: is a JSON %s, not an array", path[len(path)-1], events.Type())
			}
			list = events.GetArray()
			break
		}
	}
	if len(list) > maxNotes {
		return nil, errTooMany
	}
	notes := make([]note, 0, len(list))
	for _, v := range list {
		n, err := jsonNote(v)
		if err != nil {
			return nil, err
		}
		notes = append(notes, n)
	}
	return notes, nil
}

func jsonNote(v *fastjson.Value) (note, error) {
	if v.Type() != fastjson.TypeObject {
		return note{}, fmt.Errorf("JSON: an event is a %s, not an object", v.Type())
	}
	data := either(v, "Data", "data")
	if data != nil && data.Type() == fastjson.TypeArray { // some firmwares wrap it
		if items := data.GetArray(); len(items) == 1 {
			data = items[0]
		}
	}
	n := note{
		code:   push.Word(either(v, "Code", "code")),
		action: push.Word(either(v, "Action", "action")),
		index:  push.Word(either(v, "Index", "index")),
		source: push.Word(either(v, "DataSource", "dataSource")),
	}
	if n.source == "" {
		n.source = push.Word(data.Get("DataSource"))
	}
	if data == nil {
		data = v
	}
	if data.Type() != fastjson.TypeObject {
		return note{}, fmt.Errorf("field \"Data\": is a JSON %s, not an object", data.Type())
	}
	if n.code == "" && data.Exists("Method") && (data.Exists("UserID") || data.Exists("CardNo")) {
		n.code = "AccessControl"
	}
	if n.code == "" {
		return note{}, errors.New(`field "Code": is missing`)
	}
	n.field = fieldsOf(data)
	return n, nil
}

func either(v *fastjson.Value, a, b string) *fastjson.Value {
	if w := v.Get(a); w != nil {
		return w
	}
	return v.Get(b)
}

func fieldsOf(v *fastjson.Value) func(string) string {
	return func(name string) string { return push.Word(v.Get(name)) }
}

// readLines reads "Code=…;key=…;data={…}", one or more, and hands each on at once: a note
// lives until the parser reads the next.
func readLines(p *fastjson.Parser, part []byte, each func(note) error) error {
	for n := 0; ; n++ {
		part = bytes.TrimLeft(part, "\r\n \t")
		if len(part) == 0 {
			return nil
		}
		if n == maxNotes {
			return errTooMany
		}
		if !bytes.HasPrefix(part, []byte("Code=")) {
			return fmt.Errorf("%.80q where Code= is expected", part)
		}
		one := note{field: none}
		for more := true; more; {
			if bytes.HasPrefix(part, []byte("data=")) {
				end := objectEnd(part[len("data="):])
				if end < 0 {
					return errData
				}
				v, err := p.ParseBytes(part[len("data="):][:end])
				if err != nil {
					return fmt.Errorf("field \"data\": %.100q", err.Error())
				}
				one.field, part = fieldsOf(v), part[len("data=")+end:]
				if one.source == "" {
					one.source = one.field("DataSource")
				}
				// Whatever stands behind the data on its line says nothing more.
				_, part, _ = bytes.Cut(part, []byte("\n"))
				break
			}
			end := bytes.IndexAny(part, ";\n")
			word := part
			if end < 0 {
				part, more = nil, false
			} else {
				word, more, part = part[:end], part[end] == ';', part[end+1:]
			}
			one.set(string(bytes.TrimSpace(word)))
		}
		if err := each(one); err != nil {
			return err
		}
	}
}

func (n *note) set(word string) {
	key, value, _ := strings.Cut(word, "=")
	switch value = push.Clean(value); key {
	case "Code":
		n.code = value
	case "action":
		n.action = value
	case "index":
		n.index = value
	case "DataSource":
		n.source = value
	}
}

// objectEnd is the length of the JSON object or array that b begins with, -1 when it does
// not end. Braces in texts do not count.
func objectEnd(b []byte) int {
	depth, text := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth <= 0 {
				return i + 1
			}
		}
	}
	return -1
}

// readRecords reads "records[0].UserID=…" lines.
func readRecords(part []byte) ([]note, error) {
	var records []map[string]string
	for _, line := range strings.Split(string(part), "\n") {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok {
			if strings.TrimSpace(line) != "" {
				return nil, fmt.Errorf("%.80q is no key=value", line)
			}
			continue
		}
		number, field, ok := strings.Cut(strings.TrimPrefix(key, "records["), "].")
		if !strings.HasPrefix(key, "records[") || !ok {
			continue // totalCount, found
		}
		i, err := strconv.Atoi(number)
		switch {
		case err != nil || i < 0 || i > len(records):
			return nil, fmt.Errorf("record number %.80q is out of order", number)
		case i == maxNotes:
			return nil, errTooMany
		case i == len(records):
			records = append(records, map[string]string{})
		}
		records[i][field] = push.Clean(value)
	}
	notes := make([]note, len(records))
	for i, r := range records {
		notes[i] = note{code: "AccessControl", source: r["DataSource"], field: func(name string) string { return r[name] }}
	}
	return notes, nil
}
