package watch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Rules of the centre's own alarms. Words are stored and sent: never rename.
const (
	RuleGatewaySilent = "gateway_silent"
	RuleAdapterSilent = "adapter_silent"
	RuleDatabase      = "database_unreachable"
	RuleBroker        = "broker_unreachable"
	RuleComponent     = "component_failed"
	RuleDisk          = "disk_low"
	RuleHeartbeat     = "heartbeat_failed"
)

// Rules lists the rules that Judge decides about.
func Rules() []string {
	return []string{RuleGatewaySilent, RuleAdapterSilent, RuleDatabase, RuleBroker, RuleComponent, RuleDisk}
}

// Facts are what is known at one time.
type Facts struct {
	Gateways []Gateway
	// Own are the components of this process.
	Own map[string]event.Health
	// FreeBytes of the disk of the data folder; -1 when it cannot be told.
	FreeBytes int64
}

// Gateway is what one gateway said last.
type Gateway struct {
	ID     string
	SeenAt time.Time // zero: never
	Status Status
}

// Status is the part of a gateway's status that is judged.
type Status struct {
	StartedAt  time.Time               `json:"started_at"`
	Components map[string]event.Health `json:"components"`
	Brokers    []struct {
		Name      string `json:"name"`
		Connected bool   `json:"connected"`
	} `json:"brokers"`
	Adapters []struct {
		Name   string    `json:"name"`
		LastAt time.Time `json:"last_at"`
	} `json:"adapters"`
}

// Condition is one thing that is wrong.
type Condition struct {
	Rule     string
	Device   event.DeviceID
	Kind     event.Kind
	Severity event.Severity
	Text     event.Text
	Hold     time.Duration // how long it must last
}

// Judge says what is wrong. since is when this process began: silence counts from there,
// for who may have spoken before was not heard.
func (c Config) Judge(f Facts, since, now time.Time) []Condition {
	var out []Condition
	heard := map[string]bool{}
	for i := range f.Gateways {
		g := &f.Gateways[i]
		heard[g.ID] = true
		if silent := now.Sub(latest(g.SeenAt, since)); silent > c.GatewaySilent {
			if !slices.Contains(c.Gateways, g.ID) && now.Sub(g.SeenAt) > c.ForgetAfter {
				continue
			}
			out = append(out, c.silent(g.ID))
			continue // what it said before says nothing any more
		}
		if !g.SeenAt.Before(since) {
			out = append(out, c.gateway(g, since, now)...)
		}
	}
	for _, id := range c.Gateways {
		if !heard[id] && now.Sub(since) > c.GatewaySilent {
			out = append(out, c.silent(id))
		}
	}
	return append(out, c.own(f)...)
}

// Undecided are the gateways that this process has not heard yet and may still hear: what
// stood of them before it began stands on until they speak, or are silent.
func (c Config) Undecided(f Facts, since, now time.Time) map[event.DeviceID]bool {
	out := map[event.DeviceID]bool{}
	if now.Sub(since) > c.GatewaySilent {
		return out
	}
	for _, id := range c.Gateways {
		out[event.DeviceID(id)] = true
	}
	for i := range f.Gateways {
		g := &f.Gateways[i]
		out[event.DeviceID(g.ID)] = g.SeenAt.Before(since)
	}
	return out
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (c Config) silent(id string) Condition {
	return Condition{
		Rule: RuleGatewaySilent, Device: event.DeviceID(id), Kind: event.KindGateway, Severity: event.SeverityHigh,
		Text: event.Text{ZH: "网关 " + id + " 已停止上报", EN: "Gateway " + id + " has stopped reporting"},
	}
}

func (c Config) gateway(g *Gateway, since, now time.Time) []Condition {
	var out []Condition
	add := func(rule string, severity event.Severity, hold time.Duration, zh, en string) {
		out = append(out, Condition{
			Rule: rule, Device: event.DeviceID(g.ID), Kind: event.KindGateway, Severity: severity, Hold: hold,
			Text: event.Text{ZH: "网关 " + g.ID + "：" + zh, EN: "Gateway " + g.ID + ": " + en},
		})
	}
	if h, ok := g.Status.Components["influx writer"]; ok && bad(h) {
		add(RuleDatabase, event.SeverityHigh, c.Hold, "无法写入数据库（数据保存在本地队列）", "the database cannot be written (records are kept in the journal)")
	}
	var lost []string
	for _, b := range g.Status.Brokers {
		if !b.Connected {
			lost = append(lost, b.Name)
		}
	}
	if len(lost) > 0 {
		names := strings.Join(lost, ", ")
		add(RuleBroker, event.SeverityHigh, c.Hold, "无法连接消息服务器 "+names, "no connection to broker "+names)
	}
	if c.AdapterSilent == 0 {
		return out
	}
	var quiet []string
	for _, a := range g.Status.Adapters {
		if now.Sub(latest(a.LastAt, latest(g.Status.StartedAt, since.Add(-c.AdapterSilent)))) > c.AdapterSilent {
			quiet = append(quiet, a.Name)
		}
	}
	if len(quiet) > 0 {
		slices.Sort(quiet)
		names := strings.Join(quiet, ", ")
		add(RuleAdapterSilent, event.SeverityWarning, 0, fmt.Sprintf("适配器 %s 超过 %s 没有数据", names, c.AdapterSilent),
			fmt.Sprintf("adapter %s has yielded nothing for %s", names, c.AdapterSilent))
	}
	return out
}

// own judges this process. What it cannot say because its database fails, the heart says by
// falling silent.
func (c Config) own(f Facts) []Condition {
	var out []Condition
	for name, h := range f.Own {
		if bad(h) {
			out = append(out, Condition{
				Rule: RuleComponent, Device: device(name), Severity: event.SeverityHigh, Hold: c.Hold,
				Text: event.Text{ZH: "指挥中心组件异常：" + name, EN: "A component of the command centre does not work: " + name},
			})
		}
	}
	slices.SortFunc(out, func(a, b Condition) int { return strings.Compare(string(a.Device), string(b.Device)) })
	if f.FreeBytes >= 0 && f.FreeBytes < c.MinFreeBytes {
		out = append(out, Condition{
			Rule: RuleDisk, Device: "dashboard", Severity: event.SeverityHigh, Hold: c.Hold,
			Text: event.Text{
				ZH: fmt.Sprintf("指挥中心磁盘剩余不足 %d MiB", c.MinFreeBytes>>20),
				EN: fmt.Sprintf("The disk of the command centre has less than %d MiB left", c.MinFreeBytes>>20),
			},
		})
	}
	return out
}

func bad(h event.Health) bool { return h.State == event.Failed || h.State == event.Degraded }

// device makes the id of a device of a component's name.
func device(name string) event.DeviceID {
	id := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, strings.ToLower(name))
	return event.DeviceID(id[:min(len(id), 64)])
}
