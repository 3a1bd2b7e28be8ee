package jt808_test

import (
	"slices"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/jt808"
	"github.com/campusgate/campusgate/adapters/jt808/jt808test"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestCases(t *testing.T) {
	t.Parallel()
	payloadtest.Run(t, jt808.New())
}

func FuzzDecode(f *testing.F) { payloadtest.FuzzVendor(f, jt808.New()) }

// bus is a position that nothing is wrong with, 20 seconds before its receipt.
func bus() jt808test.Position {
	return jt808test.Position{
		Status: jt808.StatusACC | jt808.StatusFix, Lat: 30.25, Lon: 120.125, SpeedKMH: 36.5, Heading: 90,
		Time: payloadtest.Received().Add(-20 * time.Second),
	}
}

func message(id uint16, body []byte) []byte {
	return jt808.AppendMessage(nil, jt808.Header{ID: id, Phone: "13600000077", Serial: 9}, body)
}

func TestPositionsBecomeEvents(t *testing.T) {
	t.Parallel()
	good := event.VehiclePosition{
		Lat: 30.25, Lon: 120.125, Fix: true, SpeedKMH: 36.5, Heading: 90, AltitudeM: 12, Passengers: -1, Ignition: event.Yes,
	}
	for _, c := range []struct {
		name  string
		sent  func(*jt808test.Position)
		want  func(*event.VehiclePosition)
		fault string
	}{
		{"driving", func(*jt808test.Position) {}, func(*event.VehiclePosition) {}, ""},
		{
			"no fix", func(p *jt808test.Position) { p.Status = 0 },
			func(v *event.VehiclePosition) { v.Fix, v.Ignition = false, event.No }, "",
		},
		{
			"a fix at 0, 0", func(p *jt808test.Position) { p.Lat, p.Lon = 0, 0 },
			func(v *event.VehiclePosition) { v.Fix, v.Lat, v.Lon = false, 0, 0 }, "",
		},
		{
			"off the globe", func(p *jt808test.Position) { p.Lat, p.Lon = 120.125, 30.25 },
			func(v *event.VehiclePosition) { v.Fix, v.Lat, v.Lon = false, 0, 0 }, "",
		},
		{
			"encrypted coordinates", func(p *jt808test.Position) { p.Status |= jt808.StatusEncrypted },
			func(v *event.VehiclePosition) { v.Fix, v.Lat, v.Lon = false, 0, 0 }, "",
		},
		{
			"faster than any bus", func(p *jt808test.Position) { p.SpeedKMH = 999.9 },
			func(v *event.VehiclePosition) { v.Fix, v.SpeedKMH = false, 0 }, "",
		},
		{
			"faster than any bus, with the recorder's speed", func(p *jt808test.Position) { p.SpeedKMH, p.Extra = 999.9, []byte{3, 2, 1, 144} },
			func(v *event.VehiclePosition) { v.Fix, v.SpeedKMH = false, 40 }, "",
		},
		{
			"due north", func(p *jt808test.Position) { p.Heading = 360 },
			func(v *event.VehiclePosition) { v.Heading = 0 }, "",
		},
		{
			"no heading", func(p *jt808test.Position) { p.Heading = 0xffff },
			func(v *event.VehiclePosition) { v.Heading = 0 }, "",
		},
		{
			"door open", func(p *jt808test.Position) { p.Status |= jt808.StatusDoorMiddle | jt808.StatusDoorLocked },
			func(v *event.VehiclePosition) { v.DoorsOpen = event.Yes }, "",
		},
		{
			"doors locked", func(p *jt808test.Position) { p.Status |= jt808.StatusDoorLocked },
			func(v *event.VehiclePosition) { v.DoorsOpen = event.No }, "",
		},
		{
			"SOS", func(p *jt808test.Position) { p.Alarm = jt808.AlarmEmergency },
			func(v *event.VehiclePosition) { v.SOS, v.AlarmBits = true, 1 }, "",
		},
		{
			"a torn antenna, no power", func(p *jt808test.Position) { p.Alarm = jt808.AlarmGNSSAntennaOpen | jt808.AlarmPowerLost },
			func(v *event.VehiclePosition) { v.AlarmBits = 1<<5 | 1<<8 }, "GNSS antenna open, main power lost",
		},
		{
			"overspeed is no fault", func(p *jt808test.Position) { p.Alarm = jt808.AlarmOverspeed },
			func(v *event.VehiclePosition) { v.AlarmBits = 2 }, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sent, want := bus(), good
			c.sent(&sent)
			c.want(&want)
			for _, body := range [][]byte{
				message(jt808.IDPosition, sent.Append(nil)),
				message(jt808.IDPositionAnswer, sent.Append([]byte{0, 7})),
				message(jt808.IDPositionBatch, jt808test.Batch(0, sent)),
			} {
				events, err := decode(t, body)
				if err != nil || len(events) == 0 || *events[0].Position != want {
					t.Fatalf("%s, %v", payloadtest.Brief(events, true), err)
				}
				if at := events[0].ObservedAt.Truncate(time.Second); !at.Equal(sent.Time.Truncate(time.Second)) || events[0].Late {
					t.Errorf("at %v", at)
				}
				fault := ""
				if len(events) == 2 && events[1].Status.Status == event.StatusDegraded {
					fault = events[1].Status.Reason
				}
				if fault != c.fault {
					t.Errorf("fault %q, want %q", fault, c.fault)
				}
			}
		})
	}
}

// TestOnePositionIsOneEvent: a terminal repeats what was not answered, live or in a batch,
// with another serial number.
func TestOnePositionIsOneEvent(t *testing.T) {
	t.Parallel()
	sent := bus()
	sent.Alarm = jt808.AlarmCamera
	live, err := decode(t, message(jt808.IDPosition, sent.Append(nil)))
	if err != nil {
		t.Fatal(err)
	}
	later := sent
	later.Time = later.Time.Add(-time.Second)
	again, err := decode(t, jt808.AppendMessage(nil, jt808.Header{ID: jt808.IDPositionBatch, Phone: "13600000077", Serial: 77},
		jt808test.Batch(1, later, sent)))
	if err != nil || len(live) != 2 || len(again) != 4 {
		t.Fatalf("%d and %d events, %v", len(live), len(again), err)
	}
	ids := func(events []event.Event) (ids []string) {
		for _, e := range events {
			ids = append(ids, e.ID)
		}
		return ids
	}
	if !slices.Equal(ids(live), ids(again[2:])) || again[2].ObservedAt != live[0].ObservedAt {
		t.Error("the same position is another event in a batch")
	}
	if slices.Contains(ids(live), again[0].ID) || live[0].ID == live[1].ID {
		t.Error("two observations are one event")
	}
	if live[0].Backfill || !again[2].Backfill || !again[3].Backfill || !again[2].Late {
		t.Error("backfill")
	}
}

func TestSignsOfLifeAreEachTheirOwn(t *testing.T) {
	t.Parallel()
	for _, id := range []uint16{jt808.IDHeartbeat, jt808.IDLogout, jt808.IDAuthenticate} {
		m := payload.Message{Payload: message(id, []byte("x")), Received: payloadtest.Received()}
		one, err := jt808.New().Decode(nil, m, event.Clock{})
		if err != nil {
			t.Fatal(err)
		}
		again, _ := jt808.New().Decode(nil, m, event.Clock{})
		m.Received = m.Received.Add(time.Minute)
		two, _ := jt808.New().Decode(nil, m, event.Clock{})
		if one[0].ID != again[0].ID || one[0].ID == two[0].ID {
			t.Errorf("0x%04x: %s, %s, then %s", id, one[0].ID, again[0].ID, two[0].ID)
		}
	}
}

// TestPositionsWithoutATime of a bus that stands are the same each time, and yet each its own.
func TestPositionsWithoutATime(t *testing.T) {
	t.Parallel()
	sent := bus()
	sent.Time = time.Time{}
	body := jt808test.Batch(0, sent, sent)
	copy(body[27:], make([]byte, 6))
	copy(body[57:], make([]byte, 6))
	seen := map[string]bool{}
	for serial := range uint16(2) {
		m := payload.Message{
			Payload:  jt808.AppendMessage(nil, jt808.Header{ID: jt808.IDPositionBatch, Phone: "1", Serial: serial}, body),
			Received: payloadtest.Received(),
		}
		events, err := jt808.New().Decode(nil, m, event.Clock{})
		if err != nil || len(events) != 2 {
			t.Fatalf("%d events, %v", len(events), err)
		}
		for _, e := range events {
			if seen[e.ID] || !e.ObservedAt.Truncate(time.Millisecond).Equal(m.Received) {
				t.Errorf("%s at %v", e.ID, e.ObservedAt)
			}
			seen[e.ID] = true
		}
	}
}

// TestTheGoodItemsOfABatchStay, whatever its count says.
func TestTheGoodItemsOfABatchStay(t *testing.T) {
	t.Parallel()
	a, b := bus(), bus()
	b.Time = b.Time.Add(time.Second)
	body := jt808test.Batch(1, a, b)
	cut := body[:len(body)-3]                                 // the second overruns
	short := append([]byte{0, 3, 1, 0, 2, 9, 9}, body[3:]...) // the first is no position
	for name, c := range map[string]struct {
		body []byte
		want int
	}{"whole": {body, 2}, "cut": {cut, 1}, "short": {short, 2}} {
		events, err := decode(t, message(jt808.IDPositionBatch, c.body))
		if err != nil || len(events) != c.want {
			t.Errorf("%s: %d events, %v", name, len(events), err)
		}
	}
	if events, err := decode(t, message(jt808.IDPositionBatch, cut[:20])); err == nil {
		t.Errorf("%d events of a batch without one", len(events))
	}
}

func TestNameOfTheDevice(t *testing.T) {
	t.Parallel()
	m := payload.Message{Payload: message(jt808.IDHeartbeat, nil), Received: payloadtest.Received()}
	events, err := jt808.New().Decode(nil, m, event.Clock{})
	if err != nil || events[0].Site != event.CountySite || events[0].Device != "jt808-13600000077" || events[0].Kind != event.KindBus {
		t.Errorf("%+v, %v", events, err)
	}
	m.Site, m.Device = "s012", "bus-7"
	events, err = jt808.New().Decode(nil, m, event.Clock{})
	if err != nil || events[0].Site != "s012" || events[0].Device != "bus-7" {
		t.Errorf("%+v, %v", events, err)
	}
}

func BenchmarkDecode(b *testing.B) {
	sent := bus()
	sent.Extra = unhex(b, "0104 00000c80 0302 01a9 3001 1b 3101 0b")
	payloadtest.Benchmark(b, jt808.New(), "jt808/13600000077/0x0200", string(message(jt808.IDPosition, sent.Append(nil))))
}

func BenchmarkDecodeKnownDevice(b *testing.B) {
	b.ReportAllocs()
	m := payload.Message{
		Site: "s012", Device: "bus-7", Payload: message(jt808.IDPosition, bus().Append(nil)), Received: payloadtest.Received(),
	}
	d := jt808.New()
	var room [4]event.Event
	for b.Loop() {
		if _, err := d.Decode(room[:0], m, event.Clock{}); err != nil {
			b.Fatal(err)
		}
	}
}
