package hikvision

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload/push"
)

// Bounds of one message.
const (
	maxAlerts   = 500
	maxElements = 4000
	maxDepth    = 32
)

var (
	errNoEvent = errors.New("no JSON or XML event in the body")
	errTooMany = errors.New("more than 500 events in one message")
)

// alert is one EventNotificationAlert, whatever it was written in. field looks a name up in
// the alert and then in what the alert is about; absent is empty.
type alert struct {
	field func(name string) string
	// faces are the faces of a faceCapture, each looked up like field.
	faces []func(name string) string
	// access says that it has an AccessControllerEvent.
	access bool
}

// readJSON reads one alert or an array of them. The alerts live as long as the parser.
func readJSON(alerts []alert, p *fastjson.Parser, part []byte) ([]alert, error) {
	v, err := p.ParseBytes(part)
	if err != nil {
		return alerts, fmt.Errorf("JSON: %.100q", err.Error())
	}
	list := []*fastjson.Value{v}
	if v.Type() == fastjson.TypeArray {
		list = v.GetArray()
	}
	for _, v := range list {
		if len(alerts) == maxAlerts {
			return alerts, errTooMany
		}
		if wrapped := v.Get("EventNotificationAlert"); wrapped != nil {
			v = wrapped
		}
		if v.Type() != fastjson.TypeObject {
			return alerts, fmt.Errorf("JSON: an event is a %s, not an object", v.Type())
		}
		a, err := jsonAlert(v)
		if err != nil {
			return alerts, err
		}
		alerts = append(alerts, a)
	}
	return alerts, nil
}

func jsonAlert(v *fastjson.Value) (alert, error) {
	inner := []*fastjson.Value{v}
	a := alert{}
	if access := v.Get("AccessControllerEvent"); access != nil {
		if access.Type() != fastjson.TypeObject {
			return a, fmt.Errorf("field \"AccessControllerEvent\": is a JSON %s, not an object", access.Type())
		}
		inner, a.access = append(inner, access), true
	}
	if plate := v.Get("ANPR"); plate != nil {
		inner = append(inner, plate)
	}
	a.field = lookup(inner)
	for _, capture := range v.GetArray("faceCapture") {
		for _, face := range capture.GetArray("faces") {
			if len(a.faces) == maxAlerts {
				return a, errTooMany
			}
			a.faces = append(a.faces, lookup([]*fastjson.Value{face, capture.Get("targetAttrs")}))
		}
	}
	return a, nil
}

func lookup(objects []*fastjson.Value) func(string) string {
	return func(name string) string {
		for _, o := range objects {
			if s := push.Word(o.Get(name)); s != "" {
				return s
			}
		}
		return ""
	}
}

// readXML reads one EventNotificationAlert. Elements are found by their local name, at any
// depth; the first of a name counts.
func readXML(part []byte) (alert, error) {
	d := xml.NewDecoder(bytes.NewReader(part))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	texts := map[string]string{}
	var open []string
	var text strings.Builder
	root := false
	for n := 0; ; n++ {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && root:
			_, access := texts["AccessControllerEvent"]
			return alert{field: func(name string) string { return texts[name] }, access: access}, nil
		case errors.Is(err, io.EOF):
			return alert{}, errNoEvent
		case err != nil:
			return alert{}, fmt.Errorf("XML: %.100q", err.Error())
		case n > maxElements || len(open) > maxDepth:
			return alert{}, errors.New("XML: too many or too deep elements")
		}
		switch t := token.(type) {
		case xml.StartElement:
			if !root && t.Name.Local != "EventNotificationAlert" {
				return alert{}, fmt.Errorf("XML: root %.80q is no EventNotificationAlert", t.Name.Local)
			}
			root = true
			open = append(open, t.Name.Local)
			if t.Name.Local == "AccessControllerEvent" {
				texts[t.Name.Local] = ""
			}
			text.Reset()
		case xml.CharData:
			if text.Len()+len(t) <= 4096 {
				text.Write(t)
			}
		case xml.EndElement:
			name := open[len(open)-1]
			open = open[:len(open)-1]
			if s := push.Clean(text.String()); s != "" && texts[name] == "" {
				texts[name] = s
			}
			text.Reset()
		}
	}
}
