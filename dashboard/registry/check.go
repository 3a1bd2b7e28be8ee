package registry

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/campusgate/campusgate/gateway/event"
)

// Bounds of the fields. They keep what is shown and sent to gateways small; what the words
// may say is County.Index's business.
const (
	maxText      = 200 // characters of a name
	maxAddresses = 16
	maxAddress   = 200
	maxLine      = 20_000 // points of a route
	maxStops     = 500
	maxTimes     = 100
	maxLimits    = 100
)

// SiteKinds are the kinds of sites.
func SiteKinds() []string {
	return []string{event.SiteSchool, event.SiteKindergarten, event.SiteDepot, event.SiteCentre}
}

// Duties are when a device's silence is a fault.
func Duties() []string {
	return []string{event.DutyAlways, event.DutyService, event.DutyTrip, event.DutyOwn}
}

// PersonKinds are the kinds of people.
func PersonKinds() []string { return []string{"pupil", "staff", "visitor", "driver"} }

// checker collects the faults of one entry.
type checker struct {
	kind, key string
	faults    []Fault
}

func (c *checker) want(ok bool, field string, value any, zh, en string) {
	if !ok {
		text := fmt.Sprint(value)
		if r := []rune(text); len(r) > 80 {
			text = string(r[:80]) + "…"
		}
		c.faults = append(c.faults, Fault{c.kind, c.key, field, text, event.Text{ZH: zh, EN: en}})
	}
}

func (c *checker) oneOf(field, value string, of []string) {
	list := strings.Join(of, ", ")
	c.want(slices.Contains(of, value), field, value, "其中之一："+list, "one of "+list)
}

// line is a text that fits into a line of a list.
func (c *checker) line(field, value string, most int) {
	c.want(event.ValidLine(value, most), field, value, fmt.Sprintf("不超过 %d 个字符，不换行", most), fmt.Sprintf("at most %d characters on one line", most))
}

func (c *checker) name(field string, value event.Text) {
	c.line(field+".zh", value.ZH, maxText)
	c.line(field+".en", value.EN, maxText)
}

func (c *checker) id(field, value string) {
	c.want(event.ValidName(value), field, value, "1 至 64 个 a-z、0-9、-、_", "1 to 64 of a-z, 0-9, '-', '_'")
}

func (c *checker) place(field string, p event.Point) {
	ok := math.Abs(p.Lat) <= 90 && math.Abs(p.Lon) <= 180 // false for what is no number, too
	c.want(ok, field, fmt.Sprintf("%v, %v", p.Lat, p.Lon), "WGS-84 坐标，纬度 -90 至 90，经度 -180 至 180", "WGS-84 degrees: latitude -90 to 90, longitude -180 to 180")
}

func (c *checker) number(field string, value, least, most float64) {
	c.want(value >= least && value <= most, field, value, fmt.Sprintf("%v 至 %v", least, most), fmt.Sprintf("%v to %v", least, most))
}

// checkDoc returns the document as it is stored, and what is wrong with it.
func checkDoc(kind, key string, doc json.RawMessage) (json.RawMessage, []Fault) {
	c := &checker{kind: kind, key: key}
	read := func(into any) bool {
		err := json.Unmarshal(doc, into)
		c.want(err == nil, "document", err, "有效的 JSON 文档", "a valid JSON document")
		return err == nil
	}
	var stored any
	switch kind {
	case KindCounty:
		var s settings
		if read(&s) {
			c.want(key == countyKey, "key", key, countyKey, countyKey)
			c.name("name", s.Name)
			stored = s
		}
	case KindSite:
		var s event.Site
		if read(&s) {
			c.site(&s)
			stored = s
		}
	case KindDevice:
		var d event.Device
		if read(&d) {
			c.device(&d)
			stored = d
		}
	case KindRoute:
		var r event.Route
		if read(&r) {
			c.route(&r)
			stored = r
		}
	case KindPerson:
		var p Person
		if read(&p) {
			c.person(&p)
			stored = p
		}
	default:
		c.oneOf("kind", kind, []string{KindCounty, KindSite, KindDevice, KindRoute, KindPerson})
	}
	if len(c.faults) > 0 {
		return nil, c.faults
	}
	text, err := json.Marshal(stored)
	c.want(err == nil, "document", err, "有效的 JSON 文档", "a valid JSON document")
	return text, c.faults
}

func (c *checker) site(s *event.Site) {
	c.id("site", string(s.ID))
	c.want(string(s.ID) == c.key, "site", s.ID, c.key, c.key)
	c.name("name", s.Name)
	c.oneOf("kind", s.Kind, SiteKinds())
	c.line("township", s.Township, maxText)
	c.place("lat", event.Point{Lat: s.Lat, Lon: s.Lon})
	c.number("pupils", float64(s.Pupils), 0, 100_000)
	s.Devices = nil
}

func (c *checker) device(d *event.Device) {
	site, _, _ := strings.Cut(c.key, "/")
	c.id("device", string(d.ID))
	c.want(DeviceEntryKey(event.SiteID(site), d.ID) == c.key, "device", d.ID, c.key, c.key)
	c.want(slices.Contains(event.Kinds(), d.Kind), "kind", d.Kind, fmt.Sprint("其中之一：", event.Kinds()), fmt.Sprint("one of ", event.Kinds()))
	c.name("name", d.Name)
	c.line("place", d.Place, maxText)
	c.want(d.Period >= 0 && d.Period <= 24*time.Hour, "period_s", d.Period.Seconds(), "0 至 86400 秒", "0 to 86400 seconds")
	if d.Duty != "" {
		c.oneOf("duty", d.Duty, Duties())
	}
	if d.Duty != event.DutyOwn {
		d.DutyHours = nil
	}
	if d.Parent != "" {
		c.id("parent", string(d.Parent))
	}
	c.want(len(d.Addresses) <= maxAddresses, "addresses", len(d.Addresses), "不超过 16 个", "at most 16")
	for _, a := range d.Addresses {
		c.line("addresses", a, maxAddress)
	}
	if len(d.Addresses) == 0 {
		d.Addresses = nil
	}
	c.line("plate", d.Plate, 20)
	c.number("capacity", float64(d.Capacity), 0, 200)
	c.want(d.Kind == event.KindBus || d.Plate == "" && d.Capacity == 0 && d.Route == "", "plate", d.Plate, "仅校车可填车牌、核载、线路", "plate, capacity and route of buses only")
	c.want(len(d.Limits) <= maxLimits, "limits", len(d.Limits), "不超过 100 个", "at most 100")
	if len(d.Limits) == 0 {
		d.Limits = nil
	}
}

func (c *checker) route(r *event.Route) {
	c.id("route", r.ID)
	c.want(r.ID == c.key, "route", r.ID, c.key, c.key)
	c.name("name", r.Name)
	c.want(len(r.Line) <= maxLine && len(r.Line) != 1, "line", len(r.Line), "0 或 2 至 20000 个点", "none or 2 to 20000 points")
	for _, p := range r.Line {
		c.place("line", p)
	}
	c.want(len(r.Stops) <= maxStops, "stops", len(r.Stops), "不超过 500 个", "at most 500")
	due := 0.0
	for _, s := range r.Stops {
		c.name("stops", s.Name)
		c.place("stops", s.Point)
		c.number("stops", s.AfterMin, 0, 600)
		if s.AfterMin > 0 {
			c.want(s.AfterMin >= due, "stops", s.AfterMin, "到站时间不早于前一站", "due no earlier than at the stop before")
			due = s.AfterMin
		}
	}
	c.number("corridor_m", r.CorridorM, 0, 5000)
	c.want(len(r.Departures) <= maxTimes, "departures", len(r.Departures), "不超过 100 个", "at most 100")
	for _, at := range r.Departures {
		_, err := time.Parse("15:04", at)
		c.want(err == nil && len(at) == 5, "departures", at, "HH:MM", "HH:MM")
	}
	if len(r.Line) == 0 {
		r.Line = nil
	}
	if len(r.Stops) == 0 {
		r.Stops = nil
	}
	if len(r.Departures) == 0 {
		r.Departures = nil
	}
}

func (c *checker) person(p *Person) {
	ok := p.ID != "" && len(p.ID) <= 64 && !strings.ContainsFunc(p.ID, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsPrint(r) || r == ' ' || r == '/' })
	c.want(ok && p.ID == c.key, "person", p.ID, "化名编号：1 至 64 个可见 ASCII 字符，不含空格和 /", "a pseudonym of 1 to 64 visible ASCII characters without space and /")
	c.want(!identityNumber(p.ID), "person", "(not shown)", "化名，不能是身份证号或手机号", "a pseudonym, not an identity or phone number")
	c.oneOf("kind", p.Kind, PersonKinds())
	c.line("class", p.Class, 64)
	c.line("name", p.Name, 64)
}

// identityNumber reports whether a pseudonym looks like an identity number (18 digits, the
// last may be X; GB 11643) or a mobile phone number (11 digits from 1).
func identityNumber(id string) bool {
	digits := 0
	for i, r := range id {
		if r < '0' || r > '9' {
			return (r == 'x' || r == 'X') && i == 17 && len(id) == 18
		}
		digits++
	}
	return digits == 18 || digits == 11 && id[0] == '1'
}
