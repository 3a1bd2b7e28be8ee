package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/campusgate/campusgate/gateway/event"
)

// document is a parsed YAML file that can say on which line a key stands.
type document struct {
	name string
	root ast.Node // nil when the file is empty
}

func parse(name string, text []byte) (*document, error) {
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("%s:%d: is not UTF-8 (GBK or GB18030?): save it as UTF-8", name, firstBadLine(text))
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, syntaxError(name, err)
	}
	switch n := len(file.Docs); {
	case n == 0 || file.Docs[0].Body == nil:
		return &document{name: name}, nil
	case n > 1:
		return nil, fmt.Errorf("%s: holds %d YAML documents, want one", name, n)
	}
	return &document{name: name, root: file.Docs[0].Body}, nil
}

// firstBadLine is the number of the first line that is not UTF-8.
func firstBadLine(text []byte) int {
	n := 1
	for line := range bytes.Lines(text) {
		if !utf8.Valid(line) {
			break
		}
		n++
	}
	return n
}

// syntaxError turns goccy's picture of the fault into one line with file and line number.
func syntaxError(name string, err error) error {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		return fmt.Errorf("%s:%d: %s", name, at.GetToken().Position.Line, at.GetMessage())
	}
	return fmt.Errorf("%s: %w", name, err)
}

// LoadYAML reads a YAML file into out, a pointer to a struct. Unknown keys are refused
// with file, line and the nearest known key; all of them are reported at once.
func LoadYAML(path string, out any) error {
	_, err := loadFile(path, out)
	return err
}

func loadFile(path string, out any) (*document, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	doc, err := parse(path, text)
	if err != nil {
		return nil, err
	}
	return doc, doc.decode(out)
}

func (d *document) decode(out any) error {
	if d.root == nil {
		return nil
	}
	var faults []error
	d.inspect("", d.root, reflect.TypeOf(out).Elem(), &faults)
	if err := errors.Join(faults...); err != nil {
		return err
	}
	if err := yaml.NodeToValue(d.root, out); err != nil {
		return syntaxError(d.name, err)
	}
	return nil
}

// inspect collects unknown keys, and durations that are none, below a node.
func (d *document) inspect(path string, node ast.Node, t reflect.Type, faults *[]error) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch n := unwrap(node).(type) {
	case *ast.StringNode:
		// The decoder's own error for a duration has no line.
		if _, err := time.ParseDuration(n.Value); err != nil && t == reflect.TypeFor[time.Duration]() {
			*faults = append(*faults, fmt.Errorf("%s:%d: %s: %q is no duration: want for instance 500ms, 15m or 24h",
				d.name, n.GetToken().Position.Line, path, n.Value))
		}
	case *ast.SequenceNode:
		if t.Kind() != reflect.Slice && t.Kind() != reflect.Array {
			return // the decoder says what is wrong
		}
		for i, item := range n.Values {
			d.inspect(path+"["+strconv.Itoa(i)+"]", item, t.Elem(), faults)
		}
	case *ast.MappingNode:
		d.inspectMapping(path, n.Values, t, faults)
	case *ast.MappingValueNode:
		d.inspectMapping(path, []*ast.MappingValueNode{n}, t, faults)
	}
}

func (d *document) inspectMapping(path string, values []*ast.MappingValueNode, t reflect.Type, faults *[]error) {
	if t.Kind() == reflect.Map {
		for _, v := range values {
			d.inspect(join(path, keyOf(v)), v.Value, t.Elem(), faults)
		}
		return
	}
	if t.Kind() != reflect.Struct {
		return
	}
	known := keys(t)
	for _, v := range values {
		key := keyOf(v)
		field, ok := known[key]
		if !ok {
			*faults = append(*faults, fmt.Errorf("%s:%d: %s: unknown key%s",
				d.name, v.Key.GetToken().Position.Line, join(path, key), suggestion(key, known)))
			continue
		}
		d.inspect(join(path, key), v.Value, field, faults)
	}
}

func unwrap(n ast.Node) ast.Node {
	for {
		switch v := n.(type) {
		case *ast.TagNode:
			n = v.Value
		case *ast.AnchorNode:
			n = v.Value
		default:
			return n
		}
	}
}

func keyOf(v *ast.MappingValueNode) string {
	if s, ok := v.Key.(*ast.StringNode); ok {
		return s.Value
	}
	return v.Key.String()
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// keys maps the YAML keys of a struct to the types of their fields.
func keys(t reflect.Type) map[string]reflect.Type {
	known := make(map[string]reflect.Type, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case !f.IsExported() || name == "-":
		case strings.Contains(options, "inline"):
			for k, v := range keys(f.Type) {
				known[k] = v
			}
		case name == "":
			known[strings.ToLower(f.Name)] = f.Type
		default:
			known[name] = f.Type
		}
	}
	return known
}

// line finds where a key of the form a.b[2].c stands; where it is not in the file, the
// nearest section above it. 0 means nowhere.
func (d *document) line(path string) int {
	node, line := d.root, 0
	for _, step := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		next, at := child(node, step)
		if next == nil {
			break
		}
		node, line = next, at
	}
	return line
}

func child(node ast.Node, step string) (ast.Node, int) {
	switch n := unwrap(node).(type) {
	case *ast.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Values) {
			return n.Values[i], n.Values[i].GetToken().Position.Line
		}
	case *ast.MappingNode:
		for _, v := range n.Values {
			if keyOf(v) == step {
				return v.Value, v.Key.GetToken().Position.Line
			}
		}
	case *ast.MappingValueNode:
		if keyOf(n) == step {
			return n.Value, n.Key.GetToken().Position.Line
		}
	}
	return nil, 0
}

// locate adds file and line to every event.Fault in err. source says which keys were set
// by something else than the file.
func (d *document) locate(err error, source map[string]string) error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		parts := make([]error, 0, len(joined.Unwrap()))
		for _, e := range joined.Unwrap() {
			parts = append(parts, d.locate(e, source))
		}
		return errors.Join(parts...)
	}
	var fault *event.Fault
	if !errors.As(err, &fault) {
		return fmt.Errorf("%s: %w", d.name, err)
	}
	if from := source[fault.Key]; from != "" {
		return fmt.Errorf("%s: %w", from, err)
	}
	if line := d.line(fault.Key); line > 0 {
		return fmt.Errorf("%s:%d: %w", d.name, line, err)
	}
	return fmt.Errorf("%s: %w", d.name, err)
}
