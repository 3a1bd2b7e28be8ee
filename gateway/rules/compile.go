package rules

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/campusgate/campusgate/gateway/event"
)

const (
	maxExpr     = 1000 // bytes of an expression
	maxNodes    = 300  // of its tree
	maxKept     = 16   // windows, previous values and absences of one rule
	maxDuration = 24 * time.Hour
	minWindow   = 10 * time.Second
)

// builtins are those functions of the expression language that take a time and room which
// the lengths of their arguments bound.
func builtins() []string {
	return []string{
		"abs", "ceil", "floor", "round", "int", "float", "string", "len", "trim", "upper", "lower",
		"split", "indexOf", "lastIndexOf", "hasPrefix", "hasSuffix", "bitand", "bitor", "bitxor",
	}
}

// use is where an expression stands.
type use struct {
	key string
	// text also has the values that an anomaly shows, and must name no person.
	text bool
	// plain is judged at each event: fields and facts only.
	plain bool
	want  reflect.Kind
	// origin is the place, in runes, of the expression within the value of key.
	origin int
}

// window is what count, rate, sum, avg, min and max keep.
type window struct {
	op     string
	filter *vm.Program // of count and rate
	value  *vm.Program // of the others
	length int64       // ns
	width  int64       // ns of a bucket
}

// before is what previous and previous_text keep.
type before struct {
	program *vm.Program
	text    bool
}

// compiler makes one rule ready.
type compiler struct {
	r      *reader
	rule   *rule
	fences map[string]*area
	index  map[string]int // of what is kept, by its source
	bodies []string       // that the rule's events have
}

// compile makes a program of an expression; nil where it is wrong.
func (c *compiler) compile(source string, u use) *vm.Program {
	if len(source) > maxExpr {
		c.r.fault(u.key, "has %d bytes: want at most %d", len(source), maxExpr)
		return nil
	}
	v := &visitor{c: c, use: u}
	options := []expr.Option{
		expr.Env(&environment{}), expr.DisableAllBuiltins(), expr.MaxNodes(maxNodes), expr.Patch(v),
	}
	for _, name := range builtins() {
		options = append(options, expr.EnableBuiltin(name))
	}
	switch u.want {
	case reflect.Bool:
		options = append(options, expr.AsBool())
	case reflect.Float64:
		options = append(options, expr.AsFloat64())
	case reflect.String:
		options = append(options, expr.AsKind(reflect.String))
	}
	program, err := expr.Compile(source, options...)
	if v.failed {
		return nil
	}
	if err != nil {
		var at *file.Error
		if errors.As(err, &at) {
			c.r.within(u.key, u.origin+at.From, "%s", plain(at.Message))
		} else {
			c.r.fault(u.key, "%s", plain(err.Error()))
		}
		return nil
	}
	return program
}

// plain says in the document's words what the expression language says in Go's.
func plain(message string) string {
	message = firstLine(message)
	for _, r := range [][2]string{
		{"expected bool, but got", "want true or false, not"},
		{"expected float64, but got", "want a number, not"},
		{"float64", "number"},
		{"*rules.", ""},
		{"rules.", ""},
		{"Fields", ""},
		{"Facts", ""},
	} {
		message = strings.ReplaceAll(message, r[0], r[1])
	}
	return message
}

// visitor checks the names of an expression, turns calls of the county's functions into
// those that find what the rule keeps, and refuses what could run or grow without bounds.
type visitor struct {
	c      *compiler
	use    use
	failed bool
}

func (v *visitor) fault(node ast.Node, format string, args ...any) {
	v.failed = true
	v.c.r.within(v.use.key, v.use.origin+node.Location().From, format, args...)
}

// Visit implements ast.Visitor; children come before their parents.
func (v *visitor) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.PredicateNode, *ast.PointerNode, *ast.VariableDeclaratorNode, *ast.SequenceNode, *ast.MapNode:
		v.fault(n, "no loops, variables and maps here")
	case *ast.BinaryNode:
		v.binary(node, n)
	case *ast.IdentifierNode:
		v.identifier(n)
	case *ast.MemberNode:
		v.member(n)
	case *ast.CallNode:
		v.call(node, n)
	}
}

func (v *visitor) binary(node *ast.Node, n *ast.BinaryNode) {
	switch n.Operator {
	case "..", "**", "^":
		v.fault(n, "no operator %s here", n.Operator)
		ast.Patch(node, &ast.BoolNode{}) // the compiler would work it out
	case "matches":
		if _, ok := n.Right.(*ast.StringNode); !ok {
			v.fault(n, "the pattern of matches must be a text")
		}
	case "==", "!=", "in", "not in":
		for _, pair := range [][2]ast.Node{{n.Left, n.Right}, {n.Right, n.Left}} {
			known := words(path(pair[0]))
			if known == nil {
				continue
			}
			for _, said := range append(items(pair[1]), pair[1]) {
				if s, ok := said.(*ast.StringNode); ok && !slices.Contains(known, s.Value) {
					v.fault(s, "%s is never %q: want one of %s%s", path(pair[0]), s.Value, strings.Join(known, ", "), meant(s.Value, known))
				}
			}
		}
	}
}

func items(n ast.Node) []ast.Node {
	if a, ok := n.(*ast.ArrayNode); ok {
		return slices.Clone(a.Nodes)
	}
	return nil
}

// path is "gate.result" for a field, "" for anything else.
func path(n ast.Node) string {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return n.Value
	case *ast.MemberNode:
		if p, ok := n.Property.(*ast.StringNode); ok {
			if of := path(n.Node); of != "" {
				return of + "." + p.Value
			}
		}
	}
	return ""
}

func (v *visitor) identifier(n *ast.IdentifierNode) {
	t := reflect.TypeFor[environment]()
	var known []string
	for i := range t.NumField() {
		name := t.Field(i).Tag.Get("expr")
		switch {
		case strings.HasPrefix(name, "__"):
			continue
		case slices.Contains([]string{"value", "limit", "seen", "minutes"}, name) && !v.use.text:
			continue
		}
		known = append(known, name)
	}
	if !slices.Contains(known, n.Value) {
		v.fault(n, "unknown name %s%s", n.Value, meant(n.Value, known))
		return
	}
	if slices.Contains(allBodies(), n.Value) && !slices.Contains(v.c.bodies, n.Value) {
		v.fault(n, "events of on.types have no %s: they have %s", n.Value, strings.Join(v.c.bodies, ", "))
	}
	if n.Value == "local" {
		v.c.rule.asksLocal = true
		v.asksTime()
	}
}

// asksTime notes that the condition may change with the time of day alone. A filter is
// judged once, at its event, and a text when it is told.
func (v *visitor) asksTime() {
	if !v.use.plain && !v.use.text {
		v.c.rule.timed, v.c.rule.ticks = true, true
	}
}

func allBodies() []string {
	return []string{"gate", "temperature", "position", "reading", "status", "call", "check"}
}

// bodyOf names the body of events of a type.
func bodyOf(t event.Type) string {
	i := slices.Index([]event.Type{
		event.TypeGateAccess, event.TypeTemperatureCheck, event.TypeVehiclePosition, event.TypeKitchenReading,
		event.TypeDeviceStatus, event.TypeEmergencyCall, event.TypeCameraCheck,
	}, t)
	if i < 0 {
		return ""
	}
	return allBodies()[i]
}

// private are the fields that no text may show: they stand for a person.
func private() []string {
	return []string{"person", "credential", "registration", "escorted_by", "guardian", "class_teacher"}
}

func (v *visitor) member(n *ast.MemberNode) {
	property, ok := n.Property.(*ast.StringNode)
	of := path(n.Node)
	if !ok || of == "" {
		return // the types say whether that can be
	}
	field, ok := reflect.TypeFor[environment]().FieldByNameFunc(func(name string) bool {
		f, _ := reflect.TypeFor[environment]().FieldByName(name)
		return f.Tag.Get("expr") == of
	})
	if !ok || field.Type.Kind() != reflect.Pointer {
		return
	}
	var known []string
	for i := range field.Type.Elem().NumField() {
		known = append(known, field.Type.Elem().Field(i).Tag.Get("expr"))
	}
	switch {
	case !slices.Contains(known, property.Value):
		v.fault(property, "%s has no field %s%s", of, property.Value, meant(property.Value, known))
	case v.use.text && slices.Contains(private(), property.Value):
		v.fault(property, "a text must not name a person: no %s.%s", of, property.Value)
	}
}

// call turns a call into the one that the virtual machine makes.
func (v *visitor) call(node *ast.Node, n *ast.CallNode) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		v.fault(n, "want the call of a function")
		return
	}
	f := functionNamed(callee.Value)
	if f == nil {
		return // not a function: the types say so
	}
	if v.use.plain && !f.Plain {
		v.fault(n, "no %s() here: want fields and facts only", f.Name)
		return
	}
	if v.use.text && !f.Plain {
		v.fault(n, "no %s() in a text: make it the rule's value, and write {{value}}", f.Name)
		return
	}
	if len(n.Arguments) != len(f.Arguments) {
		v.fault(n, "%s takes %d arguments, not %d: %s", f.Name, len(f.Arguments), len(n.Arguments), f.Form())
		return
	}
	said := make([]*ast.StringNode, len(n.Arguments))
	for i, a := range f.Arguments {
		if !a.constant {
			continue
		}
		if said[i], ok = n.Arguments[i].(*ast.StringNode); !ok {
			v.fault(n.Arguments[i], "%s of %s must be a text in quotes: %s", a.name, f.Name, f.Form())
			return
		}
	}
	if f.time {
		v.asksTime()
	}
	if f.keep == nil {
		return
	}
	private, i := f.keep(v, said)
	if i < 0 {
		v.failed = true
		return
	}
	args := []ast.Node{&ast.IntegerNode{Value: i}}
	ast.Patch(node, &ast.CallNode{Callee: &ast.IdentifierNode{Value: private}, Arguments: args})
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }
