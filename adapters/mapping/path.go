package mapping

import (
	"errors"
	"strconv"
	"strings"

	"github.com/valyala/fastjson"
)

const (
	maxPath  = 256 // bytes of a path
	maxSteps = 32
)

// path leads to a value of a record.
type path struct {
	name  string // the whole of it, for formats without structure
	top   bool   // from the top of the payload, not from the record
	steps []step
}

// step goes to a member or, where key is set, to the member of a list whose key is want.
type step struct {
	name      string
	key, want string
}

// parsePath reads a path; an empty one leads nowhere further.
func parsePath(s string) (path, error) {
	p := path{name: s}
	if len(s) > maxPath {
		return p, errors.New("a path of at most 256 bytes")
	}
	if s == "$" {
		return path{name: s, top: true}, nil
	}
	rest, top := strings.CutPrefix(s, "$.")
	p.top = top
	var name strings.Builder
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '\\' && i+1 < len(rest):
			i++
			name.WriteByte(rest[i])
		case c == '.':
			if name.Len() == 0 && (i == 0 || rest[i-1] != ']') {
				return p, errors.New("a path without empty names between its dots")
			}
			p.push(&name)
		case c == '[':
			inner, _, ok := strings.Cut(rest[i+1:], "]")
			if !ok || inner == "" {
				return p, errors.New("a path whose [ has a ]")
			}
			p.push(&name)
			if key, want, ok := strings.Cut(inner, "="); ok {
				p.steps = append(p.steps, step{key: key, want: want})
			} else {
				p.steps = append(p.steps, step{name: inner})
			}
			i += 1 + len(inner)
		default:
			name.WriteByte(c)
		}
	}
	if strings.HasSuffix(rest, ".") {
		return p, errors.New("a path that ends with a name")
	}
	p.push(&name)
	if len(p.steps) > maxSteps {
		return p, errors.New("a path of at most 32 names")
	}
	return p, nil
}

func (p *path) push(name *strings.Builder) {
	if name.Len() > 0 {
		p.steps = append(p.steps, step{name: name.String()})
		name.Reset()
	}
}

// follow walks the path from v, or returns nil.
func (p *path) follow(v *fastjson.Value) *fastjson.Value {
	for i := range p.steps {
		if v == nil {
			return nil
		}
		s := &p.steps[i]
		if s.key == "" {
			v = v.Get(s.name)
			continue
		}
		list, err := v.Array()
		if err != nil {
			return nil
		}
		v = nil
		for _, member := range list {
			if ofJSON(member.Get(s.key)).is(s.want) {
				v = member
				break
			}
		}
	}
	return v
}

// is reports whether the value is the given word: the same letters, or the same number.
func (v value) is(word string) bool {
	switch v.kind {
	case absent, compound:
		return false
	case number:
		n, err := strconv.ParseFloat(word, 64)
		return err == nil && n == v.num
	}
	return v.text == word
}
