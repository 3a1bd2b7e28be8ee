package dashboard

import (
	"context"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/dashboard/inspection"
	"github.com/campusgate/campusgate/dashboard/watch"
	"github.com/campusgate/campusgate/gateway/event"
)

// Rules of the centre about what schools owe.
const (
	ruleNoticeOverdue = "notice_overdue"
	ruleHazardOverdue = "hazard_overdue"
	deadlinesEvery    = 30 * time.Second
)

// startDeadlines begins to raise an alarm for each school that lets a deadline pass.
func (d *Dashboard) startDeadlines(ctx context.Context) error {
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(deadlinesEvery)
		defer tick.Stop()
		for {
			err := d.judgeDeadlines(run)
			if run.Err() != nil {
				return
			}
			if news := d.failing("the deadlines of notices", err); news && err != nil {
				d.deps.Log.Error().Err(err).Msg("cannot raise alarms about deadlines")
			}
			select {
			case <-run.Done():
				return
			case <-tick.C:
			}
		}
	}()
	d.onStop = append(d.onStop, stopper{"deadlines", func(context.Context) error {
		cancel()
		<-done
		return nil
	}})
	return nil
}

// judgeDeadlines raises and ends the alarms: one for each kind and school, so that their
// number is bounded.
func (d *Dashboard) judgeDeadlines(ctx context.Context) error {
	now := d.deps.Now()
	late, err := d.inspect.Late(ctx, now)
	if err != nil {
		return err
	}
	county := d.county.County()
	var out []watch.Condition
	add := func(kind inspection.Kind, rule, zh, en string) {
		for id, n := range late[kind] {
			name := event.Text{ZH: string(id), EN: string(id)}
			if s := county.Site(id); s != nil {
				name = s.Name
			}
			out = append(out, watch.Condition{
				Rule: rule, Device: event.DeviceID(id), Severity: event.SeverityWarning,
				Text: event.Text{ZH: fmt.Sprintf(zh, name.ZH, n), EN: fmt.Sprintf(en, name.EN, n)},
			})
		}
	}
	add(inspection.KindNotice, ruleNoticeOverdue, "%s：%d 份限期整改通知书逾期", "%s: %d rectification notices are overdue")
	add(inspection.KindHazard, ruleHazardOverdue, "%s：%d 项隐患整改逾期", "%s: %d hidden dangers are overdue")
	return d.raiser.Update(ctx, []string{ruleNoticeOverdue, ruleHazardOverdue}, out, nil, now)
}
