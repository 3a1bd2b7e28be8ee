package simulator_test

import (
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/simulator"
	"github.com/campusgate/campusgate/configs/counties"
)

func BenchmarkTraffic(b *testing.B) {
	c := county(b, counties.Demo())
	traffic := simulator.NewTraffic(c, nil, simulator.TrafficConfig{Seed: 1, Speed: 1}, at(b, "2026-11-24T07:30:00"))
	b.ReportAllocs()
	for b.Loop() {
		traffic.Next(time.Time{})
	}
}

func BenchmarkLoad(b *testing.B) {
	c := county(b, counties.Demo())
	start := at(b, "2026-11-24T07:30:00")
	load, err := simulator.NewLoad(c, simulator.LoadConfig{}, 1, start)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		load.Next(start)
	}
}
