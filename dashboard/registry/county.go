package registry

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/campusgate/campusgate/gateway/event"
)

// entries are the registry by kind and key.
type entries map[string]map[string]Entry

func (e entries) sorted(kind string) []Entry {
	list := make([]Entry, 0, len(e[kind]))
	for _, x := range e[kind] {
		list = append(list, x)
	}
	slices.SortFunc(list, func(a, b Entry) int { return cmp.Compare(a.Key, b.Key) })
	return list
}

// county builds the County of the entries and returns every fault that it finds in it.
func (e entries) county(check func(*event.County) error) (*event.County, []Fault, error) {
	c := &event.County{}
	var faults []Fault
	read := func(x Entry, into any) error {
		if err := json.Unmarshal(x.Doc, into); err != nil {
			return fmt.Errorf("read registry entry %s %s: %w", x.Kind, x.Key, err)
		}
		return nil
	}
	if x, ok := e[KindCounty][countyKey]; ok {
		var s settings
		if err := read(x, &s); err != nil {
			return nil, nil, err
		}
		c.Name, c.Zone, c.Calendar = s.Name, s.Zone, s.Calendar
	}
	for _, x := range e.sorted(KindRoute) {
		var r event.Route
		if err := read(x, &r); err != nil {
			return nil, nil, err
		}
		c.Routes = append(c.Routes, r)
	}
	at := make(map[event.SiteID]int)
	for _, x := range e.sorted(KindSite) {
		var s event.Site
		if err := read(x, &s); err != nil {
			return nil, nil, err
		}
		at[s.ID] = len(c.Sites)
		c.Sites = append(c.Sites, s)
	}
	for _, x := range e.sorted(KindDevice) {
		var d event.Device
		if err := read(x, &d); err != nil {
			return nil, nil, err
		}
		site, _, _ := strings.Cut(x.Key, "/")
		i, ok := at[event.SiteID(site)]
		if !ok {
			faults = append(faults, noSite(KindDevice, x.Key, site))
			continue
		}
		c.Sites[i].Devices = append(c.Sites[i].Devices, d)
	}
	faults = append(faults, locate(c, c.Index())...)
	if len(faults) == 0 && check != nil {
		faults = append(faults, limitFaults(check(c))...)
	}
	return c, faults, nil
}

func noSite(kind, key, site string) Fault {
	return Fault{kind, key, "site", site, event.Text{ZH: "已登记的学校/单位", EN: "a site of the registry"}}
}

// each lists the errors that are joined in one.
func each(err error) []error {
	if err == nil {
		return nil
	}
	// The error itself, not one that it wraps: what stands around that says where.
	many, joined := err.(interface{ Unwrap() []error }) //nolint:errorlint // see above
	if !joined {
		return []error{err}
	}
	var all []error
	for _, e := range many.Unwrap() {
		all = append(all, each(e)...)
	}
	return all
}

var (
	siteFault  = regexp.MustCompile(`(?s)^sites\[(\d+)\](?: \([^)]*\))?(?:\.devices\[(\d+)\](?: \([^)]*\))?)?\.([a-z_]+)(?:\[\d+\])?: (.*)$`)
	routeFault = regexp.MustCompile(`^routes\[(\d+)\]\.([a-z_]+): (.*)$`)
	daysFault  = regexp.MustCompile(`(?s)^calendar\.([a-z_0-9.\[\]]+): (.*)$`)
	limitFault = regexp.MustCompile(`(?s)^county\.([^.]+)\.([^.]+)\.(limits\.[a-z_]+): (.*)$`)
	quotedWord = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
)

// locate finds the entries that the faults of Index are about: it counts sites, devices
// and routes as they stand in the county.
func locate(c *event.County, err error) []Fault {
	var faults []Fault
	for _, e := range each(err) {
		text := e.Error()
		f := Fault{Kind: KindCounty, Key: countyKey, Field: "county", Want: said(text)}
		if m := siteFault.FindStringSubmatch(text); m != nil {
			i, _ := strconv.Atoi(m[1])
			s := &c.Sites[i]
			f.Kind, f.Key, f.Field, f.Want = KindSite, string(s.ID), m[3], said(m[4])
			if m[2] != "" {
				j, _ := strconv.Atoi(m[2])
				f.Kind, f.Key = KindDevice, DeviceEntryKey(s.ID, s.Devices[j].ID)
			}
		} else if m := routeFault.FindStringSubmatch(text); m != nil {
			i, _ := strconv.Atoi(m[1])
			f.Kind, f.Key, f.Field, f.Want = KindRoute, c.Routes[i].ID, m[2], said(m[3])
		} else if m := daysFault.FindStringSubmatch(text); m != nil {
			f.Field, f.Want = m[1], said(m[2])
		}
		if q := quotedWord.FindStringSubmatch(text); q != nil {
			f.Value = q[1]
		}
		faults = append(faults, f)
	}
	return faults
}

// limitFaults are those that the gateways' detectors find: "county.s1.g1.limits.x: …".
func limitFaults(err error) []Fault {
	var faults []Fault
	for _, e := range each(err) {
		f := Fault{Kind: KindCounty, Key: countyKey, Field: "limits", Want: said(e.Error())}
		if m := limitFault.FindStringSubmatch(e.Error()); m != nil {
			f.Kind, f.Key, f.Field, f.Want = KindDevice, m[1]+"/"+m[2], m[3], said(m[4])
		}
		faults = append(faults, f)
	}
	return faults
}

// said keeps the words of the part that refuses: it is the authority.
func said(text string) event.Text { return event.Text{ZH: chinese(text), EN: text} }

// chinese says the registry's own refusals in Chinese; what it does not know stays.
func chinese(text string) string {
	for _, w := range []struct{ en, zh string }{
		{"is used twice or not <adapter>:<address>", "地址重复，或格式不是 <接入适配>:<地址>"},
		{"is used twice or not 1 to 64 of", "编号重复，或不是 1 至 64 个 a-z、0-9、-、_"},
		{"is empty or used twice", "编号为空或重复"},
		{"no route", "没有这条线路"},
		{"is no IANA time zone", "不是 IANA 时区名"},
	} {
		if strings.Contains(text, w.en) {
			return w.zh
		}
	}
	return text
}

// seed splits a county into the entries of a first version.
func seed(c *event.County) ([]Change, error) {
	var all []Change
	var faults error
	add := func(kind, key string, v any) {
		doc, err := json.Marshal(v)
		faults = errors.Join(faults, err)
		// As an edit would store it; the file was accepted already, whatever the bounds say.
		if same, bad := checkDoc(kind, key, doc); len(bad) == 0 {
			doc = same
		}
		all = append(all, Change{kind, key, 0, doc})
	}
	add(KindCounty, countyKey, settings{c.Name, c.Zone, c.Calendar})
	for i := range c.Routes {
		add(KindRoute, c.Routes[i].ID, c.Routes[i])
	}
	for i := range c.Sites {
		s := c.Sites[i]
		devices := s.Devices
		s.Devices = nil
		add(KindSite, string(s.ID), s)
		for j := range devices {
			add(KindDevice, DeviceEntryKey(s.ID, devices[j].ID), devices[j])
		}
	}
	return all, faults
}
