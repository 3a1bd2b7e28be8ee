package zkteco

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/push"
	"github.com/campusgate/campusgate/gateway/event"
)

// Name is the adapter's name.
const Name = "zkteco"

// maxRows bounds the rows of one message.
const maxRows = 5000

// Decoder reads ADMS pushes.
type Decoder struct{}

// New returns the adapter "zkteco".
func New() *Decoder { return &Decoder{} }

// Name is "zkteco".
func (*Decoder) Name() string { return Name }

// Decode appends the events of one push. Tables that hold no observation, such as users
// and fingerprints, give none.
func (*Decoder) Decode(dst []event.Event, m payload.Message, clock event.Clock) ([]event.Event, error) {
	w := writer{m: m, clock: clock, place: push.PlaceOf(Name, m.Topic), events: dst}
	if len(w.place.Rest) > 0 {
		w.table = strings.ToLower(w.place.Rest[0])
	}
	rest, err := w.requestLines(m.Payload)
	if err != nil {
		return dst, err
	}
	if w.m.Device == "" && w.place.Device == "" {
		return dst, errors.New("neither topic nor request names the device")
	}
	if w.table == "" {
		w.table = sniff(rest)
	}
	if err := w.body(rest); err != nil {
		return dst, err
	}
	return w.events, nil
}

// writer collects the events of one message.
type writer struct {
	m      payload.Message
	clock  event.Clock
	place  push.Place
	table  string // in small letters
	events []event.Event
	nth    int
	seq    uint64
	row    []byte // the row at hand
}

// requestLines takes the request lines off a payload's beginning.
func (w *writer) requestLines(b []byte) ([]byte, error) {
	for n := 0; bytes.HasPrefix(b, []byte("GET /")) || bytes.HasPrefix(b, []byte("POST /")); n++ {
		if n == 16 {
			return nil, errors.New("more than 16 request lines")
		}
		var line []byte
		line, b, _ = bytes.Cut(b, []byte("\n"))
		fields := strings.Fields(string(line))
		if len(fields) < 2 {
			return nil, errors.New("the request line has no path")
		}
		u, err := url.Parse(fields[1])
		if err != nil {
			return nil, fmt.Errorf("the request line's path %.80q cannot be read", fields[1])
		}
		query := u.Query()
		if name := payload.CleanName(query.Get("SN")); name != "" {
			w.place.Device = name
		}
		w.table = strings.ToLower(tableOf(fields[0], u.Path, query))
	}
	return b, nil
}

// tableOf names what a request brings: its table, or the last level of its path.
func tableOf(method, path string, query url.Values) string {
	last := strings.TrimSuffix(path[strings.LastIndexByte(path, '/')+1:], ".aspx")
	switch {
	case method == "GET" && last == "cdata":
		return "handshake"
	case last == "cdata" && query.Get("table") != "":
		return query.Get("table")
	}
	return last
}

// sniff names the table of a body that came without one.
func sniff(b []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(b), []byte("\n"))
	switch {
	case bytes.Contains(line, []byte("~SerialNumber=")) || bytes.HasPrefix(line, []byte("DeviceType=")):
		return "registry"
	case bytes.HasPrefix(line, []byte("time=")) && bytes.Contains(line, []byte("event=")):
		return "rtlog"
	case bytes.HasPrefix(line, []byte("time=")) && bytes.Contains(line, []byte("sensor=")):
		return "rtstate"
	case bytes.HasPrefix(line, []byte("OPLOG ")) || bytes.HasPrefix(line, []byte("USER ")):
		return "operlog"
	case bytes.Count(line, []byte("\t")) >= 2:
		return "attlog"
	}
	return ""
}

func (w *writer) body(b []byte) error {
	switch w.table {
	case "handshake", "getrequest", "ping":
		w.status(time.Time{}, event.DeviceStatus{Status: event.StatusUp, Heartbeat: true})
		return nil
	case "registry":
		if len(bytes.TrimSpace(b)) == 0 {
			return errors.New("registry: the body is empty")
		}
		w.status(time.Time{}, event.DeviceStatus{Status: event.StatusUp, Reason: "registered"})
		return nil
	case "attlog":
		return w.rows(b, w.attendance)
	case "operlog":
		return w.rows(b, w.operation)
	case "rtlog":
		return w.rows(b, w.passage)
	case "rtstate":
		return w.rows(b, w.state)
	case "":
		return fmt.Errorf("neither topic nor request names a table, and %.80q looks like none", b)
	}
	return nil
}

// rows reads a table line by line.
func (w *writer) rows(b []byte, read func(row string) error) error {
	n := 0
	for len(b) > 0 {
		var line []byte
		line, b, _ = bytes.Cut(b, []byte("\n"))
		if line = bytes.TrimRight(line, "\r \x00"); len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if n++; n > maxRows {
			return fmt.Errorf("%s: more than %d rows", w.table, maxRows)
		}
		w.seq, w.row = 0, line
		if err := read(string(line)); err != nil {
			return fmt.Errorf("%.20s row %d: %w", w.table, n, err)
		}
	}
	if n == 0 {
		return fmt.Errorf("%.20s: no rows", w.table)
	}
	return nil
}

func (w *writer) add(e event.Event, observed time.Time) {
	e.Seq = w.seq
	// A row is the same event in whatever batch it comes again: terminals send history anew.
	digested, nth := w.row, 0
	switch {
	case observed.IsZero() && e.Status != nil:
		digested = push.Fresh(w.m)
	case observed.IsZero():
		digested, nth = w.m.Payload, w.nth
	}
	w.clock.Stamp(&e, digested, nth, observed, time.Second, w.m.Received)
	w.nth++
	w.events = append(w.events, e)
}

func (w *writer) base(t event.Type) event.Event {
	e := push.Base(w.m, event.KindGate, w.place.Device)
	e.Type = t
	return e
}

func (w *writer) status(observed time.Time, s event.DeviceStatus) {
	e := w.base(event.TypeDeviceStatus)
	e.Status = &s
	w.add(e, observed)
}

// gate adds a passage, and a check of temperature when there was one.
func (w *writer) gate(observed time.Time, g event.GateAccess, temperature string) error {
	if temperature == "255" {
		temperature = ""
	}
	celsius, measured := push.Celsius(temperature, "")
	if math.IsNaN(celsius) {
		return fmt.Errorf("field \"temperature\": %.80q is no temperature", temperature)
	}
	// The measurement is an event of its own, before the passage that it is asked for.
	if measured {
		who := g.Person
		if who == "" {
			who = g.Credential
		}
		e := w.base(event.TypeTemperatureCheck)
		e.Temperature = &event.TemperatureCheck{PersonKind: g.PersonKind, Person: who, Celsius: celsius}
		w.add(e, observed)
	}
	e := w.base(event.TypeGateAccess)
	e.Gate = &g
	w.add(e, observed)
	return nil
}

// timeOf reads the local time of a row, which every row must have.
func timeOf(s string) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateTime, s, push.Local)
	if err != nil {
		return time.Time{}, fmt.Errorf("field \"time\": %.80q is no time", s)
	}
	if t.Unix() < 366*24*3600 { // a device that has not got its time yet
		return time.Time{}, nil
	}
	return t, nil
}

func counter(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
