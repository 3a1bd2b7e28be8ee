package ask

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// Bounds of an XML answer.
const (
	maxXML   = 1 << 20
	maxDepth = 32
	maxValue = 256
	maxElems = 50000
)

// walk calls leaf with the path of local names and the text of every element that holds
// text, in their order. Entities beyond the five of XML, and directives such as DOCTYPE, are
// refused, so that nothing can grow.
func walk(body []byte, leaf func(path []string, text string)) *Fault {
	d := xml.NewDecoder(bytes.NewReader(body))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // names and numbers are ASCII
	var path []string
	var text []byte
	for elements := 0; ; {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) && elements > 0 && len(path) == 0 {
			return nil
		}
		if err != nil {
			return fault(Malformed, "XML: %.100s", err)
		}
		switch t := t.(type) {
		case xml.Directive:
			return fault(Malformed, "XML with a directive")
		case xml.StartElement:
			elements++
			if len(path) == maxDepth || elements > maxElems {
				return fault(TooLarge, "XML of more than %d levels or %d elements", maxDepth, maxElems)
			}
			path, text = append(path, t.Name.Local), text[:0]
		case xml.CharData:
			if len(text) < maxValue {
				text = append(text, t[:min(len(t), maxValue)]...)
			}
		case xml.EndElement:
			if len(path) == 0 || path[len(path)-1] != t.Name.Local {
				return fault(Malformed, "XML: %.40q ends what it did not begin", t.Name.Local)
			}
			if s := strings.TrimSpace(string(text)); s != "" {
				leaf(path, cut(s))
			}
			path, text = path[:len(path)-1], text[:0]
		}
	}
}

func cut(s string) string {
	if len(s) > maxValue {
		s = s[:maxValue]
	}
	return strings.ToValidUTF8(s, "?")
}

// ends tells whether a path ends with names.
func ends(path []string, names ...string) bool {
	if len(path) < len(names) {
		return false
	}
	for i, name := range names {
		if path[len(path)-len(names)+i] != name {
			return false
		}
	}
	return true
}

// escape makes a text safe as the content of an element.
func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder does not fail
	return b.String()
}
