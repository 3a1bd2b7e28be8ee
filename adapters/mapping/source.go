package mapping

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr/vm"
)

// source is a Source made ready.
type source struct {
	set      bool
	fixed    string
	topic    int
	from     *path
	program  *vm.Program
	words    map[string]string
	other    string
	unknown  []string
	fallback string
}

// read finds the value in the present record. What is not known is absent.
func (c *source) read(s *scratch) (value, error) {
	var v value
	switch {
	case !c.set:
		return v, nil
	case c.fixed != "":
		return ofText(c.fixed), nil
	case c.topic != 0:
		v = ofText(level(s.topic, c.topic))
	case c.from != nil:
		v = s.record.at(c.from)
	}
	if v.kind == compound {
		return value{}, fmt.Errorf("%.80q is a list or an object", c.from.name)
	}
	if c.program != nil && (c.from == nil || !c.notKnown(v)) {
		var err error
		if v, err = s.eval(c.program, v); err != nil {
			return value{}, err
		}
	}
	if len(c.words) > 0 && v.kind != absent {
		word := strings.TrimSpace(v.String())
		if mapped, ok := c.words[word]; ok {
			return ofText(mapped), nil
		}
		if !c.notKnown(v) {
			if c.other == "" {
				return value{}, fmt.Errorf("%.80q is not in the map", word)
			}
			return ofText(c.other), nil
		}
	}
	if c.notKnown(v) {
		if c.fallback == "" {
			return value{}, nil
		}
		v = ofText(c.fallback)
	}
	return v, nil
}

func (c *source) notKnown(v value) bool {
	if v.unknown() {
		return true
	}
	for _, word := range c.unknown {
		if v.is(word) {
			return true
		}
		if n, ok := v.float(); ok && (value{kind: number, num: n}).is(word) {
			return true
		}
	}
	return false
}

// level returns a level of a topic, counted from 1, or from the end with -1. It is empty
// where there is none.
func level(topic string, n int) string {
	levels := strings.Count(topic, "/") + 1
	if n < 0 {
		n += levels + 1
	}
	if n < 1 || n > levels {
		return ""
	}
	for ; n > 1; n-- {
		_, topic, _ = strings.Cut(topic, "/")
	}
	topic, _, _ = strings.Cut(topic, "/")
	return topic
}

// condition is a Condition made ready.
type condition struct {
	source source
	is     []string
	expr   *vm.Program
	not    bool
}

func (c *condition) holds(s *scratch) (bool, error) {
	if c.expr != nil {
		v, err := s.eval(c.expr, value{})
		// Where something is not known, the condition does not hold, turned round or not.
		return v.kind == truth && (v.num == 1) != c.not, err
	}
	var v value
	if c.source.topic != 0 {
		v = ofText(level(s.topic, c.source.topic))
	} else {
		v = s.record.at(c.source.from)
	}
	found := false
	if len(c.is) == 0 {
		found = v.kind == compound || !v.unknown()
	}
	for _, word := range c.is {
		found = found || v.is(word)
	}
	return found != c.not, nil
}

// first is the first of the conditions that holds; it is -1 when none does.
func first(s *scratch, conditions []condition) (int, error) {
	for i := range conditions {
		if yes, err := conditions[i].holds(s); yes || err != nil {
			return i, err
		}
	}
	return -1, nil
}
