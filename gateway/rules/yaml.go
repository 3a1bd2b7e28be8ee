package rules

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/campusgate/campusgate/gateway/event"
)

const (
	maxNesting = 32
	maxFaults  = 100 // further ones are left out
)

// reader reads one document and gathers what is wrong with it.
type reader struct {
	file   string
	lines  []string
	places map[string]place // of keys, by path
	faults Faults
}

// place is where a key and its value stand.
type place struct {
	key   *token.Position
	value ast.Node
}

// read parses a document. Faults are in r.
func (r *reader) read(text []byte) (doc Document) {
	if len(text) > MaxDocument {
		r.add(0, 0, "", "has %d bytes: want at most %d", len(text), MaxDocument)
		return doc
	}
	r.lines = strings.Split(string(text), "\n")
	if line := r.tooDeep(); line > 0 {
		r.add(line, 1, "", "is nested too deeply: want at most %d levels", maxNesting)
		return doc
	}
	root := r.parse(text)
	if root == nil || len(r.faults) > 0 {
		return doc
	}
	r.places = make(map[string]place)
	r.inspect("", root, reflect.TypeFor[Document]())
	if len(r.faults) > 0 {
		return doc
	}
	if err := yaml.NodeToValue(root, &doc); err != nil {
		r.syntax(err)
	}
	return doc
}

func (r *reader) parse(text []byte) (root ast.Node) {
	// The parser is another's, and the text may come from anywhere: it must not take the
	// gateway down.
	defer func() {
		if p := recover(); p != nil {
			root = nil
			r.add(0, 0, "", "cannot be read as YAML")
		}
	}()
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		r.syntax(err)
		return nil
	}
	switch n := len(file.Docs); {
	case n == 0 || file.Docs[0].Body == nil:
		return nil
	case n > 1:
		r.add(0, 0, "", "holds %d YAML documents: want one", n)
		return nil
	}
	return file.Docs[0].Body
}

// tooDeep returns the first line that opens more levels than a document needs, before the
// parser descends into them.
func (r *reader) tooDeep() int {
	depth := 0
	for i, line := range r.lines {
		body := strings.TrimLeft(line, " -?:\t")
		if lead := line[:len(line)-len(body)]; strings.Count(lead, "- ")+strings.Count(lead, "? ")+strings.Count(lead, ": ") > maxNesting || len(lead) > 8*maxNesting {
			return i + 1
		}
		for _, c := range body {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(depth-1, 0)
			}
		}
		if depth > maxNesting {
			return i + 1
		}
	}
	return 0
}

func (r *reader) add(line, column int, key, format string, args ...any) {
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, &Fault{File: r.file, Line: line, Column: column, Key: key, Message: fmt.Sprintf(format, args...)})
	}
}

func (r *reader) syntax(err error) {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		p := at.GetToken().Position
		r.add(p.Line, p.Column, "", "%s", firstLine(at.GetMessage()))
		return
	}
	r.add(0, 0, "", "%s", firstLine(err.Error()))
}

// fault tells what is wrong with the value of a key, or of the nearest key above it that
// stands in the document.
func (r *reader) fault(key, format string, args ...any) {
	line, column := r.at(key)
	r.add(line, column, key, format, args...)
}

func (r *reader) at(key string) (line, column int) {
	for path := key; ; {
		if p, ok := r.places[path]; ok {
			return p.key.Line, p.key.Column
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return 0, 0
		}
		path = path[:cut]
	}
}

// within tells what is wrong at a place, counted in runes, of the expression or text that
// is the value of a key.
func (r *reader) within(key string, offset int, format string, args ...any) {
	line, column := r.at(key)
	if p, ok := r.places[key]; ok {
		if l, c, ok := r.inside(p.value, offset); ok {
			line, column = l, c
		}
	}
	r.add(line, column, key, format, args...)
}

// inside finds the place of a rune of a scalar in the file; ok is false where that is not
// one to one.
func (r *reader) inside(node ast.Node, offset int) (line, column int, ok bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		p := n.GetToken().Position
		column := p.Column
		if t := n.GetToken().Type; t == token.SingleQuoteType || t == token.DoubleQuoteType {
			column++
		}
		if p.Line < 1 || p.Line > len(r.lines) {
			return 0, 0, false
		}
		raw := []rune(r.lines[p.Line-1])
		value := []rune(n.Value)
		if column < 1 || column-1+len(value) > len(raw) || string(raw[column-1:column-1+len(value)]) != n.Value {
			return 0, 0, false // escapes, or more than one line
		}
		return p.Line, column + offset, true
	case *ast.LiteralNode:
		if n.Start == nil || n.Value == nil || !strings.HasPrefix(n.Start.Value, "|") {
			return 0, 0, false
		}
		row := 0
		for l := range strings.Lines(n.Value.Value) {
			runes := len([]rune(l))
			if offset < runes || offset == runes && !strings.HasSuffix(l, "\n") {
				at := n.Start.Position.Line + row
				if at >= len(r.lines) {
					return 0, 0, false
				}
				raw := r.lines[at]
				indent := strings.Index(raw, strings.TrimRight(l, "\n"))
				if indent < 0 {
					return 0, 0, false
				}
				return at + 1, len([]rune(raw[:indent])) + 1 + offset, true
			}
			offset -= runes
			row++
		}
	}
	return 0, 0, false
}

// inspect notes the places of keys and gathers unknown keys and durations that are none.
func (r *reader) inspect(path string, node ast.Node, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch n := node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		p := node.GetToken().Position
		r.add(p.Line, p.Column, path, "no anchors, aliases and tags: write it out")
	case *ast.SequenceNode:
		if t.Kind() != reflect.Slice {
			r.wrongShape(path, n, t)
			return
		}
		for i, item := range n.Values {
			at := path + "[" + strconv.Itoa(i) + "]"
			r.places[at] = place{item.GetToken().Position, item}
			if m, ok := item.(*ast.MappingNode); ok && len(m.Values) > 0 {
				r.places[at] = place{m.Values[0].Key.GetToken().Position, item}
			}
			r.inspect(at, item, t.Elem())
		}
	case *ast.MappingNode:
		r.inspectMapping(path, n, n.Values, t)
	case *ast.MappingValueNode:
		r.inspectMapping(path, n, []*ast.MappingValueNode{n}, t)
	case *ast.NullNode:
	default:
		r.inspectScalar(path, n, t)
	}
}

func (r *reader) inspectScalar(path string, n ast.Node, t reflect.Type) {
	p := n.GetToken().Position
	text := n.GetToken().Value
	switch {
	case t == reflect.TypeFor[time.Duration]():
		if _, err := time.ParseDuration(text); err != nil {
			r.add(p.Line, p.Column, path, "%.40q is no duration: want for instance 30s, 15m or 24h", text)
		}
	case t.Kind() == reflect.Struct || t.Kind() == reflect.Slice || t.Kind() == reflect.Map:
		r.wrongShape(path, n, t)
	}
}

func (r *reader) wrongShape(path string, n ast.Node, t reflect.Type) {
	want := map[reflect.Kind]string{
		reflect.Struct: "keys and values", reflect.Map: "keys and values", reflect.Slice: "a list, [a, b]",
		reflect.String: "a text", reflect.Bool: "true or false", reflect.Float64: "a number", reflect.Int64: "a duration",
	}[t.Kind()]
	p := n.GetToken().Position
	r.add(p.Line, p.Column, path, "is of the wrong shape: want %s", want)
}

func (r *reader) inspectMapping(path string, n ast.Node, values []*ast.MappingValueNode, t reflect.Type) {
	known := map[string]reflect.Type{}
	switch t.Kind() {
	case reflect.Map:
	case reflect.Struct:
		known = keysOf(t)
	default:
		r.wrongShape(path, n, t)
		return
	}
	for _, v := range values {
		key := v.Key.GetToken().Value
		at := key
		if path != "" {
			at = path + "." + key
		}
		p := v.Key.GetToken().Position
		field, ok := known[key]
		switch {
		case t.Kind() == reflect.Map:
			field = t.Elem()
		case !ok:
			r.add(p.Line, p.Column, at, "unknown key%s", meant(key, slices.Sorted(maps.Keys(known))))
			continue
		}
		r.places[at] = place{p, v.Value}
		r.inspect(at, v.Value, field)
	}
}

func keysOf(t reflect.Type) map[string]reflect.Type {
	known := make(map[string]reflect.Type, t.NumField())
	for i := range t.NumField() {
		known[t.Field(i).Tag.Get("yaml")] = t.Field(i).Type
	}
	return known
}

// meant is "; did you mean …?" with the nearest known word, or nothing.
func meant(word string, known []string) string {
	if near := event.Nearest(word, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// sorted puts the faults in the order of their places.
func (r *reader) sorted() Faults {
	slices.SortStableFunc(r.faults, func(a, b *Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return r.faults
}
