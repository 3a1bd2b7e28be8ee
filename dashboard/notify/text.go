package notify

import (
	"fmt"
	"strings"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/notify/channel"
	"github.com/campusgate/campusgate/gateway/event"
)

// digestLines is how many alarms a digest names before it only counts.
const digestLines = 9

func severityText(s event.Severity) event.Text {
	switch s {
	case event.SeverityCritical:
		return event.Text{ZH: "紧急", EN: "CRITICAL"}
	case event.SeverityHigh:
		return event.Text{ZH: "严重", EN: "HIGH"}
	case event.SeverityWarning:
		return event.Text{ZH: "警告", EN: "WARNING"}
	}
	return event.Text{ZH: "提示", EN: "INFO"}
}

func (s *Service) siteName(id event.SiteID) event.Text {
	if site := s.deps.County().Site(id); site != nil && site.Name.ZH != "" {
		return site.Name
	}
	if id == event.CountySite {
		return event.Text{ZH: "指挥中心", EN: "Command centre"}
	}
	return event.Text{ZH: string(id), EN: string(id)}
}

func (s *Service) deviceName(site event.SiteID, id event.DeviceID) event.Text {
	if d := s.deps.County().Device(site, id); d != nil && d.Name.ZH != "" {
		return d.Name
	}
	return event.Text{ZH: string(id), EN: string(id)}
}

// message says what an alarm is about. Nothing of it names a person: texts of alarms have
// no names by their contract, and numbers that look like a person's are masked.
func (s *Service) message(a *alarm.Alarm, reason string, step int, now time.Time) channel.Message {
	sev, site, dev := severityText(a.Severity), s.siteName(a.Site), s.deviceName(a.Site, a.Device)
	local := a.StartedAt.In(s.zone()).Format("2006-01-02 15:04:05")
	m := channel.Message{
		Reason: reason, AlarmID: a.ID, Rule: a.Rule, Severity: a.Severity, Site: a.Site, Device: a.Device, Kind: a.Kind,
		StartedAt: a.StartedAt, At: now.UTC(),
		Title: event.Text{
			ZH: fmt.Sprintf("【%s】%s：%s", sev.ZH, site.ZH, a.Text.ZH),
			EN: fmt.Sprintf("[%s] %s: %s", sev.EN, site.EN, a.Text.EN),
		},
		Body: event.Text{ZH: "开始时间：" + local, EN: "Since " + local},
	}
	if a.Device != "" {
		m.Body.ZH = "设备：" + dev.ZH + "\n" + m.Body.ZH
		m.Body.EN = "Device: " + dev.EN + "\n" + m.Body.EN
	}
	if a.Count > 1 {
		m.Body.ZH += fmt.Sprintf("\n次数：%d", a.Count)
		m.Body.EN += fmt.Sprintf("\nCount: %d", a.Count)
	}
	switch reason {
	case ReasonEscalate:
		m.Title.ZH, m.Title.EN = "〔升级〕"+m.Title.ZH, "[ESCALATED] "+m.Title.EN
		m.Body.ZH += fmt.Sprintf("\n无人确认，第 %d 级通知", step)
		m.Body.EN += fmt.Sprintf("\nNobody has acknowledged it: step %d", step)
	case ReasonClear:
		m.Title.ZH, m.Title.EN = "〔恢复〕"+m.Title.ZH, "[CLEARED] "+m.Title.EN
		m.ClearedAt = a.ClearedAt
		if a.ClearedAt != nil {
			at := a.ClearedAt.In(s.zone()).Format("2006-01-02 15:04:05")
			m.Body.ZH += "\n恢复时间：" + at
			m.Body.EN += "\nUntil " + at
		}
	}
	if s.cfg.PageURL != "" {
		m.Link = strings.TrimRight(s.cfg.PageURL, "/") + "/#/alarms/" + a.ID
	}
	for _, t := range []*event.Text{&m.Title, &m.Body} {
		t.ZH, t.EN = channel.Mask(t.ZH), channel.Mask(t.EN)
	}
	return m
}

// fold makes one message of many, the worst first.
func fold(batch []Notification, now time.Time) channel.Message {
	worst, sev := batch[0].Message, severityText(batch[0].Severity)
	m := channel.Message{
		ID: batch[0].ID, Reason: ReasonDigest, AlarmID: worst.AlarmID, Rule: worst.Rule, Severity: worst.Severity,
		Site: worst.Site, Device: worst.Device, Kind: worst.Kind, StartedAt: worst.StartedAt, Link: worst.Link, At: now.UTC(),
		Title: event.Text{ZH: fmt.Sprintf("【%s】%d 条报警", sev.ZH, len(batch)), EN: fmt.Sprintf("[%s] %d alarms", sev.EN, len(batch))},
	}
	for i := range batch {
		m.Alarms = append(m.Alarms, batch[i].AlarmID)
		if i < digestLines {
			m.Body.ZH += batch[i].Message.Title.ZH + "\n"
			m.Body.EN += batch[i].Message.Title.EN + "\n"
		}
	}
	if more := len(batch) - digestLines; more > 0 {
		m.Body.ZH += fmt.Sprintf("另有 %d 条", more)
		m.Body.EN += fmt.Sprintf("and %d more", more)
	}
	return m
}
