// Package probetest is a camera for tests: RTSP, ONVIF, snapshot and recordings over
// sockets of this machine, with a way to be wrong for each way in which cameras are.
package probetest

import (
	"bufio"
	"bytes"
	"crypto/md5" //nolint:gosec // the digest that cameras speak
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// SDP is the description of a stream in H.264.
const SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=Media\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=1\r\n"

// Settings is how a camera behaves.
type Settings struct {
	User, Password string // no user: it asks for none
	// Scheme is "Basic" or "Digest"; Algorithm "", "MD5", "SHA-256" or "MD5-sess"; QOP "" or
	// "auth" or "auth,auth-int".
	Scheme, Algorithm, QOP string
	// WebAuth asks for Scheme over ONVIF too, and looks at no UsernameToken.
	WebAuth bool
	// StaleNonces is how many good answers are called stale.
	StaleNonces int
	// SDP describes the stream; empty is 404.
	SDP string
	// Clock is added to the time that it says.
	Clock time.Duration
	// Picture is the snapshot; nil is 404.
	Picture []byte
	// Files are the recordings, as their first and last moment.
	Files [][2]time.Time
	// Zone is that of its recorder's times; UTC when nil.
	Zone *time.Location
	// RTSP takes a connection before anything is read, when set.
	RTSP func(net.Conn)
	// HTTP takes a request after it has proved itself, when set; false goes on.
	HTTP func(http.ResponseWriter, *http.Request) bool
}

// Camera is one that listens.
type Camera struct {
	RTSP, ONVIF, Snapshot, Recorder string // its addresses

	mu       sync.Mutex
	settings Settings
	asked    map[string]int
	nonces   int
	valid    map[string]bool

	listener net.Listener
	open     map[net.Conn]bool
	work     sync.WaitGroup
}

// New starts a camera that stops with the test.
func New(tb testing.TB, s Settings) *Camera { return start(tb, s, (*httptest.Server).Start) }

// NewTLS starts one whose HTTP is over TLS, with a certificate that nobody trusts.
func NewTLS(tb testing.TB, s Settings) *Camera { return start(tb, s, (*httptest.Server).StartTLS) }

func start(tb testing.TB, s Settings, begin func(*httptest.Server)) *Camera {
	tb.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	c := &Camera{settings: s, asked: map[string]int{}, valid: map[string]bool{}, listener: l, open: map[net.Conn]bool{}}
	web := httptest.NewUnstartedServer(http.HandlerFunc(c.serve))
	web.Config.ErrorLog = log.New(io.Discard, "", 0)
	begin(web)
	c.work.Go(c.accept)
	tb.Cleanup(func() {
		_ = l.Close()
		c.mu.Lock()
		for conn := range c.open {
			_ = conn.Close()
		}
		c.mu.Unlock()
		web.CloseClientConnections()
		web.Close()
		c.work.Wait()
	})
	c.RTSP = "rtsp://" + l.Addr().String() + "/live/1"
	c.ONVIF, c.Snapshot, c.Recorder = web.URL+"/onvif/device_service", web.URL+"/picture", web.URL
	return c
}

// Set changes how it behaves.
func (c *Camera) Set(change func(*Settings)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.settings)
}

// Asked is how often something was asked: OPTIONS, DESCRIBE, or the path of a request.
func (c *Camera) Asked(what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked[what]
}

func (c *Camera) note(what string) Settings {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked[what]++
	return c.settings
}

func (c *Camera) accept() {
	for {
		conn, err := c.listener.Accept()
		if err != nil {
			return
		}
		c.mu.Lock()
		c.open[conn] = true
		c.mu.Unlock()
		c.work.Go(func() {
			c.speak(conn)
			_ = conn.Close()
			c.mu.Lock()
			delete(c.open, conn)
			c.mu.Unlock()
		})
	}
}

func (c *Camera) speak(conn net.Conn) {
	in := bufio.NewReader(conn)
	if s := c.note("RTSP"); s.RTSP != nil {
		s.RTSP(conn)
		return
	}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		method, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		uri, _, _ := strings.Cut(rest, " ")
		serial, authorization := "", ""
		for {
			header, err := in.ReadString('\n')
			if err != nil {
				return
			}
			name, value, _ := strings.Cut(strings.TrimSpace(header), ":")
			switch strings.ToLower(name) {
			case "":
			case "cseq":
				serial = strings.TrimSpace(value)
			case "authorization":
				authorization = strings.TrimSpace(value)
			}
			if name == "" {
				break
			}
		}
		s := c.note(method)
		status, more, body := "200 OK", "", ""
		switch {
		case method == "OPTIONS":
			more = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
		case !c.proves(authorization, method, uri):
			status = "401 Unauthorized"
			for _, challenge := range c.challenge(authorization) {
				more += "WWW-Authenticate: " + challenge + "\r\n"
			}
		case s.SDP == "":
			status = "404 Stream Not Found"
		default:
			more, body = "Content-Type: application/sdp\r\nContent-Length: "+strconv.Itoa(len(s.SDP))+"\r\n", s.SDP
		}
		if _, err := io.WriteString(conn, "RTSP/1.0 "+status+"\r\nCSeq: "+serial+"\r\n"+more+"\r\n"+body); err != nil {
			return
		}
	}
}

// challenge makes a nonce that holds for one answer.
func (c *Camera) challenge(given string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.settings.Scheme == "Basic" {
		return []string{`Basic realm="camera, door"`}
	}
	c.nonces++
	nonce := fmt.Sprintf("n%d", c.nonces)
	c.valid[nonce] = true
	text := `Digest realm="camera, door", nonce="` + nonce + `", opaque="o"`
	if c.settings.Algorithm != "" {
		text += ", algorithm=" + c.settings.Algorithm
	}
	if c.settings.QOP != "" {
		text += `, qop="` + c.settings.QOP + `"`
	}
	if given != "" && c.settings.StaleNonces > 0 {
		c.settings.StaleNonces--
		text += ", stale=true"
	}
	return []string{`Negotiate`, text}
}

// proves checks an Authorization header, with arithmetic of its own.
func (c *Camera) proves(header, method, uri string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.settings
	if s.User == "" {
		return true
	}
	scheme, rest, _ := strings.Cut(header, " ")
	if scheme != s.Scheme {
		return false
	}
	if scheme == "Basic" {
		text, err := base64.StdEncoding.DecodeString(rest)
		return err == nil && string(text) == s.User+":"+s.Password
	}
	p := map[string]string{}
	for pair := range strings.SplitSeq(strings.ReplaceAll(rest, "camera, door", "camera; door"), ", ") {
		name, value, _ := strings.Cut(pair, "=")
		p[name] = strings.Trim(value, `"`)
	}
	if !c.valid[p["nonce"]] || p["username"] != s.User || p["uri"] != uri || p["opaque"] != "o" {
		return false
	}
	delete(c.valid, p["nonce"])
	sum := func(text string) string { h := md5.Sum([]byte(text)); return hex.EncodeToString(h[:]) } //nolint:gosec // see above
	if strings.HasPrefix(s.Algorithm, "SHA-256") {
		sum = func(text string) string { h := sha256.Sum256([]byte(text)); return hex.EncodeToString(h[:]) }
	}
	one := sum(s.User + ":camera, door:" + s.Password)
	if strings.HasSuffix(s.Algorithm, "-sess") {
		one = sum(one + ":" + p["nonce"] + ":" + p["cnonce"])
	}
	middle := p["nonce"]
	if s.QOP != "" {
		middle += ":" + p["nc"] + ":" + p["cnonce"] + ":" + p["qop"]
	}
	return p["response"] == sum(one+":"+middle+":"+sum(method+":"+uri)) && s.StaleNonces == 0
}

func (c *Camera) serve(w http.ResponseWriter, r *http.Request) {
	s := c.note(r.URL.Path)
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20)) //nolint:errcheck // what is missing is refused below
	onvif := strings.HasPrefix(r.URL.Path, "/onvif")
	if (!onvif || s.WebAuth) && !c.proves(r.Header.Get("Authorization"), r.Method, r.URL.RequestURI()) {
		for _, challenge := range c.challenge(r.Header.Get("Authorization")) {
			w.Header().Add("WWW-Authenticate", challenge)
		}
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if s.HTTP != nil && s.HTTP(w, r) {
		return
	}
	switch {
	case onvif:
		c.soap(w, s, string(body))
	case strings.HasSuffix(r.URL.Path, "/ContentMgmt/search"):
		s.search(w, body)
	case r.URL.Path == "/picture" && s.Picture != nil:
		_, _ = w.Write(s.Picture) // the client may have gone
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (c *Camera) soap(w http.ResponseWriter, s Settings, body string) {
	answer := ""
	switch {
	case strings.Contains(body, "GetSystemDateAndTime"):
		t := time.Now().Add(s.Clock).UTC()
		answer = fmt.Sprintf(`<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType><tt:UTCDateTime><tt:Time><tt:Hour>%d</tt:Hour><tt:Minute>%d</tt:Minute><tt:Second>%d</tt:Second></tt:Time><tt:Date><tt:Year>%d</tt:Year><tt:Month>%d</tt:Month><tt:Day>%d</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`,
			t.Hour(), t.Minute(), t.Second(), t.Year(), t.Month(), t.Day())
	case s.WebAuth || s.token(body):
		answer = `<tds:GetDeviceInformationResponse><tds:Manufacturer>Maker</tds:Manufacturer><tds:Model>M-1</tds:Model><tds:FirmwareVersion>1.2</tds:FirmwareVersion></tds:GetDeviceInformationResponse>`
	default:
		w.WriteHeader(http.StatusBadRequest)
		answer = `<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en">Sender not Authorized</s:Text></s:Reason></s:Fault>`
	}
	_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"><s:Body>%s</s:Body></s:Envelope>`, answer) // the client may have gone
}

// token checks a UsernameToken, and that it is of the camera's own time.
func (s *Settings) token(body string) bool {
	if s.User == "" {
		return true
	}
	between := func(a, b string) string {
		_, rest, _ := strings.Cut(body, a)
		_, rest, _ = strings.Cut(rest, ">")
		text, _, _ := strings.Cut(rest, b)
		return text
	}
	nonce, err := base64.StdEncoding.DecodeString(between("<w:Nonce", "<"))
	created := between("<u:Created", "<")
	at, err2 := time.Parse(time.RFC3339Nano, created)
	sum := sha1.Sum([]byte(string(nonce) + created + s.Password)) //nolint:gosec // the profile asks for it
	return err == nil && err2 == nil && strings.Contains(body, "<w:Username>"+s.User+"<") &&
		between("<w:Password", "<") == base64.StdEncoding.EncodeToString(sum[:]) && time.Since(at.Add(-s.Clock)).Abs() < time.Minute
}

// search answers as a Hikvision recorder does, a page of at most 40.
func (s *Settings) search(w http.ResponseWriter, body []byte) {
	var ask struct {
		From     string `xml:"timeSpanList>timeSpan>startTime"`
		To       string `xml:"timeSpanList>timeSpan>endTime"`
		Position int    `xml:"searchResultPostion"`
		Most     int    `xml:"maxResults"`
		Track    int    `xml:"trackIDList>trackID"`
	}
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	const layout = "2006-01-02T15:04:05Z"
	if err := xml.NewDecoder(bytes.NewReader(body)).Decode(&ask); err != nil || ask.Track == 0 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	from, _ := time.ParseInLocation(layout, ask.From, zone) //nolint:errcheck // year 1 finds nothing
	to, _ := time.ParseInLocation(layout, ask.To, zone)     //nolint:errcheck // see above
	var found [][2]time.Time
	for _, f := range s.Files {
		if f[0].Before(to) && f[1].After(from) {
			found = append(found, f)
		}
	}
	found = found[min(ask.Position, len(found)):]
	status := "OK"
	if most := min(ask.Most, 40); len(found) > most {
		found, status = found[:most], "MORE"
	}
	if len(found) == 0 {
		status = "NO MATCHES"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8" ?><CMSearchResult version="1.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><searchID>x</searchID><responseStatus>true</responseStatus><responseStatusStrg>%s</responseStatusStrg><numOfMatches>%d</numOfMatches><matchList>`, status, len(found))
	for _, f := range found {
		fmt.Fprintf(&b, `<searchMatchItem><trackID>%d</trackID><timeSpan><startTime>%s</startTime><endTime>%s</endTime></timeSpan><mediaSegmentDescriptor><contentType>video</contentType></mediaSegmentDescriptor></searchMatchItem>`,
			ask.Track, f[0].In(zone).Format(layout), f[1].In(zone).Format(layout))
	}
	b.WriteString(`</matchList></CMSearchResult>`)
	_, _ = w.Write(b.Bytes()) // the client may have gone
}

// Scene is a snapshot with something to be seen in it; another seed moves it.
func Scene(width, height, seed int) []byte {
	img := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	for y := range height {
		for x := range width {
			v := 90 + 60*((x/23+seed)%2) + 40*((y/17)%2) + (x*7+y*13+seed*31)%29
			img.Y[img.YOffset(x, y)] = uint8(min(v, 230))
		}
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = 128, 128
	}
	return encode(img)
}

// Plain is a snapshot of one grey.
func Plain(width, height int, level uint8) []byte {
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = color.Gray{Y: level}.Y
	}
	return encode(img)
}

func encode(img image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 85}); err != nil {
		panic("a picture of our own cannot be coded: " + err.Error())
	}
	return b.Bytes()
}
