package registry_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/dashboard/registry"
	"github.com/campusgate/campusgate/dashboard/store"
	"github.com/campusgate/campusgate/gateway/event"
)

// BenchmarkApply changes one device of a county of 20,000 with 22,000 people.
func BenchmarkApply(b *testing.B) {
	county := &event.County{}
	for i := range 400 {
		s := event.Site{ID: event.SiteID(fmt.Sprintf("s%03d", i)), Kind: event.SiteSchool}
		for j := range 50 {
			s.Devices = append(s.Devices, event.Device{ID: event.DeviceID(fmt.Sprintf("c%d", j)), Kind: event.KindCamera, Addresses: []string{fmt.Sprintf("gb28181:3402000000132%07d", i*50+j)}})
		}
		county.Sites = append(county.Sites, s)
	}
	if err := county.Index(); err != nil {
		b.Fatal(err)
	}
	db, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "dashboard.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	s, err := registry.New(registry.Deps{Store: db, Seed: county, Live: event.NewRegistry(county), Log: zerolog.Nop()})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	people := make([]registry.Change, 22_000)
	for i := range people {
		id := fmt.Sprint("p", i)
		people[i] = registry.Change{Kind: registry.KindPerson, Key: id, Doc: doc(b, registry.Person{ID: id, Kind: "pupil", Site: "s001"})}
	}
	if _, err := s.Apply(b.Context(), "admin", people); err != nil {
		b.Fatal(err)
	}
	n := 0
	for b.Loop() {
		n++
		c := device(b, "s001/c1", fmt.Sprint("hikvision:", n))
		c.Rev = registry.AnyRev
		if _, err := s.Apply(b.Context(), "admin", []registry.Change{c}); err != nil {
			b.Fatal(err)
		}
	}
}
