package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Bounds of what the media server is believed.
const (
	maxSDP     = 64 << 10
	maxSegment = 32 << 20 // of HLS
)

// fill puts a camera's names into an address. It reports false where the camera lacks one.
func (s *Service) fill(text string, site event.SiteID, c *event.Device) (string, bool) {
	if text == "" || s.cfg.Kind == KindNone {
		return "", false
	}
	address := ""
	for _, a := range c.Addresses {
		if rest, ok := strings.CutPrefix(a, s.cfg.Adapter+":"); ok {
			address = rest
			break
		}
	}
	missing := false
	name := func(word string) string {
		v := ""
		switch word {
		case "site":
			v = string(site)
		case "device":
			v = string(c.ID)
		case "address":
			v = address
		case "channel":
			v = address[strings.LastIndexByte(address, '/')+1:]
		}
		missing = missing || v == ""
		return v
	}
	replace := func(text string, escape func(string) string) string {
		return words.ReplaceAllStringFunc(text, func(m string) string {
			switch word := m[1 : len(m)-1]; word {
			case "stream":
				parts := strings.Split(s.cfg.Stream, "/")
				for i, p := range parts {
					parts[i] = escape(words.ReplaceAllStringFunc(p, func(m string) string { return name(m[1 : len(m)-1]) }))
				}
				return strings.Join(parts, "/")
			case "secret":
				return escape(s.secret)
			default:
				return escape(name(word))
			}
		})
	}
	before, query, has := strings.Cut(text, "?")
	out := replace(before, func(v string) string {
		if v == "." || v == ".." {
			missing = true // it would climb out of its folder
		}
		return url.PathEscape(v)
	})
	if has {
		out += "?" + replace(query, url.QueryEscape)
	}
	return out, !missing
}

// sameHost keeps the media server from sending us elsewhere.
func sameHost(r *http.Request, via []*http.Request) error {
	if len(via) > 3 || r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme {
		return errors.New("it points elsewhere")
	}
	return nil
}

func (s *Service) do(ctx context.Context, g *grant, method, address string, body []byte, contentType string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, &Upstream{0, "its address is none"}
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if s.cfg.Username != "" {
		r.SetBasicAuth(s.cfg.Username, s.password)
	}
	res, err := g.client.Do(r)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the address, which may hold the secret
		}
		return nil, &Upstream{0, err.Error()}
	}
	return res, nil
}

// Offer hands a browser's WebRTC offer to the media server and returns its answer (WHEP,
// draft-ietf-wish-whep: 201, the answer, and a Location to delete). A second offer takes the
// first stream down.
func (s *Service) Offer(ctx context.Context, id, session, offer string) (string, error) {
	g, err := s.find(id, session)
	if err != nil {
		return "", err
	}
	address, ok := s.fill(s.cfg.WHEPURL, g.look.Site, g.camera)
	switch {
	case !ok || g.look.Kind != Live:
		return "", ErrNoWay
	case len(offer) > maxSDP || !strings.HasPrefix(offer, "v=0"):
		return "", &Invalid{"sdp", "an offer of at most 64 KiB"}
	}
	s.mu.Lock()
	before := g.resource
	busy := g.asking
	if !busy {
		g.asking, g.resource = true, ""
	}
	s.mu.Unlock()
	if busy {
		return "", &Busy{1, true}
	}
	defer func() {
		s.mu.Lock()
		g.asking = false
		s.mu.Unlock()
	}()
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	if before != "" {
		s.release(ctx, g, before)
	}
	res, err := s.do(ctx, g, http.MethodPost, address, []byte(offer), "application/sdp")
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }() // it was read
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxSDP+1))
	resource := resourceOf(res)
	switch {
	case err != nil:
		return "", &Upstream{res.StatusCode, "its answer broke off"}
	case res.StatusCode != http.StatusCreated && res.StatusCode != http.StatusOK:
		return "", &Upstream{res.StatusCode, plain(answer)}
	case len(answer) > maxSDP || !bytes.HasPrefix(answer, []byte("v=0")):
		// ZLMediaKit says with 200 and JSON what is wrong.
		if resource != "" {
			s.release(ctx, g, resource)
		}
		return "", &Upstream{res.StatusCode, plain(answer)}
	}
	s.mu.Lock()
	_, open := s.grants[id]
	if open {
		g.resource = resource
	}
	s.mu.Unlock()
	if !open { // it ended while the server was thinking
		s.release(ctx, g, resource)
		return "", ErrNone
	}
	return string(answer), nil
}

// resourceOf is what is to be deleted: the Location, at the host that was asked.
func resourceOf(res *http.Response) string {
	u, err := res.Location()
	if err != nil {
		return ""
	}
	u.Scheme, u.Host, u.User = res.Request.URL.Scheme, res.Request.URL.Host, nil
	return u.String()
}

// release takes a WebRTC stream down at the media server.
func (s *Service) release(ctx context.Context, g *grant, resource string) {
	if resource == "" {
		return
	}
	// The page may have gone, and its context with it: the stream ends all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Timeout)
	defer cancel()
	res, err := s.do(ctx, g, http.MethodDelete, resource, nil, "")
	if err != nil {
		s.deps.Log.Warn().Err(err).Msg("cannot end a stream at the media server")
		return
	}
	_ = res.Body.Close() // nothing in it is wanted
	if res.StatusCode >= 400 && res.StatusCode != http.StatusNotFound {
		s.deps.Log.Warn().Int("status", res.StatusCode).Msg("the media server did not end a stream")
	}
}

// HLS passes a file of a camera's HLS stream on. file is relative to the playlist's folder;
// empty is the playlist itself.
func (s *Service) HLS(ctx context.Context, w http.ResponseWriter, id, session, file, query string) error {
	g, err := s.find(id, session)
	if err != nil {
		return err
	}
	address, ok := s.fill(s.cfg.HLSURL, g.look.Site, g.camera)
	if !ok || g.look.Kind != Live {
		return ErrNoWay
	}
	if file == "" {
		// Whoever falls back from WebRTC needs it no more.
		s.mu.Lock()
		before := g.resource
		g.resource = ""
		s.mu.Unlock()
		s.release(ctx, g, before)
	}
	if file != "" {
		clean := path.Clean("/" + file)
		if clean != "/"+file || strings.ContainsAny(file, "\\?#%") || len(file) > 300 || len(query) > 500 {
			return ErrNone
		}
		u, err := url.Parse(address)
		if err != nil {
			return ErrNoWay
		}
		u.RawPath, u.Path = "", path.Dir(u.Path)+clean
		u.RawQuery = query
		address = u.String()
	}
	// Longer than the timeout: the low-latency playlist waits for its next part.
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout+30*time.Second)
	defer cancel()
	res, err := s.do(ctx, g, http.MethodGet, address, nil, "")
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // it was read
	if res.StatusCode != http.StatusOK {
		return &Upstream{res.StatusCode, "no stream"}
	}
	if res.ContentLength > maxSegment {
		return &Upstream{res.StatusCode, "a file that is too large"}
	}
	// Never as what it says it is: a page of theirs is not to run as one of ours.
	kind := "video/mp4"
	switch path.Ext(path.Clean("/" + file)) {
	case "", ".m3u8":
		kind = "application/vnd.apple.mpegurl"
	case ".ts":
		kind = "video/mp2t"
	}
	w.Header().Set("Content-Type", kind)
	n, err := io.Copy(w, io.LimitReader(res.Body, maxSegment))
	if err != nil || n == maxSegment {
		// The head is out: only a broken connection says that the file is.
		panic(http.ErrAbortHandler)
	}
	return nil
}

// Picture is a single picture.
type Picture struct {
	Type string
	At   time.Time
	Data []byte
}

// Snapshot fetches a picture, or returns the one of a moment ago.
func (s *Service) Snapshot(ctx context.Context, id, session string) (Picture, error) {
	g, err := s.find(id, session)
	if err != nil {
		return Picture{}, err
	}
	address, ok := s.fill(s.cfg.SnapshotURL, g.look.Site, g.camera)
	if !ok {
		return Picture{}, ErrNoWay
	}
	key := event.DeviceKey{Site: g.look.Site, Device: g.look.Device}
	s.mu.Lock()
	k, have := s.pictures[key]
	s.mu.Unlock()
	if have && s.deps.Now().Sub(k.at) < s.cfg.SnapshotKeep {
		return k.picture, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	select {
	case s.fetches <- struct{}{}:
		defer func() { <-s.fetches }()
	case <-ctx.Done():
		return Picture{}, &Upstream{0, "too many pictures are being fetched"}
	}
	res, err := s.do(ctx, g, http.MethodGet, address, nil, "")
	if err != nil {
		return Picture{}, err
	}
	defer func() { _ = res.Body.Close() }() // it was read
	data, err := io.ReadAll(io.LimitReader(res.Body, int64(s.cfg.SnapshotBytes)+1))
	if err != nil {
		return Picture{}, &Upstream{res.StatusCode, "the picture broke off"}
	}
	kind := http.DetectContentType(data)
	switch {
	case res.StatusCode != http.StatusOK:
		return Picture{}, &Upstream{res.StatusCode, plain(data)}
	case len(data) > s.cfg.SnapshotBytes:
		return Picture{}, &Upstream{res.StatusCode, fmt.Sprintf("a picture of more than %d bytes", s.cfg.SnapshotBytes)}
	case kind != "image/jpeg" && kind != "image/png" && kind != "image/webp":
		return Picture{}, &Upstream{res.StatusCode, "no picture: " + plain(data)}
	}
	p := Picture{kind, s.deps.Now().UTC(), data}
	s.mu.Lock()
	if len(s.pictures) < maxPictures {
		s.pictures[key] = kept{p.At, p}
	}
	s.mu.Unlock()
	return p, nil
}

// plain is the beginning of what a server said, harmless to show.
func plain(b []byte) string {
	s := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(b[:min(len(b), 200)]), "?"))
	if s = strings.TrimSpace(s); s == "" {
		return "nothing"
	}
	return s
}

// Evidence fetches a picture for the alarm that the look is about, and returns both.
func (s *Service) Evidence(ctx context.Context, id, session string) (Look, Picture, error) {
	g, err := s.find(id, session)
	if err != nil {
		return Look{}, Picture{}, err
	}
	if g.look.Alarm == "" {
		return Look{}, Picture{}, &Invalid{"alarm", "a look that is about an alarm"}
	}
	p, err := s.Snapshot(ctx, id, session)
	return g.look, p, err
}
