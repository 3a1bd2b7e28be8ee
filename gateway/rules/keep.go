package rules

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"
)

// inner compiles an expression that stands as a text within this one.
func (v *visitor) inner(n *ast.StringNode, want reflect.Kind) *vm.Program {
	u := use{key: v.use.key, plain: true, want: want, origin: v.use.origin + n.Location().From + 1}
	return v.c.compile(n.Value, u)
}

// duration reads a duration; 0 is wrong.
func (v *visitor) duration(n *ast.StringNode, least time.Duration) time.Duration {
	d, err := time.ParseDuration(n.Value)
	if err != nil || d < least || d > maxDuration {
		v.fault(n, "%q is not allowed: want a duration of %s to %s, for instance \"10m\"", n.Value, short(least), short(maxDuration))
		return 0
	}
	return d
}

func short(d time.Duration) string {
	s := d.String()
	s = strings.TrimSuffix(s, "0s")
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	if s == "1" { // 10s has lost its zero
		return d.String()
	}
	return s
}

// kept notes something to keep, once for the same source.
func (v *visitor) kept(n ast.Node, source string, have int, add func() bool) int {
	if i, ok := v.c.index[source]; ok {
		return i
	}
	if have >= maxKept {
		v.fault(n, "the rule keeps too much: at most %d windows, absences and previous values each", maxKept)
		return -1
	}
	if !add() {
		return -1
	}
	v.c.index[source] = have
	return have
}

func keepWindow(op string) func(*visitor, []*ast.StringNode) (string, int) {
	return func(v *visitor, said []*ast.StringNode) (string, int) {
		rule := v.c.rule
		private := "__window"
		if op == "count" {
			private = "__count"
		}
		return private, v.kept(said[0], op+"\x00"+said[0].Value+"\x00"+said[1].Value, len(rule.windows), func() bool {
			length := v.duration(said[1], minWindow)
			w := window{op: op, length: int64(length), width: max(int64(length)/windowBuckets, int64(time.Second))}
			want := reflect.Float64
			if op == "count" || op == "rate" {
				want = reflect.Bool
			}
			program := v.inner(said[0], want)
			if length == 0 || program == nil {
				return false
			}
			if want == reflect.Bool {
				w.filter = program
			} else {
				w.value = program
			}
			rule.windows = append(rule.windows, w)
			rule.timed = true
			return true
		})
	}
}

func keepAbsence(v *visitor, said []*ast.StringNode) (string, int) {
	rule := v.c.rule
	return "__absence", v.kept(said[0], "absence\x00"+said[0].Value, len(rule.absences), func() bool {
		d := v.duration(said[0], 10*time.Second)
		if d == 0 {
			return false
		}
		rule.absences = append(rule.absences, int64(d))
		rule.timed = true
		return true
	})
}

func keepBefore(text bool) func(*visitor, []*ast.StringNode) (string, int) {
	return func(v *visitor, said []*ast.StringNode) (string, int) {
		rule := v.c.rule
		private, want := "__previous", reflect.Float64
		if text {
			private, want = "__previous_text", reflect.String
		}
		return private, v.kept(said[0], private+"\x00"+said[0].Value, len(rule.befores), func() bool {
			program := v.inner(said[0], want)
			if program == nil {
				return false
			}
			rule.befores = append(rule.befores, before{program, text})
			return true
		})
	}
}

func keepHours(v *visitor, said []*ast.StringNode) (string, int) {
	known := hoursNames()
	i := slices.Index(known, said[0].Value)
	if i < 0 {
		v.fault(said[0], "no hours %q: want one of %s%s", said[0].Value, strings.Join(known, ", "), meant(said[0].Value, known))
	}
	return "__in_hours", i
}

func hoursNames() []string { return []string{"class", "open", "kitchen"} }

func keepFence(v *visitor, said []*ast.StringNode) (string, int) {
	rule := v.c.rule
	return "__inside", v.kept(said[0], "inside\x00"+said[0].Value, len(rule.areas), func() bool {
		a := v.c.fences[said[0].Value]
		if a == nil {
			var err error
			if a, err = parseArea(said[0].Value); err != nil {
				known := make([]string, 0, len(v.c.fences))
				for name := range v.c.fences {
					known = append(known, name)
				}
				slices.Sort(known)
				v.fault(said[0], "no fence %q%s", said[0].Value, meant(said[0].Value, known))
				return false
			}
		}
		rule.areas = append(rule.areas, a)
		return true
	})
}
