package payload_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

var received = time.Date(2026, 11, 24, 0, 0, 0, 500_000_000, time.UTC)

// decode sends one camera heartbeat with the given ts, written as JSON.
func decode(ts string) (event.Event, error) {
	f := payload.NewFamily(event.KindCamera)
	events, err := f.Decode(nil, payload.Message{
		Topic: "campus/s1/camera/c1/heartbeat", Payload: []byte(`{"ts":` + ts + `}`), Received: received,
	}, event.Clock{})
	if err != nil {
		return event.Event{}, err
	}
	return events[0], nil
}

func TestTimeForms(t *testing.T) {
	t.Parallel()
	whole := time.Date(2026, 11, 23, 23, 59, 59, 0, time.UTC)
	for ts, want := range map[string]struct {
		at         time.Time
		resolution time.Duration
	}{
		`"2026-11-24T07:59:59+08:00"`:          {whole, time.Second},
		`"2026-11-23T23:59:59Z"`:               {whole, time.Second},
		`"2026-11-23T23:59:59.1Z"`:             {whole.Add(100 * time.Millisecond), 100 * time.Millisecond},
		`"2026-11-23T23:59:59.120Z"`:           {whole.Add(120 * time.Millisecond), time.Millisecond},
		`"2026-11-23T15:59:59.123456-08:00"`:   {whole.Add(123456 * time.Microsecond), time.Microsecond},
		`"2026-11-23T23:59:59.123456789Z"`:     {whole.Add(123456789), time.Nanosecond},
		`"2026-11-23T23:59:59.1234567891234Z"`: {whole.Add(123456789), time.Nanosecond},
		`1795478399`:                           {whole, time.Second},
		`"1795478399"`:                         {whole, time.Second},
		`1795478399.25`:                        {whole.Add(250 * time.Millisecond), 10 * time.Millisecond},
		`1795478399.123456`:                    {whole.Add(123456 * time.Microsecond), time.Microsecond},
		`1795478399123`:                        {whole.Add(123 * time.Millisecond), time.Millisecond},
		`"1795478399123.5"`:                    {whole.Add(123500 * time.Microsecond), 100 * time.Microsecond},
		`1.795478399e9`:                        {whole, time.Millisecond},
		`1.795478399123E+12`:                   {whole.Add(123 * time.Millisecond), time.Millisecond},
		`60`:                                   {time.Unix(60, 0), time.Second},
	} {
		e, err := decode(ts)
		if err != nil {
			t.Errorf("%s: %v", ts, err)
			continue
		}
		if d := e.ObservedAt.Sub(want.at); d < 0 || d >= want.resolution {
			t.Errorf("%s: observed at %v, want %v and less than %v", ts, e.ObservedAt, want.at, want.resolution)
		}
	}
}

func TestTimeAbsent(t *testing.T) {
	t.Parallel()
	for _, ts := range []string{`null`, `0`, `"0"`} {
		e, err := decode(ts)
		if err != nil || e.Skew != 0 || e.ObservedAt.Sub(received) >= time.Millisecond || e.ObservedAt.Before(received) {
			t.Errorf("%s: got %v, %v", ts, e.ObservedAt, err)
		}
	}
}

func TestTimeRefused(t *testing.T) {
	t.Parallel()
	for _, ts := range []string{
		`""`, `"now"`, `"2026-11-24"`, `"2026-11-24T07:59:59"`, `"2026-11-24 07:59:59+08:00"`, `"2026-13-24T07:59:59Z"`,
		`"1900-01-01T00:00:00Z"`, `-1`, `"-1795478399"`, `1e300`, `1e-3`, `99999999999999999999`, `100000000000000`,
		`NaN`, `inf`, `"1.2.3"`, `true`, `{}`, `[1]`,
	} {
		if e, err := decode(ts); err == nil {
			t.Errorf("%s is read as %v", ts, e.ObservedAt)
		} else if !strings.HasPrefix(err.Error(), `field "ts": `) && !strings.HasPrefix(err.Error(), "payload is no JSON") {
			t.Errorf("%s: the error names no field: %v", ts, err)
		}
	}
}

// Seconds and milliseconds of the same moment are the same moment.
func TestTimeFormsAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(1e11, received.UnixMilli()).Draw(t, "ms"))
		for _, ts := range []string{
			strconv.FormatInt(at.UnixMilli(), 10),
			fmt.Sprintf("%d.%03d", at.Unix(), at.UnixMilli()%1000),
			at.UTC().Format(`"2006-01-02T15:04:05.000Z07:00"`),
			at.In(time.FixedZone("", 8*3600)).Format(`"2006-01-02T15:04:05.000Z07:00"`),
		} {
			e, err := decode(ts)
			if err != nil {
				t.Fatal(err)
			}
			if !e.ObservedAt.Truncate(time.Millisecond).Equal(at) {
				t.Fatalf("%s: %v, want %v", ts, e.ObservedAt, at)
			}
		}
	})
}
