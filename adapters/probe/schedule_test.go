package probe

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/gateway/event"
)

func testJob(n int, host string, interval time.Duration) *job {
	return &job{
		camera: &camera{site: "s1", device: event.DeviceID(fmt.Sprintf("c%d", n))}, check: Online, host: host, interval: interval,
	}
}

// TestNoHerd starts 2,000 cameras at once: their first checks are spread over the interval.
func TestNoHerd(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	s := newSchedule(1, 1000)
	for n := range 2000 {
		s.add(testJob(n, fmt.Sprint(n), time.Minute), start, 0.1)
	}
	var perSecond [60]int
	for _, j := range s.due {
		perSecond[int(j.next.Sub(start).Seconds())]++
	}
	for second, n := range perSecond {
		if n < 10 || n > 70 { // 33 on the average
			t.Errorf("second %d: %d checks", second, n)
		}
	}
	again := newSchedule(1, 1000)
	again.add(testJob(7, "", time.Minute), start.Add(time.Hour), 0.1)
	for _, j := range s.due {
		if j.camera.device == "c7" && again.due[0].next.Sub(start.Add(time.Hour)) != j.next.Sub(start) {
			t.Error("the place is another after a restart")
		}
	}
}

// TestBounds plays a schedule by the second fraction: pace, hosts and intervals are kept,
// nothing is forgotten and nothing runs twice at once.
func TestBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		start := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
		now := start
		perHost := rapid.IntRange(1, 3).Draw(rt, "per host")
		perSecond := rapid.SampledFrom([]float64{0.5, 2, 10}).Draw(rt, "pace")
		cameras := rapid.IntRange(1, 12).Draw(rt, "cameras")
		hosts := rapid.IntRange(1, 4).Draw(rt, "hosts")
		const interval = 10 * time.Second
		s := newSchedule(perHost, perSecond)
		for n := range cameras {
			s.add(testJob(n, fmt.Sprint(n%hosts), interval), start, 0.2)
		}
		out := map[*job]time.Time{} // until
		busy, begun := map[string]int{}, map[*job]int{}
		var last time.Time
		for now.Before(start.Add(5 * time.Minute)) {
			for {
				j := s.take(now)
				if j == nil {
					break
				}
				if _, twice := out[j]; twice {
					rt.Fatal("a job runs twice at once")
				}
				if !last.IsZero() && now.Sub(last) < s.gap {
					rt.Fatalf("began after %v, the pace is %v", now.Sub(last), s.gap)
				}
				if j.next.After(now) {
					rt.Fatal("began before its time")
				}
				last = now
				begun[j]++
				if busy[j.host]++; busy[j.host] > perHost {
					rt.Fatalf("%d at one host", busy[j.host])
				}
				out[j] = now.Add(time.Duration(rapid.IntRange(1, 30).Draw(rt, "takes")) * 100 * time.Millisecond)
			}
			wait := s.wait(now)
			next := now.Add(max(wait, time.Millisecond))
			for _, until := range out {
				if until.Before(next) {
					next = until
				}
			}
			now = next
			for j, until := range out {
				if !until.After(now) {
					delete(out, j)
					busy[j.host]--
					s.done(j, now)
				}
			}
		}
		parked := 0
		for _, waiting := range s.parked {
			parked += len(waiting)
		}
		if n := len(s.due) + len(s.ready) + parked + len(out); n != cameras {
			rt.Fatalf("%d jobs of %d are left", n, cameras)
		}
		if perSecond == 10 && cameras <= 4 {
			for j, n := range begun {
				if n < 20 || n > 40 {
					rt.Fatalf("%s was asked %d times in 30 intervals", j.camera.device, n)
				}
			}
		}
	})
}

func BenchmarkSchedule(b *testing.B) {
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	s := newSchedule(1, 1000)
	for n := range 6000 {
		s.add(testJob(n, fmt.Sprint(n), time.Minute), now, 0.1)
	}
	b.ReportAllocs()
	for b.Loop() {
		j := s.take(now)
		for j == nil {
			now = now.Add(time.Millisecond)
			j = s.take(now)
		}
		s.done(j, now)
	}
}
