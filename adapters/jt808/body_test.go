package jt808_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/campusgate/campusgate/adapters/jt808"
	"github.com/campusgate/campusgate/adapters/jt808/jt808test"
)

// field fills a text up with zeros, before or after it.
func field(s string, size int, before bool) string {
	fill := strings.Repeat("\x00", size-len(s))
	if before {
		return fill + s
	}
	return s + fill
}

func chinese(t testing.TB, s string) string {
	t.Helper()
	b, err := simplifiedchinese.GBK.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRegister(t *testing.T) {
	t.Parallel()
	const area = "\x00\x21\x01\x18" // province 33, county 280
	want := jt808.Registration{
		Province: 33, City: 280, Manufacturer: "CGT", Model: "BUS-7", TerminalID: "T0042", PlateColour: 2, Plate: "浙B00042",
	}
	plate := "\x02" + chinese(t, "浙B00042")
	for _, c := range []struct {
		name    string
		version bool
		body    string
	}{
		{"2011", false, area + field("CGT", 5, false) + field("BUS-7", 8, false) + field("T0042", 7, false) + plate},
		{"2013", false, area + field("CGT", 5, false) + field("BUS-7", 20, false) + field("T0042", 7, false) + plate},
		{"2019", true, area + field("CGT", 11, true) + field("BUS-7", 30, true) + field("T0042", 30, true) + plate},
		{"2019 filled behind", true, area + field("CGT", 11, false) + field("BUS-7", 30, false) + field("T0042", 30, false) + plate},
		{"2013 under the header of 2019", true, area + field("CGT", 5, false) + field("BUS-7", 20, false) + field("T0042", 7, false) + plate},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := jt808.ParseRegister(jt808.Header{Version2019: c.version}, []byte(c.body))
			if err != nil || got != want {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	for _, version := range []bool{false, true} {
		got, err := jt808.ParseRegister(jt808.Header{Version2019: version}, jt808test.Registration(version))
		if err != nil || got.Plate != "浙A12345" || got.PlateColour != 2 || got.Model != "BUS-1" {
			t.Errorf("%+v, %v", got, err)
		}
	}
	// 2011 with a vehicle identification number, which makes it as long as one of 2013.
	vin := area + field("CGT", 5, false) + field("BUS-7", 8, false) + field("T0042", 7, false) + "\x00LCGTEST0000000042"
	if got, err := jt808.ParseRegister(jt808.Header{}, []byte(vin)); err != nil || got.Plate != "LCGTEST0000000042" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := jt808.ParseRegister(jt808.Header{}, []byte(area)); err == nil {
		t.Error("four bytes are a registration")
	}
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	imei, software := strings.Repeat("8", 15), field("V1.2", 20, false)
	for _, c := range []struct {
		name    string
		version bool
		body    string
		want    string
	}{
		{"2013", false, "code-1", "{code-1  }"},
		{"2019", true, "\x06code-1" + imei + software, "{code-1 888888888888888 V1.2}"},
		{"2019 with the code alone", true, "\x06code-1", "{code-1  }"},
		{"2013 under the header of 2019", true, "code-1", "{code-1  }"},
		{"nothing", false, "", "an authentication without a code"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, err := jt808.ParseAuthenticate(jt808.Header{Version2019: c.version}, []byte(c.body))
			got := fmt.Sprint(a)
			if err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	query, all, err := jt808.ParseParameters(unhex(t, "0009 02 00000001 04 0000001e 00000055 04 00000050"))
	if err != nil || query != 9 || len(all) != 2 || all[0].ID != 1 || all[1].ID != 0x55 || all[1].Value[3] != 80 {
		t.Errorf("%d %v %v", query, all, err)
	}
	_, all, err = jt808.ParseParameters(unhex(t, "0009 02 00000001 04 0000001e 00000055 04 00"))
	if err == nil || len(all) != 1 {
		t.Errorf("%v %v", all, err)
	}
	if _, _, err = jt808.ParseParameters([]byte{0, 1}); err == nil {
		t.Error("two bytes are parameters")
	}
}

func TestDriver(t *testing.T) {
	t.Parallel()
	name, issuer := chinese(t, "测试"), chinese(t, "某机构")
	card := "\x04" + name + field("CERT-0042", 20, false) + "\x06" + issuer + "\x20\x30\x01\x01"
	at := time.Date(2026, 11, 23, 22, 30, 0, 0, time.UTC)
	stamp := "\x26\x11\x24\x06\x30\x00"
	for _, c := range []struct {
		name, body string
		want       jt808.Driver
		wrong      bool
	}{
		{"on duty", "\x01" + stamp + "\x00" + card, jt808.Driver{Time: at, Certificate: "CERT-0042"}, false},
		{"on duty, 2019", "\x01" + stamp + "\x00" + card + field("", 20, false), jt808.Driver{Time: at, Certificate: "CERT-0042"}, false},
		{"off duty", "\x02" + stamp, jt808.Driver{Out: true, Time: at}, false},
		{"off duty with the card's text", "\x02" + stamp + "\x00" + card, jt808.Driver{Out: true, Time: at, Certificate: "CERT-0042"}, false},
		{"locked", "\x01" + stamp + "\x02", jt808.Driver{Time: at, Result: jt808.CardLocked}, false},
		{"no clock", "\x02\x00\x00\x00\x00\x00\x00", jt808.Driver{Out: true}, false},
		{
			"2011", "\x04" + name + field("ID", 20, false) + field("CERT-0042", 40, false) + "\x06" + issuer,
			jt808.Driver{Certificate: "CERT-0042"},
			false,
		},
		{"nothing", "", jt808.Driver{}, true},
		{"no result", "\x01" + stamp, jt808.Driver{Time: at}, true},
		{"cut", "\x01" + stamp + "\x00" + card[:12], jt808.Driver{Time: at}, true},
		{"neither", "\x07garbage of some length", jt808.Driver{}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := jt808.ParseDriver([]byte(c.body))
			if got != c.want || (err != nil) != c.wrong {
				t.Errorf("%+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

func TestPosition(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 6, 1, 2, 0, time.UTC)
	body := jt808test.Position{
		Status: jt808.StatusACC | jt808.StatusFix | jt808.StatusSouth | jt808.StatusWest, Lat: 33.5, Lon: 70.25, SpeedKMH: 43.5,
		Heading: 359, Time: at, Extra: unhex(t, "0104 00000c80 0302 01a9 0402 0007 3101 0b e104 00000000"),
	}.Append(nil)
	want := jt808.Position{
		Status: 15, Lat: -33.5, Lon: -70.25, AltitudeM: 12, SpeedKMH: 43.5, Heading: 359, Time: at,
		RecorderKMH: 42.5, ConfirmID: 7, Satellites: 11,
	}
	if p, err := jt808.ParsePosition(body); err != nil || p != want {
		t.Errorf("%+v, %v\nwant %+v", p, err, want)
	}
	// Items of a vendor's lengths, then one that overruns the body.
	want.RecorderKMH, want.ConfirmID, want.Satellites, want.Damaged = -1, 0, 0, true
	if p, err := jt808.ParsePosition(append(body[:28:28], unhex(t, "0301 09 3102 0102 0401 01 30 09 00")...)); err != nil || p != want {
		t.Errorf("%+v, %v\nwant %+v", p, err, want)
	}
	if _, err := jt808.ParsePosition(body[:27]); err == nil {
		t.Error("27 bytes are a position")
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	body := jt808test.Position{}.Append(nil)
	for _, c := range []struct {
		bcd  string
		want time.Time
	}{
		{"261124143005", time.Date(2026, 11, 24, 6, 30, 5, 0, time.UTC)},
		{"240229000000", time.Date(2024, 2, 28, 16, 0, 0, 0, time.UTC)},
		{"230229000000", time.Time{}}, // no leap year
		{"000000000000", time.Time{}},
		{"000101000000", time.Time{}}, // never set
		{"261324143005", time.Time{}},
		{"261132143005", time.Time{}},
		{"261124243005", time.Time{}},
		{"261124146005", time.Time{}},
		{"261124143060", time.Time{}},
		{"2611241430ff", time.Time{}},
	} {
		copy(body[22:], unhex(t, c.bcd))
		if p, err := jt808.ParsePosition(body); err != nil || !p.Time.Equal(c.want) {
			t.Errorf("%s: %v, %v, want %v", c.bcd, p.Time, err, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	words := func(alarms uint32, version2019 bool) string {
		var s []string
		for _, n := range jt808.Names(alarms, version2019) {
			if n.ZH == "" {
				t.Errorf("%q has no Chinese name", n.EN)
			}
			s = append(s, n.EN)
		}
		return strings.Join(s, "; ")
	}
	if n := len(jt808.Names(1<<32-1, false)); n != 29 {
		t.Errorf("%d alarms until 2013", n)
	}
	if n := len(jt808.Names(1<<32-1, true)); n != 31 {
		t.Errorf("%d alarms in 2019", n)
	}
	mixed := jt808.AlarmEmergency | jt808.AlarmDanger | jt808.AlarmTyrePressure | jt808.AlarmIllegalDoorOpening
	if got := words(mixed, false); got != "emergency; danger warning; illegal door opening" {
		t.Error(got)
	}
	if got := words(mixed, true); got != "emergency; dangerous driving; tyre pressure" {
		t.Error(got)
	}
}
