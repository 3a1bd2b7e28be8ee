package api

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/time/rate"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/gateway/event"
)

// Limits are how often one session, or one token, may ask for what costs much. What is over
// them is answered with status 429 and Retry-After; the page alone never comes near.
type Limits struct {
	// Search is for what reads the past: gate log, history, series, trails, availability,
	// numbers of the alarm desk.
	Search Limit `yaml:"search"`
	// Work is for what keeps the server busy for seconds: exports, reports, back-tests, draws.
	Work Limit `yaml:"work"`
	// Personal is for what shows people: names unmasked, persons looked for by name, cameras
	// looked through.
	Personal Limit `yaml:"personal"`
	// AddressFactor is how many times as much one address may ask, whatever the sessions; 1 to
	// 10000, 0 = addresses have no limit of their own, for instance behind a proxy, where all
	// have the same one.
	AddressFactor int `yaml:"address_factor"`
}

// Limit is a bucket of tokens: each request takes one.
type Limit struct {
	// PerMinute is how many tokens come back in a minute, 1 to 60000.
	PerMinute int `yaml:"per_minute"`
	// Burst is how many requests may come at once, 1 to 10000.
	Burst int `yaml:"burst"`
}

// DefaultLimits returns limits that people do not meet: a page that searches a year of the
// gate log asks on about six times a second.
func DefaultLimits() Limits {
	return Limits{Search: Limit{1200, 300}, Work: Limit{60, 60}, Personal: Limit{60, 60}, AddressFactor: 20}
}

// Validate returns every wrong setting.
func (l Limits) Validate() error {
	faults := []error{event.Under("search", l.Search.Validate()), event.Under("work", l.Work.Validate()), event.Under("personal", l.Personal.Validate())}
	if l.AddressFactor < 0 || l.AddressFactor > 10_000 {
		faults = append(faults, &event.Fault{Key: "address_factor", Value: l.AddressFactor, Want: "0 to 10000"})
	}
	return errors.Join(faults...)
}

// Validate returns every wrong setting.
func (l Limit) Validate() error {
	var faults []error
	if l.PerMinute < 1 || l.PerMinute > 60_000 {
		faults = append(faults, &event.Fault{Key: "per_minute", Value: l.PerMinute, Want: "1 to 60000"})
	}
	if l.Burst < 1 || l.Burst > 10_000 {
		faults = append(faults, &event.Fault{Key: "burst", Value: l.Burst, Want: "1 to 10000"})
	}
	return errors.Join(faults...)
}

// costClass names a limit; empty: none.
type costClass string

const (
	costSearch   costClass = "search"
	costWork     costClass = "work"
	costPersonal costClass = "personal"
)

// costOf is the limit of an operation, by its path below /api/v1.
func costOf(method, path string) costClass {
	get := method == http.MethodGet
	area, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	last := path[strings.LastIndexByte(path, '/')+1:]
	switch {
	case last == "unmask" || last == "reveal" || !get && (last == "look" || path == "/guard/find"):
		return costPersonal
	case get && (last == "export" || last == "verify"):
		return costWork
	}
	switch area {
	case "exports":
		if !get && last != "cancel" {
			return costWork
		}
	case "reports":
		if !get || rest != "" {
			return costWork
		}
	case "draws":
		if !get {
			return costWork
		}
	case "rules":
		if !get && last == "backtest" {
			return costWork
		}
	case "gate-log", "history", "series", "availability", "alarm-numbers", "shift", "looks", "audit":
		if get {
			return costSearch
		}
	case "buses":
		if get && last == "trail" {
			return costSearch
		}
	}
	return ""
}

// maxBuckets bounds what is remembered: about 200 bytes each.
const maxBuckets = 20_000

// limiter has a bucket for each caller and class. It is safe for concurrent use.
type limiter struct {
	limits  Limits
	mu      sync.Mutex
	buckets map[bucketKey]*rate.Limiter
}

type bucketKey struct {
	class  costClass
	caller string
}

func newLimiter(l Limits) *limiter {
	return &limiter{limits: l, buckets: map[bucketKey]*rate.Limiter{}}
}

func (l *limiter) of(class costClass) Limit {
	switch class {
	case costSearch:
		return l.limits.Search
	case costWork:
		return l.limits.Work
	default:
		return l.limits.Personal
	}
}

// wait returns 0 and takes a token of the caller and one of the address, or takes none and
// returns how long it is until both have one.
func (l *limiter) wait(class costClass, caller, address string, now time.Time) time.Duration {
	limit := l.of(class)
	l.mu.Lock()
	defer l.mu.Unlock()
	own := l.bucket(bucketKey{class, caller}, limit, now)
	buckets := []*rate.Limiter{own}
	if f := l.limits.AddressFactor; f > 0 {
		shared := Limit{PerMinute: limit.PerMinute * f, Burst: limit.Burst * f}
		buckets = append(buckets, l.bucket(bucketKey{class, "address " + address}, shared, now))
	}
	var longest time.Duration
	for _, b := range buckets {
		if missing := 1 - b.TokensAt(now); missing > 0 {
			longest = max(longest, time.Duration(math.Ceil(missing/float64(b.Limit())*float64(time.Second))))
		}
	}
	if longest > 0 {
		return longest
	}
	for _, b := range buckets {
		b.AllowN(now, 1)
	}
	return 0
}

func (l *limiter) bucket(key bucketKey, limit Limit, now time.Time) *rate.Limiter {
	b := l.buckets[key]
	if b == nil {
		if len(l.buckets) >= maxBuckets {
			l.forget(now)
		}
		b = rate.NewLimiter(rate.Limit(float64(limit.PerMinute)/60), limit.Burst)
		l.buckets[key] = b
	}
	return b
}

// forget makes room: first what is full again, which is as good as new, and when that is not
// enough, any half.
func (l *limiter) forget(now time.Time) {
	for key, b := range l.buckets {
		if b.TokensAt(now) >= float64(b.Burst()) {
			delete(l.buckets, key)
		}
	}
	for key := range l.buckets {
		if len(l.buckets) <= maxBuckets/2 {
			return
		}
		delete(l.buckets, key)
	}
}

// limited answers 429 where the caller has asked too often, and reports whether it did.
func (a *API) limited(ctx huma.Context, class costClass, id auth.Identity) bool {
	if class == "" {
		return false
	}
	caller := "session " + id.Session
	if id.Token != "" {
		caller = "token " + id.Token
	}
	address, _, err := net.SplitHostPort(ctx.RemoteAddr())
	if err != nil {
		address = ctx.RemoteAddr()
	}
	wait := a.limiter.wait(class, caller, address, a.deps.Now())
	if wait == 0 {
		return false
	}
	a.refused.WithLabelValues(string(class)).Inc()
	seconds := int(math.Ceil(wait.Seconds()))
	ctx.SetHeader("Retry-After", strconv.Itoa(seconds))
	answer(ctx, problem(http.StatusTooManyRequests, codeTooManyRequests, fmt.Sprintf("too many requests of this kind; ask again in %d s", seconds)))
	return true
}
