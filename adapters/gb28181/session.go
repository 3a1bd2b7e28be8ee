package gb28181

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/campusgate/campusgate/adapters/payload"
)

// origin is where a message came from, and the way back.
type origin struct {
	addr      string
	transport string
	send      func([]byte) error
}

// peer is a registered device.
type peer struct {
	id      string
	from    origin
	expires time.Time
	seen    time.Time // the last sign of life
	offline bool      // keepalives are missed

	catalogAt   time.Time // when to ask next
	subscribeAt time.Time
	open        *collection
	channels    []string // whose DeviceStatus is still to be asked for
	records     records
}

// collection is a catalogue that arrives in many messages.
type collection struct {
	serial   string
	want     int // SumNum; -1 before the first message
	got      map[string]struct{}
	deadline time.Time
}

// handle takes one message in and answers it.
func (l *Listener) handle(ctx context.Context, raw []byte, from origin) {
	m, _, err := l.parser.ParseHeaders(raw, false)
	if err != nil {
		l.refused.WithLabelValues("syntax").Inc()
		return
	}
	req, ok := m.(*sip.Request)
	if !ok {
		return // answers to what we send: what matters comes as messages of its own
	}
	if req.Via() == nil || req.From() == nil || req.To() == nil || req.CallID() == nil || req.CSeq() == nil {
		l.refused.WithLabelValues("headers").Inc()
		return
	}
	req.SetSource(from.addr)
	req.SetTransport(from.transport)
	method := strings.ToUpper(string(req.Method))
	switch method {
	case "REGISTER":
		l.messages.WithLabelValues(method).Inc()
		l.register(ctx, req, from)
	case "MESSAGE", "NOTIFY":
		l.messages.WithLabelValues(method).Inc()
		l.message(ctx, req, raw, from)
	case "OPTIONS":
		l.answer(req, from, 200, "OK")
	case "ACK":
	default:
		l.refused.WithLabelValues("method").Inc()
		l.answer(req, from, 405, "Method Not Allowed")
	}
}

func (l *Listener) answer(req *sip.Request, from origin, code int, reason string, headers ...sip.Header) {
	res := sip.NewResponseFromRequest(req, code, reason, nil)
	for _, h := range headers {
		res.AppendHeader(h)
	}
	if err := from.send([]byte(res.String())); err != nil {
		l.deps.Log.Debug().Err(err).Str("to", from.addr).Msg("gb28181: answer not sent")
	}
}

func (l *Listener) register(ctx context.Context, req *sip.Request, from origin) {
	id, host, now := req.From().Address.User, hostOf(from.addr), l.deps.Now()
	if !isID(id) {
		l.refused.WithLabelValues("id").Inc()
		l.answer(req, from, 403, "Forbidden")
		return
	}
	var given credentials
	ok := false
	if h := req.GetHeader("Authorization"); h != nil {
		given, ok = parseCredentials(h.Value())
	}
	if !ok || given.realm != l.cfg.Realm || !l.fresh(given.nonce, id, host, now) {
		l.answer(req, from, 401, "Unauthorized", sip.NewHeader("WWW-Authenticate",
			fmt.Sprintf(`Digest realm="%s",nonce="%s",algorithm=MD5`, l.cfg.Realm, l.nonce(id, host, now))))
		return
	}
	if l.guessing.held(host, now) {
		l.refused.WithLabelValues("throttled").Inc()
		l.answer(req, from, 403, "Forbidden")
		return
	}
	password, known := l.passwords[id]
	if !known {
		password, known = l.passwords["*"]
	}
	if !known || given.username != id || !given.answers("REGISTER", password) {
		l.guessing.failed(host, now)
		l.refused.WithLabelValues("password").Inc()
		l.answer(req, from, 403, "Forbidden")
		return
	}
	expires, ok := l.expiry(req)
	if !ok {
		l.answer(req, from, 400, "Bad Request")
		return
	}
	l.mu.Lock()
	full := l.peers[id] == nil && len(l.peers) >= l.cfg.MaxDevices
	l.mu.Unlock()
	if full && expires > 0 {
		l.refused.WithLabelValues("devices").Inc()
		l.answer(req, from, 503, "Service Unavailable")
		return
	}
	command, reason := "Online", "registered"
	if expires == 0 {
		command, reason = "Offline", "signed off"
	}
	if err := l.tell(ctx, id, command, reason); err != nil {
		l.answer(req, from, 503, "Service Unavailable")
		return
	}
	l.mu.Lock()
	if expires == 0 {
		delete(l.peers, id)
	} else {
		p := l.peers[id]
		if p == nil {
			p = &peer{id: id}
			l.peers[id] = p
		}
		p.from, p.expires, p.seen, p.offline = from, now.Add(expires), now, false
		p.catalogAt, p.subscribeAt = now, now
	}
	l.mu.Unlock()
	headers := []sip.Header{
		sip.NewHeader("Date", now.In(beijing()).Format("2006-01-02T15:04:05.000")),
		sip.NewHeader("Expires", strconv.Itoa(int(expires/time.Second))),
	}
	if contact := req.GetHeader("Contact"); contact != nil {
		headers = append(headers, sip.NewHeader("Contact", contact.Value()))
	}
	l.answer(req, from, 200, "OK", headers...)
}

// expiry is the time that a REGISTER asks for, at most what we grant.
func (l *Listener) expiry(req *sip.Request) (time.Duration, bool) {
	text := ""
	if h := req.GetHeader("Expires"); h != nil {
		text = h.Value()
	} else if c := req.Contact(); c != nil {
		text, _ = c.Params.Get("expires")
	}
	if text == "" {
		return l.cfg.MaxExpires, true
	}
	seconds, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
	if err != nil {
		return 0, false
	}
	return min(time.Duration(seconds)*time.Second, l.cfg.MaxExpires), true
}

// tell delivers what we found out about a device ourselves.
func (l *Listener) tell(ctx context.Context, id, command, reason string) error {
	now := l.deps.Now()
	body := fmt.Sprintf("<%s><CmdType>%s</CmdType><SN>%d</SN><DeviceID>%s</DeviceID><Reason>%s</Reason></%[1]s>",
		rootListener, command, now.UnixNano(), id, reason)
	return l.deps.Deliver(ctx, l.deliverable(id, strings.ToLower(command), []byte(body), now))
}

func (l *Listener) deliverable(id, what string, body []byte, now time.Time) payload.Message {
	m := payload.Message{Topic: Name + "/" + id + "/" + what, Payload: body, Received: now}
	var ok bool
	if l.deps.Resolve != nil {
		m.Site, m.Device, ok = l.deps.Resolve(id)
	}
	if !ok {
		m.Site, m.Device = payload.Unassigned(Name, id)
	}
	return m
}

// registered finds the device of a message: it must come from where it registered.
func (l *Listener) registered(req *sip.Request, from origin) *peer {
	host, _, err := net.SplitHostPort(from.addr)
	if err != nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.peers[req.From().Address.User]
	if p == nil {
		return nil
	}
	if known, _, err := net.SplitHostPort(p.from.addr); err != nil || known != host {
		return nil
	}
	return p
}

var errBody = errors.New("the body is not for a listener")

func (l *Listener) message(ctx context.Context, req *sip.Request, raw []byte, from origin) {
	p := l.registered(req, from)
	if p == nil {
		l.refused.WithLabelValues("unregistered").Inc()
		l.answer(req, from, 403, "Forbidden") // it registers again
		return
	}
	now := l.deps.Now()
	messages, d, err := l.read(p.id, raw, now)
	if errors.Is(err, errBody) {
		l.refused.WithLabelValues("body").Inc()
		l.answer(req, from, 400, "Bad Request")
		return
	}
	for len(messages) > 0 {
		n := min(len(messages), 500)
		if err := l.deps.Deliver(ctx, messages[:n]...); err != nil {
			l.answer(req, from, 503, "Service Unavailable")
			return
		}
		messages = messages[n:]
	}
	l.mu.Lock()
	if p.offline {
		p.offline, p.catalogAt = false, now // what it said meanwhile is lost
	}
	p.seen, p.from = now, from
	var found *recordQuery
	if d != nil {
		l.collect(p, d, now)
		found = p.records.collect(d, now, l.cfg.RecordsTimeout)
	}
	l.mu.Unlock()
	if found != nil && l.tellRecords(ctx, found, now) != nil {
		l.answer(req, from, 503, "Service Unavailable")
		return
	}
	if err != nil {
		l.refused.WithLabelValues("body").Inc()
		l.answer(req, from, 400, "Bad Request") // it is in the dead letters
		return
	}
	l.answer(req, from, 200, "OK")
	if d != nil && d.root == "notify" && strings.EqualFold(d.command, "Alarm") {
		l.answerAlarm(p, from, d)
	}
}

// read makes one message of each device in a body. With an error there is one message, for
// the dead letters.
func (l *Listener) read(id string, raw []byte, now time.Time) ([]payload.Message, *document, error) {
	head, body, err := split(raw)
	if err == nil && len(body) == 0 {
		return nil, nil, nil
	}
	var d *document
	if err == nil {
		d, err = parseBody(body)
	}
	var states []state
	if err == nil {
		if d.root == rootListener {
			return nil, nil, errBody
		}
		states, err = d.states()
	}
	if err == nil && len(states) == 0 {
		return nil, d, nil
	}
	if err == nil && d.id != "" && !plain(d.id) {
		err = fmt.Errorf("DeviceID: %.80q is not 1 to 32 letters and digits", d.id)
	}
	if err != nil {
		return []payload.Message{l.deliverable(id, "message", raw, now)}, nil, err
	}
	what := strings.ToLower(d.command)
	messages := make([]payload.Message, 0, len(states))
	if len(states) == 1 {
		return append(messages, l.deliverable(states[0].id, what, raw, now)), d, nil
	}
	// Each device takes its own part of a long list, not all of it.
	part := func(id, format string, args ...any) {
		b := fmt.Appendf(append([]byte(nil), head...), "<%s><CmdType>%s</CmdType><DeviceID>%s</DeviceID>", d.root, what, d.id)
		b = fmt.Appendf(fmt.Appendf(b, format, args...), "</%s>", d.root)
		messages = append(messages, l.deliverable(id, what, b, now))
	}
	switch what {
	case "catalog":
		for _, i := range d.items {
			if _, ok := i.state(); ok && isDevice(i.id) {
				part(i.id, "<DeviceList>%s</DeviceList>", d.text[i.start:i.end])
			}
		}
	case "keepalive":
		messages = append(messages, l.deliverable(d.id, what, raw, now))
		for _, s := range states[1:] {
			part(s.id, "<Info><DeviceID>%s</DeviceID></Info>", s.id)
		}
	case "devicestatus":
		if d.online != "" {
			messages = append(messages, l.deliverable(d.id, what, raw, now))
		}
		for _, i := range d.duties {
			if _, ok := i.duty(); !ok {
				continue
			}
			part(i.id, "<Alarmstatus>%s</Alarmstatus>", d.text[i.start:i.end])
		}
	}
	return messages, d, nil
}

func beijing() *time.Location { return time.FixedZone("CST", 8*3600) }
