package rules

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/vm"

	"github.com/campusgate/campusgate/gateway/event"
)

// template is a text with expressions in it.
type template []segment

// segment is literal text, or the program whose result stands there.
type segment struct {
	literal string
	program *vm.Program
}

// template reads "… {{expression}} …".
func (c *compiler) template(key, text string) template {
	var t template
	if len(text) > maxText || !utf8.ValidString(text) {
		c.r.fault(key, "has %d bytes: want at most %d of UTF-8", len(text), maxText)
		return nil
	}
	rest, at := text, 0 // at counts runes, as expressions do
	for {
		before, after, ok := strings.Cut(rest, "{{")
		if before != "" {
			t = append(t, segment{literal: before})
		}
		if !ok {
			return t
		}
		at += utf8.RuneCountInString(before) + 2
		source, tail, ok := strings.Cut(after, "}}")
		if !ok {
			c.r.within(key, at-2, "{{ without }}")
			return nil
		}
		blank := len(source) - len(strings.TrimLeft(source, " "))
		if program := c.compile(strings.TrimSpace(source), use{key: key, text: true, want: reflect.Invalid, origin: at + blank}); program != nil {
			t = append(t, segment{program: program})
		}
		at += utf8.RuneCountInString(source) + 2
		rest = tail
	}
}

// fill writes the text. What cannot be computed shows as "?".
func (e *Engine) fill(t template) string {
	var b strings.Builder
	for _, s := range t {
		if s.program == nil {
			b.WriteString(s.literal)
			continue
		}
		v, err := e.vm.Run(s.program, e.env)
		if err != nil {
			b.WriteByte('?')
			continue
		}
		switch v := v.(type) {
		case float64:
			b.WriteString(number(v))
		case string:
			b.WriteString(v[:min(len(v), maxText)])
		case int, bool:
			fmt.Fprint(&b, v)
		default:
			b.WriteByte('?')
		}
	}
	return strings.ToValidUTF8(b.String(), "?")
}

// number writes a value as people read it: at most one digit after the point.
func number(v float64) string {
	if !finite(v) {
		return "?"
	}
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

// text says in a sentence what the rule found, where, and what to do. The environment
// shows the event and the facts.
func (e *Engine) text(s *state, a *event.Anomaly) event.Text {
	v := e.env
	v.Value, v.Limit, v.Seen = a.Value, a.Limit, a.Count
	v.Minutes = a.UpdatedAt.Sub(a.StartedAt).Minutes()
	r := s.rule
	e.rule = r
	where := event.Text{ZH: cmp.Or(v.Site.NameZH, string(s.site)), EN: cmp.Or(v.Site.NameEN, string(s.site))}
	switch {
	case r.per == PerCounty:
		where = event.Text{ZH: cmp.Or(e.county.Name.ZH, "全县"), EN: cmp.Or(e.county.Name.EN, "county")}
	case s.device != "":
		zh, en := cmp.Or(v.Device.NameZH, string(s.device)), cmp.Or(v.Device.NameEN, string(s.device))
		if v.Device.Plate != "" {
			zh, en = zh+"（"+v.Device.Plate+"）", en+" ("+v.Device.Plate+")"
		}
		where = event.Text{ZH: where.ZH + " " + zh, EN: where.EN + ", " + en}
	}
	t := event.Text{ZH: where.ZH + "：" + e.fill(r.text[0]), EN: where.EN + ": " + e.fill(r.text[1])}
	if r.advice.ZH != "" {
		t.ZH += "。处置：" + r.advice.ZH
	}
	if r.advice.EN != "" {
		t.EN += ". What to do: " + r.advice.EN
	}
	return t
}
