package gb28181

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// watch looks after registrations, keepalives, catalogues and subscriptions.
func (l *Listener) watch(ctx context.Context) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			l.lapse(ctx)
			l.ask(ctx)
		}
	}
}

// lapse delivers that devices are offline: at the end of the registration, or after so many
// missed keepalives, whichever is first. What could not be delivered is tried again.
func (l *Listener) lapse(ctx context.Context) {
	now := l.deps.Now()
	silence := l.cfg.KeepaliveInterval * time.Duration(l.cfg.KeepaliveCount)
	var expired, silent []string
	l.mu.Lock()
	for id, p := range l.peers {
		switch {
		case !now.Before(p.expires):
			expired = append(expired, id)
		case !p.offline && now.Sub(p.seen) >= silence:
			silent = append(silent, id)
		}
	}
	l.mu.Unlock()
	for _, id := range expired {
		if l.tell(ctx, id, "Offline", "registration expired") != nil {
			return
		}
		l.mu.Lock()
		if p := l.peers[id]; p != nil && !now.Before(p.expires) {
			delete(l.peers, id)
		}
		l.mu.Unlock()
	}
	for _, id := range silent {
		if l.tell(ctx, id, "Offline", "no keepalive for "+silence.String()) != nil {
			return
		}
		l.mu.Lock()
		if p := l.peers[id]; p != nil && now.Sub(p.seen) >= silence {
			p.offline = true
		}
		l.mu.Unlock()
	}
}

// statusPerTick is how many channels of one device are asked at once, so that a recorder
// with hundreds of them can keep up.
const statusPerTick = 4

// errand is a request to send once the lock is free.
type errand struct {
	to   origin
	data []byte
}

// ask sends the queries and subscriptions that are due, and gives up on old ones.
func (l *Listener) ask(ctx context.Context) {
	now := l.deps.Now()
	var errands []errand
	var lapsed []*recordQuery
	l.mu.Lock()
	for _, p := range l.peers {
		if p.offline {
			continue
		}
		if c := p.open; c != nil && now.After(c.deadline) {
			p.open = nil
			p.catalogAt = now.Add(min(l.cfg.CatalogEvery, time.Minute))
			l.catalogs.WithLabelValues("incomplete").Inc()
			l.deps.Log.Warn().Str("device", p.id).Int("want", c.want).Int("got", len(c.got)).Msg("gb28181: catalogue incomplete")
		}
		if p.open == nil && !now.Before(p.catalogAt) {
			serial := l.next()
			p.open = &collection{serial: serial, want: -1, got: map[string]struct{}{}, deadline: now.Add(l.cfg.CatalogTimeout)}
			p.catalogAt = now.Add(l.cfg.CatalogEvery)
			errands = append(errands, errand{p.from, l.request("MESSAGE", p.id, p.from, query("Catalog", serial, p.id))})
		}
		for n := 0; n < statusPerTick && len(p.channels) > 0; n++ {
			id := p.channels[0]
			p.channels = p.channels[1:]
			errands = append(errands, errand{p.from, l.request("MESSAGE", id, p.from, query("DeviceStatus", l.next(), id))})
		}
		asked, late := l.askRecords(p, now)
		if asked != nil {
			errands = append(errands, *asked)
		}
		if late != nil {
			lapsed = append(lapsed, late)
		}
		if l.cfg.SubscribeExpires > 0 && !now.Before(p.subscribeAt) {
			// Renewed at three quarters of its life.
			p.subscribeAt = now.Add(l.cfg.SubscribeExpires * 3 / 4)
			seconds := strconv.Itoa(int(l.cfg.SubscribeExpires / time.Second))
			for _, what := range []string{"Catalog", "Alarm"} {
				errands = append(errands, errand{p.from, l.request("SUBSCRIBE", p.id, p.from, query(what, l.next(), p.id),
					sip.NewHeader("Event", "presence"), sip.NewHeader("Expires", seconds))})
			}
		}
	}
	l.mu.Unlock()
	for _, e := range errands {
		l.send(e.to, e.data)
	}
	for _, q := range lapsed {
		if err := l.tellRecords(ctx, q, now); err != nil && ctx.Err() == nil {
			l.deps.Log.Debug().Err(err).Str("device", q.id).Msg("gb28181: what is known of its recordings was not taken")
		}
	}
}

func (l *Listener) send(to origin, data []byte) {
	if err := to.send(data); err != nil {
		l.deps.Log.Debug().Err(err).Str("to", to.addr).Msg("gb28181: request not sent")
	}
}

// collect counts a catalogue's channels. Devices that do not repeat our SN are taken too:
// there is one query at a time. The lock is held.
func (l *Listener) collect(p *peer, d *document, now time.Time) {
	c := p.open
	if c == nil || d.root != "response" || !strings.EqualFold(d.command, "Catalog") {
		return
	}
	if n, err := strconv.Atoi(d.sum); err == nil && n >= 0 {
		c.want = n
	}
	for _, i := range d.items {
		if len(c.got) < maxItems {
			c.got[i.id] = struct{}{}
		}
	}
	c.deadline = now.Add(l.cfg.CatalogTimeout)
	if c.want >= 0 && len(c.got) >= min(c.want, maxItems) {
		p.open = nil
		l.catalogs.WithLabelValues("complete").Inc()
		channels := make([]string, 0, len(c.got))
		for id := range c.got {
			if isID(id) && isDevice(id) {
				channels = append(channels, id)
			}
		}
		slices.Sort(channels)
		p.records.learn(channels, p.id, now, l.cfg.RecordsEvery)
		if l.cfg.AskStatus {
			p.channels = channels
		}
	}
}

// answerAlarm confirms an alarm. A device alarm is also reset: without that the device
// reports no other (A.2.5 b).
func (l *Listener) answerAlarm(p *peer, from origin, d *document) {
	if !isID(d.id) {
		return
	}
	serial := "1"
	if n, err := strconv.ParseUint(d.serial, 10, 32); err == nil {
		serial = strconv.FormatUint(n, 10)
	}
	l.send(from, l.request("MESSAGE", p.id, from, declaration+
		"<Response>\r\n<CmdType>Alarm</CmdType>\r\n<SN>"+serial+"</SN>\r\n<DeviceID>"+d.id+"</DeviceID>\r\n<Result>OK</Result>\r\n</Response>\r\n"))
	if d.alarmMethod != "2" {
		return
	}
	l.mu.Lock()
	serial = l.next()
	l.mu.Unlock()
	l.send(from, l.request("MESSAGE", p.id, from, declaration+
		"<Control>\r\n<CmdType>DeviceControl</CmdType>\r\n<SN>"+serial+"</SN>\r\n<DeviceID>"+d.id+
		"</DeviceID>\r\n<AlarmCmd>ResetAlarm</AlarmCmd>\r\n<Info>\r\n<AlarmMethod>2</AlarmMethod>\r\n</Info>\r\n</Control>\r\n"))
}

const declaration = "<?xml version=\"1.0\" encoding=\"GB2312\"?>\r\n"

func query(command, serial, id string) string {
	return declaration + "<Query>\r\n<CmdType>" + command + "</CmdType>\r\n<SN>" + serial + "</SN>\r\n<DeviceID>" + id + "</DeviceID>\r\n</Query>\r\n"
}

// next is the next SN. The lock is held.
func (l *Listener) next() string {
	l.serial++
	return strconv.FormatUint(l.serial, 10)
}

// request builds a request of ours to a device.
func (l *Listener) request(method, id string, to origin, body string, headers ...sip.Header) []byte {
	req := sip.NewRequest(sip.RequestMethod(method), sip.Uri{Scheme: "sip", User: id, Host: to.addr})
	own := l.cfg.Advertise
	if own == "" {
		own = l.tcp.Addr().String()
	}
	for _, h := range append([]sip.Header{
		sip.NewHeader("Via", fmt.Sprintf("SIP/2.0/%s %s;rport;branch=z9hG4bK%s", to.transport, own, rand.Text())),
		sip.NewHeader("From", fmt.Sprintf("<sip:%s@%s>;tag=%s", l.cfg.ServerID, l.cfg.Realm, rand.Text())),
		sip.NewHeader("To", fmt.Sprintf("<sip:%s@%s>", id, to.addr)),
		sip.NewHeader("Call-ID", rand.Text()),
		sip.NewHeader("CSeq", "1 "+method),
		sip.NewHeader("Contact", fmt.Sprintf("<sip:%s@%s>", l.cfg.ServerID, own)),
		sip.NewHeader("Max-Forwards", "70"),
		sip.NewHeader("Content-Type", "Application/MANSCDP+xml"),
	}, headers...) {
		req.AppendHeader(h)
	}
	req.SetBody([]byte(body))
	return []byte(req.String())
}
