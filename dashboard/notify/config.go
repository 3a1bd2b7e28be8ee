package notify

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/campusgate/campusgate/dashboard/notify/channel"
	"github.com/campusgate/campusgate/gateway/event"
)

// Config says who is told what. Rotas and quiet hours are not here: people change them on
// the page.
type Config struct {
	// Receivers are where messages can go; none turns notification off.
	Receivers []channel.Config `yaml:"receivers"`
	// People are those on call, with addresses of their own.
	People []Person `yaml:"people"`
	// Rotas are the names of on-call rotas; their shifts are edited on the page.
	Rotas []string `yaml:"rotas"`
	// Fallback are the targets when nobody is on call. Needed when a target names a rota.
	Fallback []string `yaml:"fallback"`
	// Policies say who is next when nobody acknowledges.
	Policies []Policy `yaml:"policies"`
	// Routes are tried in their order; the first that fits ends the search unless it says go_on.
	Routes []Route `yaml:"routes"`
	// PageURL is the address of the page, for links; empty leaves them out.
	PageURL string `yaml:"page_url"`
	// OldAfter is how long ago something that is over may have begun and still page, 1m to 24h.
	OldAfter time.Duration `yaml:"old_after"`
	// Tries is how often a message is tried before it is given up, 1 to 50.
	Tries int `yaml:"tries"`
	// FirstRetry is the pause after the first failure, doubled each time, 1s to 10m.
	FirstRetry time.Duration `yaml:"first_retry"`
	// MaxRetry is the longest pause between tries, first_retry to 1h.
	MaxRetry time.Duration `yaml:"max_retry"`
	// LogRetention is how long the log of notifications is kept, 24h to 87600h (ten years).
	LogRetention time.Duration `yaml:"log_retention"`
}

// Person is somebody who can be told in person.
type Person struct {
	// Name is the account's user name: 1 to 64 of a-z, 0-9, '-', '_'.
	Name string `yaml:"name"`
	// Addresses are tried side by side.
	Addresses []Address `yaml:"addresses"`
}

// Address is where a person is reached.
type Address struct {
	// Receiver is the name of a receiver.
	Receiver string `yaml:"receiver"`
	// To is the person's mail address at a receiver of type smtp; empty at all others.
	To string `yaml:"to"`
}

// Policy is a chain of people to tell while an alarm stays unacknowledged.
type Policy struct {
	// Name is 1 to 64 of a-z, 0-9, '-', '_'; routes name it.
	Name string `yaml:"name"`
	// Steps are taken one after the other, 1 to 10.
	Steps []Step `yaml:"steps"`
}

// Step is one link of the chain.
type Step struct {
	// After the alarm was raised, or after the step before, 10s to 24h.
	After time.Duration `yaml:"after"`
	// To are 1 to 20 targets.
	To []string `yaml:"to"`
}

// Route says who is told about which alarms. An empty condition fits everything.
type Route struct {
	// Sites are ids; "county" is the centre itself. Empty fits every site.
	Sites []string `yaml:"sites"`
	// Townships of the site. Empty fits every one.
	Townships []string `yaml:"townships"`
	// Rules that raised the alarm, for instance fever. Empty fits every rule.
	Rules []string `yaml:"rules"`
	// Kinds of device, for instance kitchen. Empty fits every kind.
	Kinds []string `yaml:"kinds"`
	// MinSeverity is info, warning, high or critical; empty is info.
	MinSeverity event.Severity `yaml:"min_severity"`
	// Days on which it fits, mon … sun; empty is every day.
	Days []string `yaml:"days"`
	// Hours in which it fits, "HH:MM-HH:MM" in the county's zone; may pass midnight.
	Hours string `yaml:"hours"`
	// To are 1 to 20 targets: receiver/NAME, person/NAME or oncall/ROTA.
	To []string `yaml:"to"`
	// Policy of escalation; empty is none.
	Policy string `yaml:"policy"`
	// Clear tells the end of the alarm as well. An alertmanager is always told.
	Clear bool `yaml:"clear"`
	// GoOn looks at the routes behind this one too.
	GoOn bool `yaml:"go_on"`
}

// DefaultConfig tells nobody.
func DefaultConfig() Config {
	return Config{
		OldAfter: 15 * time.Minute, Tries: 8, FirstRetry: 10 * time.Second, MaxRetry: 10 * time.Minute,
		LogRetention: 365 * 24 * time.Hour,
	}
}

// Validate returns every wrong setting.
func (c Config) Validate() error {
	v := validator{cfg: c}
	v.receivers()
	v.people()
	v.chains()
	const day = 24 * time.Hour
	v.check(c.OldAfter >= time.Minute && c.OldAfter <= day, "old_after", c.OldAfter, "1m to 24h")
	v.check(c.Tries >= 1 && c.Tries <= 50, "tries", c.Tries, "1 to 50")
	v.check(c.FirstRetry >= time.Second && c.FirstRetry <= 10*time.Minute, "first_retry", c.FirstRetry, "1s to 10m")
	v.check(c.MaxRetry >= c.FirstRetry && c.MaxRetry <= time.Hour, "max_retry", c.MaxRetry, "first_retry to 1h")
	v.check(c.LogRetention >= day && c.LogRetention <= 3650*day, "log_retention", c.LogRetention, "24h to 87600h")
	v.check(c.PageURL == "" || strings.HasPrefix(c.PageURL, "http://") || strings.HasPrefix(c.PageURL, "https://"), "page_url", fmt.Sprintf("%q", c.PageURL), "http://… or https://…")
	return errors.Join(v.faults...)
}

const (
	maxReceivers = 100
	maxPeople    = 1000
	maxRoutes    = 500
	maxSteps     = 10
)

type validator struct {
	cfg    Config
	faults []error
	rotas  bool // a target names one
}

func (v *validator) check(ok bool, key string, value any, want string) {
	if !ok {
		v.faults = append(v.faults, &event.Fault{Key: key, Value: value, Want: want})
	}
}

func (v *validator) receivers() {
	v.check(len(v.cfg.Receivers) <= maxReceivers, "receivers", len(v.cfg.Receivers), "at most 100")
	seen := map[string]bool{}
	for i, r := range v.cfg.Receivers {
		key := fmt.Sprintf("receivers[%d]", i)
		v.faults = append(v.faults, event.Under(key, r.Validate()))
		v.check(!seen[r.Name], key+".name", r.Name, "a name that is not used twice")
		seen[r.Name] = true
	}
}

func (v *validator) people() {
	v.check(len(v.cfg.People) <= maxPeople, "people", len(v.cfg.People), "at most 1000")
	seen := map[string]bool{}
	for i, p := range v.cfg.People {
		key := fmt.Sprintf("people[%d]", i)
		v.check(event.ValidName(p.Name) && !seen[p.Name], key+".name", fmt.Sprintf("%q", p.Name), "1 to 64 of a-z, 0-9, '-', '_', not used twice")
		seen[p.Name] = true
		v.check(len(p.Addresses) >= 1 && len(p.Addresses) <= 10, key+".addresses", len(p.Addresses), "1 to 10")
		for j, a := range p.Addresses {
			at := fmt.Sprintf("%s.addresses[%d]", key, j)
			r := v.cfg.receiver(a.Receiver)
			v.check(r != nil, at+".receiver", fmt.Sprintf("%q", a.Receiver), "the name of a receiver")
			if r != nil && r.Type == channel.SMTP {
				v.check(channel.ValidMailbox(a.To), at+".to", "(not shown)", "a mail address")
			} else {
				v.check(a.To == "", at+".to", "(not shown)", "nothing: only a mail server has addresses")
			}
		}
	}
	for i, r := range v.cfg.Rotas {
		v.check(event.ValidName(r) && slices.Index(v.cfg.Rotas, r) == i, fmt.Sprintf("rotas[%d]", i), fmt.Sprintf("%q", r), "1 to 64 of a-z, 0-9, '-', '_', not used twice")
	}
}

func (v *validator) chains() {
	for i, p := range v.cfg.Policies {
		key := fmt.Sprintf("policies[%d]", i)
		v.check(event.ValidName(p.Name) && v.cfg.policy(p.Name) == &v.cfg.Policies[i], key+".name", fmt.Sprintf("%q", p.Name), "1 to 64 of a-z, 0-9, '-', '_', not used twice")
		v.check(len(p.Steps) >= 1 && len(p.Steps) <= maxSteps, key+".steps", len(p.Steps), "1 to 10")
		for j, s := range p.Steps {
			at := fmt.Sprintf("%s.steps[%d]", key, j)
			v.check(s.After >= 10*time.Second && s.After <= 24*time.Hour, at+".after", s.After, "10s to 24h")
			v.targets(at+".to", s.To)
		}
	}
	v.check(len(v.cfg.Routes) <= maxRoutes, "routes", len(v.cfg.Routes), "at most 500")
	for i, r := range v.cfg.Routes {
		key := fmt.Sprintf("routes[%d]", i)
		v.targets(key+".to", r.To)
		v.check(r.Policy == "" || v.cfg.policy(r.Policy) != nil, key+".policy", fmt.Sprintf("%q", r.Policy), "the name of a policy")
		v.check(r.MinSeverity == "" || r.MinSeverity.Rank() >= 0, key+".min_severity", fmt.Sprintf("%q", r.MinSeverity), "one of info, warning, high, critical")
		_, err := parseSpan(r.Hours)
		v.check(r.Hours == "" || err == nil, key+".hours", fmt.Sprintf("%q", r.Hours), `"HH:MM-HH:MM"`)
		v.check(validDays(r.Days), key+".days", r.Days, "days of mon, tue, wed, thu, fri, sat, sun")
	}
	needed := v.rotas
	v.rotas = false
	if needed || len(v.cfg.Fallback) > 0 {
		v.targets("fallback", v.cfg.Fallback)
		v.check(!v.rotas, "fallback", v.cfg.Fallback, "receivers and people: a rota may have nobody")
	}
}

func (v *validator) targets(key string, to []string) {
	v.check(len(to) >= 1 && len(to) <= 20, key, len(to), "1 to 20 targets")
	for i, t := range to {
		kind, name, _ := strings.Cut(t, "/")
		ok := false
		switch kind {
		case "receiver":
			ok = v.cfg.receiver(name) != nil
		case "person":
			ok = v.cfg.person(name) != nil
		case "oncall":
			v.rotas = true
			ok = slices.Contains(v.cfg.Rotas, name)
		}
		v.check(ok, fmt.Sprintf("%s[%d]", key, i), fmt.Sprintf("%q", t), "receiver/NAME, person/NAME or oncall/ROTA with a name that is here")
	}
}

func (c Config) receiver(name string) *channel.Config {
	return find(c.Receivers, func(r *channel.Config) bool { return r.Name == name })
}

func (c Config) person(name string) *Person {
	return find(c.People, func(p *Person) bool { return p.Name == name })
}

func (c Config) policy(name string) *Policy {
	return find(c.Policies, func(p *Policy) bool { return p.Name == name })
}

func find[T any](list []T, fits func(*T) bool) *T {
	for i := range list {
		if fits(&list[i]) {
			return &list[i]
		}
	}
	return nil
}
