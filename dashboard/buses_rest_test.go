package dashboard_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/gateway/event"
)

// ride makes positions, one every ten seconds, newest first as the history has them. The bus
// drives where speed says so, else it stands.
func ride(from time.Time, n int, speed func(i int) float64) []event.Event {
	rows := make([]event.Event, n)
	lat := 36.0
	for i := range n {
		v := speed(i)
		lat += v / 3.6 * 10 / 111_195
		rows[n-1-i] = event.Event{
			Type: event.TypeVehiclePosition, Kind: event.KindBus, Site: "s1", Device: "b1", ObservedAt: from.Add(time.Duration(i) * 10 * time.Second),
			Position: &event.VehiclePosition{Lat: lat, Lon: 116.8, Fix: true, SpeedKMH: v, Passengers: 12},
		}
	}
	return rows
}

// TestTrail draws a day in few places: what stands is its first and last place, peaks stay.
func TestTrail(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	w := start(t, t.TempDir(), newBus(), func(h *fakeHistory) {
		h.rows = ride(from, 3000, func(i int) float64 {
			switch {
			case i < 1000 || i >= 2000:
				return 0
			case i == 1501:
				return 77
			}
			return 40
		})
	})
	guard := w.login(t, "guard")
	path := "/api/v1/buses/s1/b1/trail?from=2026-11-24T00:00:00Z&to=2026-11-24T20:00:00Z"
	var whole, few api.Trail
	guard.get(path+"&points=5000", &whole)
	if whole.Seen != 3000 || whole.Truncated || len(whole.Places) != 2+1000+2 {
		t.Fatalf("seen %d, truncated %v, %d places", whole.Seen, whole.Truncated, len(whole.Places))
	}
	guard.get(path+"&points=100", &few)
	if len(few.Places) > 100 || len(few.Places) < 60 || few.Seen != 3000 {
		t.Fatalf("%d places of %d", len(few.Places), few.Seen)
	}
	fastest := 0.0
	for i, p := range few.Places {
		fastest = max(fastest, p.SpeedKMH)
		if i > 0 && !p.At.After(few.Places[i-1].At) {
			t.Errorf("place %d is not after the one before", i)
		}
	}
	if fastest != 77 {
		t.Errorf("the fastest place left is of %v km/h", fastest)
	}
	if first, last := few.Places[0], few.Places[len(few.Places)-1]; !first.At.Equal(from) || !last.At.Equal(from.Add(2999*10*time.Second)) {
		t.Errorf("from %v to %v", first.At, last.At)
	}
	for query, want := range map[string]int{
		"?from=2026-11-24T00:00:00Z&to=2026-11-25T02:00:00Z": 422, "?from=2026-11-24T01:00:00Z&to=2026-11-24T01:00:00Z": 422, "?points=1": 422, "": 200,
	} {
		if code, text := guard.do(http.MethodGet, "/api/v1/buses/s1/b1/trail"+query, ""); code != want {
			t.Errorf("%q: %d %s", query, code, text)
		}
	}
	var buses list[api.Bus]
	guard.get("/api/v1/buses", &buses)
	if len(buses.Items) != 1 || buses.Items[0].Site != "s1" || buses.Items[0].Route != "r1" || buses.Items[0].LimitKMH != 60 {
		t.Errorf("a guard's buses: %+v", buses.Items)
	}
}
