package mapping

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

const (
	maxExpr     = 1000 // bytes of an expression
	maxExprText = 1000 // bytes of a text that an expression gets
)

// functions are those of the expression language that take a time and room which the
// lengths of their arguments bound.
func functions() []string {
	return []string{
		"abs", "ceil", "floor", "round", "int", "float", "string", "len", "trim", "trimPrefix", "trimSuffix",
		"upper", "lower", "split", "indexOf", "lastIndexOf", "hasPrefix", "hasSuffix", "min", "max",
		"bitand", "bitor", "bitxor", "bitshl", "bitshr",
	}
}

// bounds finds in an expression what could run or grow without bounds.
type bounds struct{ err error }

// Visit implements ast.Visitor.
func (b *bounds) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.PredicateNode, *ast.VariableDeclaratorNode:
		b.err = errors.New("an expression without loops and variables")
	case *ast.BinaryNode:
		if n.Operator == ".." {
			b.err = errors.New("an expression without ranges")
		}
	}
}

// compileExpr checks an expression. Its types are checked as far as the payload's are known.
func compileExpr(code string, options ...expr.Option) (*vm.Program, error) {
	if len(code) > maxExpr {
		return nil, fmt.Errorf("at most %d bytes", maxExpr)
	}
	// Before the compiler sees it, since that works constant ranges out.
	tree, err := parser.Parse(code)
	if err != nil {
		return nil, err
	}
	var b bounds
	if ast.Walk(&tree.Node, &b); b.err != nil {
		return nil, b.err
	}
	options = append(options, expr.Env(&environment{}), expr.DisableAllBuiltins())
	for _, name := range functions() {
		options = append(options, expr.EnableBuiltin(name))
	}
	return expr.Compile(code, options...)
}

// environment is what an expression sees.
type environment struct {
	Value any                     `expr:"value"`
	Num   func(at string) float64 `expr:"num"`
	Text  func(at string) string  `expr:"text"`
	Has   func(at string) bool    `expr:"has"`
	Level func(n int) string      `expr:"level"`
}

// environment makes the functions of an expression, which read the scratch's present record.
func (s *scratch) environment() *environment {
	return &environment{
		Num: func(at string) float64 {
			v := s.named(at)
			n, ok := v.float()
			switch {
			case ok:
			case v.unknown():
				s.missed = true
			case s.exprErr == nil:
				s.exprErr = fmt.Errorf("%.40q holds %.40q, no number", at, v.String())
			}
			return n
		},
		Text: func(at string) string {
			v := s.named(at)
			if v.kind == absent || v.kind == compound {
				s.missed = true
			}
			return cut(v.String())
		},
		Has:   func(at string) bool { return s.named(at).kind != absent },
		Level: func(n int) string { return level(s.topic, n) },
	}
}

func cut(s string) string { return s[:min(len(s), maxExprText)] }

// named finds the value at a path that an expression asks for.
func (s *scratch) named(at string) value {
	p, err := parsePath(at)
	if err != nil {
		if s.exprErr == nil {
			s.exprErr = fmt.Errorf("%.40q: want %w", at, err)
		}
		return value{}
	}
	return s.record.at(&p)
}

// eval runs an expression on the present record. What it could not find makes the result
// absent.
func (s *scratch) eval(p *vm.Program, v value) (value, error) {
	s.missed, s.exprErr = false, nil
	switch v.kind {
	case text:
		s.env.Value = cut(v.text)
	case number:
		s.env.Value = v.num
	case truth:
		s.env.Value = v.num == 1
	default:
		s.env.Value = nil
	}
	result, err := s.vm.Run(p, s.env)
	if s.exprErr != nil {
		err = s.exprErr
	}
	switch {
	case s.missed:
		return value{}, nil
	case err != nil:
		return value{}, fmt.Errorf("expression: %.120s", firstLine(err))
	}
	switch r := result.(type) {
	case nil:
		return value{}, nil
	case string:
		return ofText(r), nil
	case bool:
		v := value{kind: truth, text: "false"}
		if r {
			v.text, v.num = "true", 1
		}
		return v, nil
	case int:
		return value{kind: number, num: float64(r)}, nil
	case float64:
		if math.IsNaN(r) || math.IsInf(r, 0) {
			return value{}, errors.New("expression: the result is no finite number")
		}
		return value{kind: number, num: r}, nil
	}
	return value{}, fmt.Errorf("expression: the result is a %T, not a text, a number or a truth", result)
}

// firstLine leaves out the picture of the expression that the language's errors have.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
