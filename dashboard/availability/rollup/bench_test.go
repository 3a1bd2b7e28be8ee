package rollup_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/availability/rollup"
	"github.com/campusgate/campusgate/gateway/event"
)

// BenchmarkDay computes a day of 1,962 cameras that report each minute, without the database.
func BenchmarkDay(b *testing.B) {
	county := &event.County{Zone: "Asia/Shanghai"}
	for i := range 86 {
		s := event.Site{ID: event.SiteID(fmt.Sprintf("s%03d", i)), Township: fmt.Sprint(i % 15)}
		for j := i; j < 1962; j += 86 {
			s.Devices = append(s.Devices, event.Device{ID: event.DeviceID(fmt.Sprintf("c%02d", j/86)), Kind: event.KindCamera})
		}
		county.Sites = append(county.Sites, s)
	}
	if err := county.Index(); err != nil {
		b.Fatal(err)
	}
	_, w := rollup.DayOf(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), county.Location())
	for b.Loop() {
		c := rollup.NewCollection(county, nil, rollup.Selection{Interval: w})
		e := event.Event{Status: &event.DeviceStatus{Status: event.StatusUp, Period: time.Minute}}
		for at := w.From; at.Before(w.To); at = at.Add(time.Minute) {
			e.ObservedAt = at
			for i := range county.Sites {
				s := &county.Sites[i]
				for j := range s.Devices {
					e.Site, e.Device = s.ID, s.Devices[j].ID
					if err := c.Status(&e); err != nil {
						b.Fatal(err)
					}
				}
			}
		}
		if rows := c.Rows(); len(rows) != 1962 || rows[7].Seconds.Up != 86400 {
			b.Fatalf("%d rows, %+v", len(rows), rows[7])
		}
	}
}
