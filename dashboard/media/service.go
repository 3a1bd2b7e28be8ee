package media

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
)

// Deps are what the service needs from others.
type Deps struct {
	Store  Store
	County func() *event.County // the present registry
	Log    zerolog.Logger
	Now    func() time.Time // nil = time.Now
}

// Service gives and ends grants.
type Service struct {
	cfg       Config
	deps      Deps
	password  string
	secret    string
	transport *http.Transport
	fetches   chan struct{} // pictures being fetched

	mu       sync.Mutex
	grants   map[string]*grant
	pictures map[event.DeviceKey]kept
	stopped  bool

	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// grant is a look that is open.
type grant struct {
	look    Look
	user    string
	session string
	camera  *event.Device
	until   time.Time // of the lease
	last    time.Time // it ends at the latest
	client  *http.Client

	resource string // of WHEP, to be deleted
	asking   bool   // a WHEP offer is under way
}

type kept struct {
	at      time.Time
	picture Picture
}

// maxPictures bounds what is kept of single pictures.
const maxPictures = 64

// New checks the settings and opens nothing.
func New(cfg Config, deps Deps) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.Store == nil || deps.County == nil {
		return nil, fmt.Errorf("make media: Deps.Store and Deps.County are needed")
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	return &Service{
		cfg: cfg.addresses(), deps: deps, fetches: make(chan struct{}, 8),
		grants: map[string]*grant{}, pictures: map[event.DeviceKey]kept{},
		transport: &http.Transport{
			// The media server is a neighbour: no proxy of the environment comes between.
			MaxIdleConns: 64, MaxConnsPerHost: 256, IdleConnTimeout: 30 * time.Second,
			ResponseHeaderTimeout: cfg.Timeout, TLSHandshakeTimeout: cfg.Timeout, MaxResponseHeaderBytes: 64 << 10,
		},
	}, nil
}

// Start reads the secrets, closes what an earlier process left open, and begins to end what
// is over.
func (s *Service) Start(ctx context.Context) error {
	var err error
	if s.password, err = readSecret(s.cfg.PasswordFile); err != nil {
		return err
	}
	if s.secret, err = readSecret(s.cfg.SecretFile); err != nil {
		return err
	}
	if err := s.deps.Store.EndLooks(ctx, s.deps.Now().UTC(), EndLost); err != nil {
		return err
	}
	run, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.wg.Go(func() { s.watch(run) })
	return nil
}

// Stop ends every look. It may be called twice, and without Start.
func (s *Service) Stop(ctx context.Context) error {
	s.mu.Lock()
	s.stopped = true
	open := make([]*grant, 0, len(s.grants))
	for id, g := range s.grants {
		open = append(open, g)
		delete(s.grants, id)
	}
	s.mu.Unlock()
	if s.cancel != nil {
		s.cancel()
	}
	for _, g := range open {
		s.finish(g, EndStopped)
	}
	done := make(chan struct{})
	go func() { s.wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.transport.CloseIdleConnections()
	return nil
}

// watch ends what is over, and forgets old pictures and old rows.
func (s *Service) watch(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	pruned := time.Time{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := s.deps.Now()
		s.sweep(now)
		if now.Sub(pruned) >= 24*time.Hour {
			pruned = now
			if n, err := s.deps.Store.PruneMedia(ctx, now.Add(-s.cfg.Keep)); err != nil {
				s.deps.Log.Warn().Err(err).Msg("cannot remove old look-ups")
			} else if n > 0 {
				s.deps.Log.Info().Int("rows", n).Msg("old look-ups removed")
			}
		}
	}
}

func (s *Service) sweep(now time.Time) {
	type over struct {
		g   *grant
		why string
	}
	var ended []over
	s.mu.Lock()
	for id, g := range s.grants {
		switch {
		case !now.Before(g.last):
			ended = append(ended, over{g, EndLimit})
		case !now.Before(g.until):
			ended = append(ended, over{g, EndLost})
		default:
			continue
		}
		delete(s.grants, id)
	}
	for key, k := range s.pictures {
		if now.Sub(k.at) >= s.cfg.SnapshotKeep {
			delete(s.pictures, key)
		}
	}
	s.mu.Unlock()
	for _, o := range ended {
		s.finish(o.g, o.why)
	}
}

// finish takes the stream down and closes the row, without keeping anybody waiting.
func (s *Service) finish(g *grant, why string) {
	at := s.deps.Now().UTC()
	s.wg.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Timeout)
		defer cancel()
		s.mu.Lock()
		resource := g.resource
		g.resource = ""
		s.mu.Unlock()
		if resource != "" {
			s.release(ctx, g, resource)
		}
		if err := s.deps.Store.EndLook(ctx, g.look.ID, at, why); err != nil {
			s.deps.Log.Error().Err(err).Str("look", g.look.ID).Msg("cannot close a look-up")
		}
	})
}

// Ways lists what a camera can be looked at by: whep, hls, snapshot.
func (s *Service) Ways(c *event.Device, site event.SiteID) []string {
	out := []string{}
	for _, w := range []struct{ name, text string }{{"whep", s.cfg.WHEPURL}, {"hls", s.cfg.HLSURL}, {"snapshot", s.cfg.SnapshotURL}} {
		if _, ok := s.fill(w.text, site, c); ok {
			out = append(out, w.name)
		}
	}
	return out
}

// Ask is who wants to look at what, and why.
type Ask struct {
	Site    event.SiteID
	Device  event.DeviceID
	Kind    string
	Reason  string
	Unit    string
	Person  string
	By      string
	Role    string
	Session string
	Alarm   string
}

// Grant is what an open look allows.
type Grant struct {
	Look   Look      `json:"look"`
	Ways   []string  `json:"ways" doc:"What may be asked for: whep, hls, snapshot."`
	Until  time.Time `json:"until" doc:"It ends here unless it is kept."`
	Last   time.Time `json:"last" doc:"It ends here."`
	LeaseS int       `json:"lease_s"`
}

// Bounds of what people write into the register, in characters.
const (
	MaxReason = 300
	maxWho    = 60
)

func (a *Ask) validate() error {
	line := func(field, v string, least, most int) error {
		if v != strings.TrimSpace(v) || len([]rune(v)) < least || !event.ValidLine(v, most) {
			return &Invalid{field, fmt.Sprintf("%d to %d characters on one line", least, most)}
		}
		return nil
	}
	if a.Kind != Live && a.Kind != Snapshot {
		return &Invalid{"kind", "live or snapshot"}
	}
	for _, err := range []error{line("reason", a.Reason, 2, MaxReason), line("unit", a.Unit, 1, maxWho), line("person", a.Person, 1, maxWho), line("alarm", a.Alarm, 0, 64)} {
		if err != nil {
			return err
		}
	}
	return nil
}

// Open writes a look-up into the register and gives a grant for it. Errors are ErrNone,
// ErrNoWay, *Busy, *Invalid, or of the store.
func (s *Service) Open(ctx context.Context, a Ask) (Grant, error) {
	camera := s.deps.County().Device(a.Site, a.Device)
	if camera == nil || camera.Kind != event.KindCamera {
		return Grant{}, ErrNone
	}
	if err := a.validate(); err != nil {
		return Grant{}, err
	}
	ways := s.Ways(camera, a.Site)
	allowed := ways[:0]
	for _, w := range ways {
		if (w == "snapshot") == (a.Kind == Snapshot) || w == "snapshot" {
			allowed = append(allowed, w)
		}
	}
	if len(allowed) == 0 || a.Kind == Live && len(allowed) == 1 && allowed[0] == "snapshot" {
		return Grant{}, ErrNoWay
	}
	now := s.deps.Now().UTC()
	jar, _ := cookiejar.New(nil) // it fails with options only
	g := &grant{
		look: Look{ID: strings.ToLower(rand.Text()), At: now, Site: a.Site, Device: a.Device, Kind: a.Kind, Reason: a.Reason, Unit: a.Unit, Person: a.Person, By: a.By, Role: a.Role, Alarm: a.Alarm},
		user: a.By, session: a.Session, camera: camera, until: now.Add(s.cfg.Lease), last: now.Add(s.cfg.Longest),
		client: &http.Client{Transport: s.transport, Jar: jar, CheckRedirect: sameHost},
	}
	if err := s.reserve(g); err != nil {
		return Grant{}, err
	}
	if err := s.deps.Store.AddLook(ctx, g.look); err != nil {
		s.mu.Lock()
		delete(s.grants, g.look.ID)
		s.mu.Unlock()
		return Grant{}, err
	}
	return Grant{Look: g.look, Ways: allowed, Until: g.until, Last: g.last, LeaseS: int(s.cfg.Lease / time.Second)}, nil
}

func (s *Service) reserve(g *grant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := 0
	for _, other := range s.grants {
		if other.user == g.user {
			own++
		}
	}
	switch {
	case s.stopped:
		return ErrNoWay
	case own >= s.cfg.PerPerson:
		return &Busy{s.cfg.PerPerson, true}
	case len(s.grants) >= s.cfg.Total:
		return &Busy{s.cfg.Total, false}
	}
	s.grants[g.look.ID] = g
	return nil
}

// find returns the grant of a session, or ErrNone.
func (s *Service) find(id, session string) (*grant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.grants[id]
	now := s.deps.Now()
	if g == nil || g.session != session || session == "" || !now.Before(g.until) || !now.Before(g.last) {
		return nil, ErrNone
	}
	return g, nil
}

// Site is where the camera of an open look of this session stands, or ErrNone: the caller
// checks the scope at each question, since it may have shrunk.
func (s *Service) Site(id, session string) (event.SiteID, error) {
	g, err := s.find(id, session)
	if err != nil {
		return "", err
	}
	return g.look.Site, nil
}

// KeepOpen prolongs the lease and returns its end and that of the look.
func (s *Service) KeepOpen(id, session string) (until, last time.Time, err error) {
	g, err := s.find(id, session)
	if err != nil {
		return time.Time{}, time.Time{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g.until = s.deps.Now().UTC().Add(s.cfg.Lease)
	return g.until, g.last, nil
}

// End ends a look of this session. One that has ended already is ErrNone.
func (s *Service) End(id, session, why string) error {
	switch why {
	case EndLeft, EndHidden, EndDone, EndFailed:
	default:
		return &Invalid{"why", "left, hidden, done or failed"}
	}
	g, err := s.find(id, session)
	if err != nil {
		return err
	}
	s.mu.Lock()
	_, open := s.grants[id]
	delete(s.grants, id)
	s.mu.Unlock()
	if !open {
		return ErrNone
	}
	s.finish(g, why)
	return nil
}

// EndOf ends every look of a session that has ended.
func (s *Service) EndOf(user, session string) {
	var ended []*grant
	s.mu.Lock()
	for id, g := range s.grants {
		if g.user == user && g.session == session {
			ended = append(ended, g)
			delete(s.grants, id)
		}
	}
	s.mu.Unlock()
	for _, g := range ended {
		s.finish(g, EndLeft)
	}
}

// Looks reads the register.
func (s *Service) Looks(ctx context.Context, q Query) ([]Look, string, error) {
	return s.deps.Store.Looks(ctx, q)
}
