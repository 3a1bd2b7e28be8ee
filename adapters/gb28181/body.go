package gb28181

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/campusgate/campusgate/adapters/payload/recording"
)

// Limits of a body.
const (
	maxDepth = 16
	maxItems = 10000 // Annex N
	maxText  = 200   // bytes of one value that is kept
)

// rootListener is the root of what our own listener writes.
const rootListener = "campusgate"

// document is what we read of a MANSCDP body.
type document struct {
	text    []byte // the body in UTF-8
	root    string // lower case
	command string
	serial  string
	id      string
	status  string
	reason  string
	online  string
	encode  string
	record  string
	sum     string // SumNum

	alarmMethod, alarmType, alarmTime string

	faulty  []string // children in a Keepalive's Info
	items   []item
	duties  []item // Alarmstatus
	records []record
	check   []byte // of our own listener
}

// record is one entry of a RecordList. start and end are where it stands in the UTF-8 text.
type record struct {
	from, to   string
	start, end int64
}

// item is one entry of a list. start and end are where it stands in the UTF-8 text.
type item struct {
	id, status, event string
	start, end        int64
}

var errXML = errors.New("XML: no element")

// parseBody reads a body in UTF-8 or one of the GB character sets. Only what stands in
// the root element is read; element names are compared without case.
func parseBody(body []byte) (*document, error) {
	text, err := toUTF8(body)
	if err != nil {
		return nil, err
	}
	x := xml.NewDecoder(bytes.NewReader(text))
	x.Strict = false // attributes without quotes are printed in the standard itself
	x.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	r := reader{doc: &document{text: text}}
	for {
		at := x.InputOffset()
		token, err := x.Token()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil, errXML
			}
			return nil, fmt.Errorf("XML: %.150w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(r.path) == maxDepth {
				return nil, fmt.Errorf("XML: elements lie more than %d deep", maxDepth)
			}
			if err := r.open(strings.ToLower(t.Name.Local), at); err != nil {
				return nil, err
			}
		case xml.CharData:
			if most := r.most(); len(r.text) < most {
				r.text = append(r.text, t[:min(len(t), most)]...)
			}
		case xml.EndElement:
			r.close(x.InputOffset())
			if len(r.path) == 0 {
				return r.doc, nil
			}
		}
	}
}

// toUTF8 reads what is not UTF-8 as GB18030, which contains GBK and GB2312. The declaration
// is not asked: gateways in between convert the text and leave it as it was.
func toUTF8(body []byte) ([]byte, error) {
	if utf8.Valid(body) {
		return body, nil
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(body)
	if err != nil {
		return nil, fmt.Errorf("text is neither UTF-8 nor GB18030: %.100w", err)
	}
	return text, nil
}

// reader walks through a body.
type reader struct {
	doc  *document
	path []string
	text []byte
}

// most is how much of a text is read: our own listener writes longer ones.
func (r *reader) most() int {
	if r.doc.root == rootListener {
		return recording.MaxJSON
	}
	return maxText
}

func (r *reader) in(parents ...string) bool {
	if len(r.path) != len(parents)+1 {
		return false
	}
	for i, name := range parents {
		if name != "" && r.path[i] != name {
			return false
		}
	}
	return true
}

func (r *reader) open(name string, at int64) error {
	r.text = r.text[:0]
	r.path = append(r.path, name)
	switch {
	case len(r.path) == 1:
		switch name {
		case "notify", "response", "query", "control", rootListener:
		default:
			return fmt.Errorf("XML: root %.80q is not Notify, Response, Query or Control", name)
		}
		r.doc.root = name
	case name == "item" && r.in("", "devicelist"):
		if len(r.doc.items) == maxItems {
			return fmt.Errorf("DeviceList has more than %d items", maxItems)
		}
		r.doc.items = append(r.doc.items, item{start: at})
	case name == "item" && r.in("", "recordlist"):
		if len(r.doc.records) == maxItems {
			return fmt.Errorf("RecordList has more than %d items", maxItems)
		}
		r.doc.records = append(r.doc.records, record{start: at})
	case name == "item" && r.in("", "alarmstatus"):
		if len(r.doc.duties) == maxItems {
			return fmt.Errorf("element Alarmstatus has more than %d items", maxItems)
		}
		r.doc.duties = append(r.doc.duties, item{start: at})
	}
	return nil
}

func (r *reader) close(at int64) {
	name := r.path[len(r.path)-1]
	switch {
	case r.in(""):
		r.field(name)
	case r.in("", "info"):
		switch name {
		case "deviceid":
			if id := r.value(); id != "" && len(r.doc.faulty) < maxItems {
				r.doc.faulty = append(r.doc.faulty, id)
			}
		case "alarmtype":
			r.doc.alarmType = number(r.value())
		}
	case name == "item" && r.in("", "devicelist"):
		r.doc.items[len(r.doc.items)-1].end = at
	case name == "item" && r.in("", "recordlist"):
		r.doc.records[len(r.doc.records)-1].end = at
	case r.in("", "recordlist", "item"):
		switch rec := &r.doc.records[len(r.doc.records)-1]; name {
		case "starttime":
			rec.from = r.value()
		case "endtime":
			rec.to = r.value()
		}
	case name == "item" && r.in("", "alarmstatus"):
		r.doc.duties[len(r.doc.duties)-1].end = at
	case r.in("", "devicelist", "item"):
		i := &r.doc.items[len(r.doc.items)-1]
		switch name {
		case "deviceid":
			i.id = r.value()
		case "status":
			i.status = r.value()
		case "event":
			i.event = r.value()
		}
	case r.in("", "alarmstatus", "item"):
		i := &r.doc.duties[len(r.doc.duties)-1]
		switch name {
		case "deviceid":
			i.id = r.value()
		case "dutystatus":
			i.status = r.value()
		}
	}
	r.path = r.path[:len(r.path)-1]
	r.text = r.text[:0]
}

func (r *reader) field(name string) {
	d := r.doc
	switch name {
	case "cmdtype":
		d.command = r.value()
	case "sn":
		d.serial = r.value()
	case "deviceid":
		d.id = r.value()
	case "status":
		d.status = r.value()
	case "reason":
		d.reason = r.value()
	case "online":
		d.online = r.value()
	case "encode":
		d.encode = r.value()
	case "record":
		d.record = r.value()
	case "sumnum":
		d.sum = r.value()
	case "alarmmethod":
		d.alarmMethod = number(r.value())
	case "alarmtype":
		d.alarmType = number(r.value())
	case "alarmtime":
		d.alarmTime = r.value()
	case "check":
		if d.root == rootListener {
			d.check = bytes.Clone(r.text)
		}
	}
}

func (r *reader) value() string { return cut(strings.TrimSpace(string(r.text))) }

// number takes away leading zeros.
func number(s string) string {
	for len(s) > 1 && s[0] == '0' {
		s = s[1:]
	}
	return s
}

// cut keeps the first 200 bytes of a text, and no half letter.
func cut(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	return strings.ToValidUTF8(s, "")
}
