package alarm

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Rules that this package knows by name. Words are stored and sent: never rename.
const (
	// RuleTownship is the alarm that this package raises by itself, for the site
	// event.CountySite and, as device, the township.
	RuleTownship = "township_outage"

	ruleSite          = "site_outage"
	ruleMass          = "camera_mass_outage"
	ruleSwitch        = "switch_outage"
	ruleDown          = "camera_down"
	ruleFlapping      = "camera_flapping"
	ruleGatewaySilent = "gateway_silent"
)

// gatewayAddress is the adapter word of the address by which the registry's gateway of a
// site names the program that serves it; without one its id does.
const gatewayAddress = "gateway:"

// maxNamed is how many sites the text of an incident names.
const maxNamed = 10

// IncidentConfig says when the outages of several sites are one incident of their township:
// a power cut, a broken trunk line.
type IncidentConfig struct {
	// Sites is the least number of sites that go dark together, 2 to 1000; 0 knows no
	// incidents.
	Sites int `yaml:"sites"`
	// Share is the least share of the township's sites, 1 to 100 %.
	Share int `yaml:"share"`
	// Window is the time within which they go dark, 1m to 1h.
	Window time.Duration `yaml:"window"`
	// Hold is how long the outage of one site of a township with as many as Sites waits for
	// others before people are told, 0 to 5m.
	Hold time.Duration `yaml:"hold"`
	// Return is how long, when half of them are back, the rest may take until each is told
	// for itself, 0 to 1h.
	Return time.Duration `yaml:"return"`
}

func (c *IncidentConfig) check(check func(ok bool, key string, value any, want string)) {
	check(c.Sites == 0 || c.Sites >= 2 && c.Sites <= 1000, "incidents.sites", c.Sites, "0, or 2 to 1000")
	check(c.Share >= 1 && c.Share <= 100, "incidents.share", c.Share, "1 to 100 %")
	check(c.Window >= time.Minute && c.Window <= time.Hour, "incidents.window", c.Window, "1m to 1h")
	check(c.Hold >= 0 && c.Hold <= 5*time.Minute, "incidents.hold", c.Hold, "0s to 5m")
	check(c.Return >= 0 && c.Return <= time.Hour, "incidents.return", c.Return, "0s to 1h")
}

// town is a township and its sites that can go dark, by id.
type town struct {
	name  string
	sites map[event.SiteID]*event.Site
}

// town returns the township of a site, nil where incidents are not known or it has too few
// sites for one.
func (w *work) town(site event.SiteID) *town {
	county := w.plan.county()
	name := townshipOf(county, site)
	if w.cfg.Incidents.Sites == 0 || name == "" {
		return nil
	}
	t := &town{name: name, sites: map[event.SiteID]*event.Site{}}
	for i := range county.Sites {
		s := &county.Sites[i]
		stays := slices.ContainsFunc(s.Devices, func(d event.Device) bool { return d.Kind != event.KindBus })
		if s.Township == name && stays {
			t.sites[s.ID] = s
		}
	}
	if len(t.sites) < w.cfg.Incidents.Sites {
		return nil
	}
	return t
}

// incidents looks at the townships of the sites whose outages have changed.
func (w *work) incidents(changed []event.SiteID, now time.Time) error {
	towns := map[string]*town{}
	for _, site := range changed {
		if t := w.town(site); t != nil {
			towns[t.name] = t
		}
	}
	if len(towns) == 0 {
		return nil
	}
	dark, err := w.tx.StandingOf(ruleSite)
	if err != nil {
		return err
	}
	names := make([]string, 0, len(towns))
	for name := range towns {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := w.incident(towns[name], dark, now); err != nil {
			return err
		}
	}
	return nil
}

// closeIncidents ends the incidents whose rest had its time to come back.
func (w *work) closeIncidents(now time.Time) error {
	if w.cfg.Incidents.Sites == 0 {
		return nil
	}
	standing, err := w.tx.StandingOf(RuleTownship)
	if err != nil {
		return err
	}
	for i := range standing {
		if err := w.review(&standing[i], nil, now); err != nil {
			return err
		}
	}
	return nil
}

// incident raises the incident of a township when enough of it is dark, or takes in what
// has become of one that stands.
func (w *work) incident(t *town, dark []Alarm, now time.Time) error {
	c := &w.cfg.Incidents
	last, known, err := w.tx.Same(event.CountySite, event.DeviceID(t.name), RuleTownship, false)
	if err != nil {
		return err
	}
	var own []Alarm // outages of the township, the latest first
	for _, a := range dark {
		if t.sites[a.Site] != nil && !a.Late && (!known || a.CausedBy != last.ID || !last.Standing) {
			own = append(own, a)
		}
	}
	slices.SortFunc(own, func(a, b Alarm) int { return cmp.Or(b.StartedAt.Compare(a.StartedAt), cmp.Compare(a.ID, b.ID)) })
	if known && last.Standing {
		own = slices.DeleteFunc(own, func(a Alarm) bool { return a.StartedAt.Before(last.StartedAt.Add(-c.Window)) })
		for i := range own {
			if err := w.putUnder(&own[i], last.ID, now); err != nil {
				return err
			}
		}
		return w.review(&last, t, now)
	}
	// Those that went dark together: the most within a window.
	var together []Alarm
	for i := range own {
		from := own[i].StartedAt.Add(-c.Window)
		end := i
		for end < len(own) && !own[end].StartedAt.Before(from) {
			end++
		}
		if end-i > len(together) {
			together = own[i:end]
		}
	}
	if n := len(together); n < c.Sites || n*100 < c.Share*len(t.sites) {
		return nil
	}
	a := &event.Anomaly{
		Rule: RuleTownship, Site: event.CountySite, Device: event.DeviceID(t.name), Severity: event.SeverityHigh,
		State: event.Raised, Revision: 1, StartedAt: together[len(together)-1].StartedAt, UpdatedAt: now,
	}
	a.ID = event.AnomalyID(a.Site, a.Device, a.Rule, a.StartedAt)
	if known && w.takes(&last, a) { // dark again
		a.ID, a.Revision = last.ID, last.AnomalyRev+1
	}
	t.describe(a, together)
	if err := w.apply(a, now); err != nil {
		return err
	}
	for i := range together {
		if err := w.putUnder(&together[i], a.ID, now); err != nil {
			return err
		}
	}
	return nil
}

// putUnder puts an alarm under the one that explains it.
func (w *work) putUnder(a *Alarm, cause string, now time.Time) error {
	a.CausedBy = cause
	switch a.State {
	case Unack, Acked, RtnUnack, Suppressed:
		return w.suppress(a, hold{reason: ForCause, note: "under " + cause}, now)
	}
	return w.refresh(a)
}

// review says how an incident stands, or ends it: when all are back, or when half are and
// the rest had its time. t is nil when only time has passed.
func (w *work) review(a *Alarm, t *town, now time.Time) error {
	children, err := w.tx.Children(a.ID, States()...)
	if err != nil {
		return err
	}
	members := slices.DeleteFunc(children, func(c Alarm) bool { return c.Rule != ruleSite })
	dark, back := 0, a.RaisedAt
	for i := range members {
		m := &members[i]
		if m.Standing {
			dark++
		} else if m.ClearedAt != nil && m.ClearedAt.After(back) {
			back = *m.ClearedAt
		}
	}
	in := a.anomaly(event.Updated, now)
	if closes := back.Add(w.cfg.Incidents.Return); dark == 0 || 2*dark <= len(members) && !now.Before(closes) {
		in.State = event.Cleared
	} else if 2*dark <= len(members) {
		w.nextExpiry = earlier(w.nextExpiry, closes)
	}
	if t != nil {
		t.describe(in, members)
	}
	in.Value = float64(dark)
	if in.State == event.Updated && in.Value == a.Value && in.Count == a.Count {
		return nil
	}
	return w.apply(in, now)
}

// anomaly is the next revision of an alarm of our own.
func (a *Alarm) anomaly(state event.AnomalyState, now time.Time) *event.Anomaly {
	return &event.Anomaly{
		ID: a.ID, Rule: a.Rule, Site: a.Site, Device: a.Device, Severity: a.Severity, State: state, Revision: a.AnomalyRev + 1,
		StartedAt: a.StartedAt, UpdatedAt: now, Count: a.Count, Value: a.Value, Limit: a.Limit, Unit: a.Unit, Cause: a.Cause, Text: a.Text,
	}
}

// describe says of an incident how many sites went dark and which, and the likeliest cause:
// the one most of them have.
func (t *town) describe(in *event.Anomaly, members []Alarm) {
	causes := map[string]int{}
	var zh, en []string
	slices.SortFunc(members, func(a, b Alarm) int { return cmp.Compare(a.Site, b.Site) })
	for i := range members {
		causes[members[i].Cause]++
		if s := t.sites[members[i].Site]; s != nil && len(zh) < maxNamed {
			zh, en = append(zh, cmp.Or(s.Name.ZH, string(s.ID))), append(en, cmp.Or(s.Name.EN, string(s.ID)))
		}
	}
	n := len(members)
	in.Count, in.Value, in.Limit, in.Unit, in.Cause = n, float64(n), float64(len(t.sites)), "sites", "network"
	why := event.Text{ZH: "可能线路中断", EN: "likely the network"}
	if 2*causes["power"] >= n {
		in.Cause, why = "power", event.Text{ZH: "可能停电（或线路中断）", EN: "likely a power cut (or the network)"}
	}
	more := event.Text{}
	if n > len(zh) {
		more = event.Text{ZH: "等", EN: " and others"}
	}
	in.Text = event.Text{
		ZH: fmt.Sprintf("%s：%d 所单位中 %d 所同时失联，%s：%s%s", t.name, len(t.sites), n, why.ZH, strings.Join(zh, "、"), more.ZH),
		EN: fmt.Sprintf("%s: %d of %d sites went dark together, %s: %s%s", t.name, n, len(t.sites), why.EN, strings.Join(en, ", "), more.EN),
	}
}

// waits reports until when the outage of a site waits for those of its township.
func (w *work) waits(a *Alarm, now time.Time) (time.Time, bool) {
	until := a.RaisedAt.Add(w.cfg.Incidents.Hold)
	shown := a.State != Normal && a.State != Suppressed
	if a.Rule != ruleSite || a.Late || shown || !now.Before(until) || w.town(a.Site) == nil {
		return until, false
	}
	return until, true
}

// explains looks for what explains an alarm of which its gateway knows no cause: what this
// package has put it under, the outage of its site, the silence of its gateway.
func (w *work) explains(a *Alarm, in *event.Anomaly) (string, error) {
	if a.CausedBy != "" {
		parent, err := w.tx.Alarm(a.CausedBy)
		switch {
		case err == nil && parent.Standing && parent.Site == event.CountySite:
			return parent.ID, nil
		case err != nil && !errors.Is(err, ErrNotFound):
			return "", err
		}
	}
	if in.Momentary || in.Late {
		return "", nil
	}
	if in.Rule == ruleMass || in.Rule == ruleSwitch {
		o, ok, err := w.tx.Same(in.Site, "", ruleSite, false)
		if err != nil || ok && o.Standing {
			return o.ID, err
		}
	}
	switch in.Rule {
	case ruleSite, ruleMass, ruleSwitch, ruleDown, "kitchen_silent", "device_silent", "bus_silent":
		return w.lostGateway(in)
	}
	return "", nil
}

// lostGateway is the alarm about the silence of the site's gateway, where that was silent
// before the anomaly began. An anomaly of before tells something else.
func (w *work) lostGateway(in *event.Anomaly) (string, error) {
	county := w.plan.county()
	if county == nil {
		return "", nil
	}
	s := county.Site(in.Site)
	if s == nil {
		return "", nil
	}
	for i := range s.Devices {
		d := &s.Devices[i]
		if d.Kind != event.KindGateway {
			continue
		}
		name := string(d.ID)
		for _, address := range d.Addresses {
			if rest, ok := strings.CutPrefix(address, gatewayAddress); ok {
				name = rest
			}
		}
		g, ok, err := w.tx.Same(event.CountySite, event.DeviceID(name), ruleGatewaySilent, false)
		if err != nil {
			return "", err
		}
		if ok && g.Standing && !in.StartedAt.Before(g.RaisedAt.Add(-w.cfg.Incidents.Window)) {
			return g.ID, nil
		}
	}
	return "", nil
}

// gatherSite puts the mass outages and lost switches of a site under its outage that were
// told apart from it, and the loss of a camera under its flapping.
func (w *work) gatherSite(a *Alarm, now time.Time) error {
	if !a.Standing {
		return nil
	}
	if a.Rule == ruleFlapping { // what it was told for before it was seen to flap
		down, ok, err := w.tx.Same(a.Site, a.Device, ruleDown, false)
		if err == nil && ok && down.State.Open() && down.CausedBy == "" {
			err = w.putUnder(&down, a.ID, now)
		}
		return err
	}
	if a.Rule != ruleSite {
		return nil
	}
	for _, rule := range [...]string{ruleMass, ruleSwitch} {
		standing, err := w.tx.StandingOf(rule)
		if err != nil {
			return err
		}
		for i := range standing {
			if c := &standing[i]; c.Site == a.Site && c.CausedBy == "" && !c.Late {
				if err := w.putUnder(c, a.ID, now); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
