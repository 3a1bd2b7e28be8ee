package gb28181_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/gb28181"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestRecordings asks for what a recorder stores: yesterday and today of one channel after the
// other, in answers of many messages.
func TestRecordings(t *testing.T) {
	t.Parallel()
	g := start(t, func(c *gb28181.Config) { c.AskStatus, c.SubscribeExpires, c.RecordsEvery = false, 0, time.Hour })
	d := connect(g, "udp", nvr)
	status(t, d.register(36000, password), "200")
	sn := func(q string) string { return regexp.MustCompile(`<SN>(\d+)</SN>`).FindStringSubmatch(q)[1] }
	q := d.await("<CmdType>Catalog</CmdType>")
	items := ""
	for n := 1; n <= 2; n++ {
		items += "<Item><DeviceID>" + channel(n) + "</DeviceID><Status>ON</Status></Item>"
	}
	status(t, d.message(fmt.Sprintf("<Response><CmdType>Catalog</CmdType><SN>%s</SN><DeviceID>%s</DeviceID><SumNum>2</SumNum><DeviceList Num=\"2\">%s</DeviceList></Response>", sn(q), nvr, items)), "200")
	g.expect("s012/gate-cam up ")
	g.advance(time.Hour) // to 09:00 of Beijing; keepalives are due
	status(t, d.message(fmt.Sprintf(keepalive, "")), "200")

	list := func(q, id, sum string, spans ...string) {
		t.Helper()
		text := ""
		for _, s := range spans {
			from, to, _ := strings.Cut(s, " ")
			text += "<Item><DeviceID>" + id + "</DeviceID><Name>\xd0\xa3\xc3\xc5</Name><FilePath>/" + from + "</FilePath><StartTime>" + from + "</StartTime><EndTime>" + to + "</EndTime><Secrecy>0</Secrecy><Type>time</Type></Item>"
		}
		status(t, d.message(fmt.Sprintf("<Response><CmdType>RecordInfo</CmdType><SN>%s</SN><DeviceID>%s</DeviceID><Name>x</Name><SumNum>%s</SumNum><RecordList Num=\"%d\">%s</RecordList></Response>",
			sn(q), id, sum, len(spans), text)), "200")
	}
	ask := func(n int, from, to string) string {
		t.Helper()
		return d.await("MESSAGE sip:"+channel(n)+"@", "<CmdType>RecordInfo</CmdType>", "<DeviceID>"+channel(n)+"</DeviceID>",
			"<StartTime>"+from+"</StartTime>\r\n<EndTime>"+to+"</EndTime>\r\n<Secrecy>0</Secrecy>\r\n<Type>all</Type>")
	}
	q = ask(1, "2026-11-23T00:00:00", "2026-11-24T00:00:00")
	first := "2026-11-23T00:00:00 2026-11-23T12:00:00"
	list(q, channel(1), "2", first)
	list(q, channel(1), "2", first) // sent again, and counted once
	list(q, channel(1), "2", "2026-11-23T12:00:05 2026-11-24T00:00:00")
	g.expect("s012/gate-cam recording passed  86400 of 86400, open 0, 0 gaps ")

	// What is not durable is not confirmed; the next round asks again.
	q = ask(1, "2026-11-24T00:00:00", "2026-11-24T09:00:00")
	g.refuse(errors.New("the journal is full"))
	status(t, d.message(fmt.Sprintf("<Response><CmdType>RecordInfo</CmdType><SN>%s</SN><DeviceID>%s</DeviceID><SumNum>0</SumNum></Response>", sn(q), channel(1))), "503")
	g.refuse(nil)

	// Channel 2 does not repeat the SN, and has stopped at eight.
	ask(2, "2026-11-23T00:00:00", "2026-11-24T00:00:00")
	list("<SN>43</SN>", channel(2), "0")
	g.expect("county/" + channel(2) + " recording failed no recording 0 of 86400, open 86400, 1 gaps 2026-11-22T16:00:00Z/2026-11-23T16:00:00Z")
	q = ask(2, "2026-11-24T00:00:00", "2026-11-24T09:00:00")
	list(q, channel(2), "1", "2026-11-23T23:00:00 2026-11-24T08:00:00")
	g.expect("county/" + channel(2) + " recording failed not recording 28800 of 32400, open 3600, 1 gaps 2026-11-24T00:00:00Z/2026-11-24T01:00:00Z")

	// An hour later yesterday is settled; one answer stays half, the other does not come.
	g.advance(time.Hour)
	status(t, d.message(fmt.Sprintf(keepalive, "")), "200")
	q = ask(1, "2026-11-24T00:00:00", "2026-11-24T10:00:00")
	list(q, channel(1), "3", "2026-11-24T00:00:00 2026-11-24T01:00:00")
	g.advance(61 * time.Second)
	status(t, d.message(fmt.Sprintf(keepalive, "")), "200")
	g.expect("s012/gate-cam recording unknown 1 of 3 recordings listed 0 of 0, open 0, 0 gaps ")
	ask(2, "2026-11-24T00:00:00", "2026-11-24T10:01:01")
	g.advance(61 * time.Second)
	status(t, d.message(fmt.Sprintf(keepalive, "")), "200")
	g.expect("county/" + channel(2) + " recording unknown no answer to RecordInfo 0 of 0, open 0, 0 gaps ")
}

// TestForgedCheck gives the decoder what only the listener may write, and wrong.
func TestForgedCheck(t *testing.T) {
	t.Parallel()
	for _, check := range []string{"", "{}", `{"check":"image","result":"passed"}`, strings.Repeat("x", 9000), "<a>"} {
		body := "<campusgate><CmdType>Recording</CmdType><SN>1</SN><DeviceID>" + nvr + "</DeviceID><Check>" + check + "</Check></campusgate>"
		events, err := gb28181.New().Decode(nil, payload.Message{Payload: []byte(body), Received: time.Now()}, event.Clock{})
		if err == nil || len(events) != 0 || len(err.Error()) > 300 {
			t.Errorf("%.60s: %v", check, err)
		}
	}
}
