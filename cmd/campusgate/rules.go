package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/campusgate/campusgate/cmd/campusgate/config"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
	"github.com/campusgate/campusgate/gateway/rules"
)

// maxBacktest bounds how much of the past one back-test reads.
const maxBacktest = 31 * 24 * time.Hour

// rules checks a document of the county's own rules and, when asked, runs it over recorded
// events.
func (c checkCommand) rules(ctx context.Context, io streams) error {
	text, err := os.ReadFile(c.Rules)
	if err != nil {
		return err
	}
	set, err := rules.Parse(c.Rules, text)
	if err != nil {
		return &config.Error{Err: err}
	}
	county, history := &event.County{}, influx.ReaderConfig{}
	if c.Config != "" {
		cfg, registry, err := config.Load(c.Config, io.environ, config.PartPresent)
		if err != nil {
			return err
		}
		county, history = registry, cfg.History
	} else if err := county.Index(); err != nil {
		return err
	}
	if !c.Backtest && c.Events == "" {
		_, err := fmt.Fprintf(io.out, "%s is right: %d rules\n", c.Rules, set.Rules())
		return err
	}
	b := rules.Backtest{Set: set, County: county, Operators: c.Operators}
	b.Progress = func(p rules.Progress) {
		fmt.Fprintf(io.err, "\r%s  %d events, %d anomalies ", p.At.In(county.Location()).Format("2006-01-02 15:04"), p.Events, p.Raised)
	}
	var report *rules.Report
	if c.Events != "" {
		file, err := os.Open(c.Events)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }() // it was only read
		report, err = b.Run(ctx, rules.Lines(file))
		return errors.Join(c.printReport(io, county, report), under(c.Events, err))
	}
	if b.From, b.To, err = span(c.From, c.To, county.Location()); err != nil {
		return &config.Error{Err: err}
	}
	reader, err := influx.NewReader(history)
	if err != nil {
		return &config.Error{Err: event.Under("history", err)}
	}
	defer reader.Close()
	report, err = b.Run(ctx, rules.Recorded(set.Types(), b.From, b.To, reader.EachEvent))
	return errors.Join(c.printReport(io, county, report), err)
}

func under(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

// span reads the days of a back-test: dates of the county's calendar, both included, or
// moments.
func span(from, to string, zone *time.Location) (begin, end time.Time, err error) {
	read := func(key, s string, days int) time.Time {
		if t, bad := time.ParseInLocation(time.DateOnly, s, zone); bad == nil {
			return t.AddDate(0, 0, days)
		}
		t, bad := time.Parse(time.RFC3339, s)
		if bad != nil {
			err = errors.Join(err, &event.Fault{Key: key, Value: fmt.Sprintf("%q", s), Want: "a day, 2026-11-16, or a moment, 2026-11-16T08:00:00+08:00"})
		}
		return t
	}
	begin, end = read("--from", from, 0), read("--to", to, 1)
	if err == nil && (!end.After(begin) || end.Sub(begin) > maxBacktest) {
		err = &event.Fault{Key: "--to", Value: to, Want: fmt.Sprintf("a time after --from, by at most %d days", int(maxBacktest.Hours()/24))}
	}
	return begin, end, err
}

// printReport says what the rules would have raised.
func (c checkCommand) printReport(std streams, county *event.County, r *rules.Report) error {
	if r == nil {
		return nil
	}
	fmt.Fprintln(std.err)
	var b strings.Builder
	zone := county.Location()
	local := func(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04") }
	fmt.Fprintf(&b, "%s to %s: %d events, %d rules, %d anomalies raised, %d of them still standing\n",
		local(r.From), local(r.To), r.Events, r.Rules, r.Raised, r.Standing)
	for _, part := range []struct {
		title string
		list  []rules.Tally
	}{{"by rule", r.ByRule}, {"by day", r.ByDay}, {"by site", r.BySite}} {
		fmt.Fprintf(&b, "\n%s\n", part.title)
		for _, t := range part.list {
			fmt.Fprintf(&b, "  %-44s %7d\n", t.Name, t.Count)
		}
	}
	l := r.Load
	fmt.Fprintf(&b, "\nload of %d operator(s)\n  %.1f alarms an hour each (target: at most 6)\n  most in an hour %d, in ten minutes %d", l.Operators, l.PerHour, l.PeakHour, l.Peak10Min)
	if l.Peak10Min > 0 {
		fmt.Fprintf(&b, " from %s", local(l.PeakAt))
	}
	fmt.Fprintf(&b, "\n  in flood (10 in ten minutes each) %.1f %% of the time (target: below 1 %%)\n", 100*l.FloodShare)
	for i, a := range r.Examples {
		if i == 0 {
			b.WriteString("\nexamples\n")
		}
		fmt.Fprintf(&b, "  %s  %-8s %s\n      %s\n      %s\n", local(a.UpdatedAt), a.Severity, a.Rule, a.Text.ZH, a.Text.EN)
	}
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "\n%s could not be judged %d times: %s\n", f.Rule, f.Count, f.Error)
	}
	_, err := io.WriteString(std.out, b.String())
	return err
}
