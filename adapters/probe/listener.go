package probe

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/probe/ask"
	"github.com/campusgate/campusgate/adapters/probe/diagnosis"
	"github.com/campusgate/campusgate/gateway/event"
)

// maxFetches is how many pictures are fetched at once, of at most 8 MiB each.
const maxFetches = 16

// tidyEvery is how often old evidence is looked for.
const tidyEvery = time.Hour

// Listener asks cameras on a schedule.
type Listener struct {
	cfg     Config
	deps    payload.ListenerDeps
	checker *diagnosis.Checker
	web     *ask.Web
	fetches chan struct{} // pictures being fetched or held
	slots   chan struct{} // pictures being decoded
	checks  *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	lost    prometheus.Counter

	mu       sync.Mutex
	health   event.Health
	cancel   context.CancelFunc
	done     chan struct{}
	cameras  int
	behind   time.Duration
	evidence *evidence
}

var _ payload.Listener = (*Listener)(nil)

// NewListener checks the settings; it opens nothing.
func NewListener(cfg Config, deps payload.ListenerDeps) (*Listener, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	checker, err := diagnosis.New(cfg.Diagnosis)
	if err != nil {
		return nil, event.Under("diagnosis", err)
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	l := &Listener{
		cfg: cfg, deps: deps, checker: checker, web: ask.NewWeb(),
		fetches: make(chan struct{}, maxFetches+cfg.Decoders), slots: make(chan struct{}, cfg.Decoders), health: event.Health{State: event.Starting},
		checks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "campusgate_probe_checks_total", Help: "Checks of cameras, by check and result (up, down, degraded; passed, failed, unknown).",
		}, []string{"check", "result"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "campusgate_probe_check_seconds", Help: "How long checks take, by check.", Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"check"}),
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "campusgate_probe_undelivered_total", Help: "Results that the gateway did not take.",
		}),
	}
	if deps.Metrics == nil {
		return l, nil
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "campusgate_probe_" + name, Help: help}, func() float64 {
			l.mu.Lock()
			defer l.mu.Unlock()
			return value()
		})
	}
	for _, c := range []prometheus.Collector{
		l.checks, l.seconds, l.lost,
		gauge("cameras", "Cameras that are asked.", func() float64 { return float64(l.cameras) }),
		gauge("behind_seconds", "How late the check is that has waited longest.", func() float64 { return l.behind.Seconds() }),
		gauge("evidence_bytes", "Pictures of faults that are kept.", func() float64 {
			if l.evidence == nil {
				return 0
			}
			return float64(l.evidence.size())
		}),
	} {
		if err := deps.Metrics.Register(c); err != nil {
			return nil, fmt.Errorf("metrics: %w", err)
		}
	}
	return l, nil
}

// Start reads the files of targets and passwords, and begins to ask. Targets of the file
// that are wrong are left out: health and log say which.
func (l *Listener) Start(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cancel != nil || l.health.State == event.Stopped {
		return errors.New("probe: started before")
	}
	cameras, wrong := l.cfg.cameras()
	if wrong != nil && len(cameras) == 0 {
		l.health = event.Health{State: event.Failed, Reason: "no camera can be asked"}
		return fmt.Errorf("probe: %w", wrong)
	}
	if l.cfg.EvidenceDir != "" {
		kept, err := openEvidence(l.cfg.EvidenceDir, l.cfg.EvidenceMaxBytes, time.Duration(l.cfg.EvidenceDays)*24*time.Hour)
		if err != nil {
			l.health = event.Health{State: event.Failed, Reason: err.Error()}
			return fmt.Errorf("probe: %w", err)
		}
		l.evidence = kept
	}
	l.health = event.Health{State: event.OK}
	if wrong != nil {
		l.deps.Log.Error().Err(wrong).Msg("probe: some targets are wrong and left out")
		l.health = event.Health{State: event.Degraded, Reason: "some targets are wrong and left out: see the log"}
	}
	plan, rate := l.plan(cameras)
	if rate > l.cfg.PerSecond {
		reason := fmt.Sprintf("%d cameras need %.1f checks a second, per_second is %v", len(cameras), rate, l.cfg.PerSecond)
		l.deps.Log.Warn().Msg("probe: " + reason)
		l.health = event.Health{State: event.Degraded, Reason: reason}
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l.cancel, l.cameras, l.done = cancel, len(cameras), make(chan struct{})
	go l.run(running, plan, l.done)
	return nil
}

// plan makes the schedule, and tells how many checks a second it takes.
func (l *Listener) plan(cameras []*camera) (*schedule, float64) {
	plan, rate, now := newSchedule(l.cfg.PerHost, l.cfg.PerSecond), 0.0, l.deps.Now()
	for _, c := range cameras {
		for _, check := range c.checks {
			setting, at := l.cfg.Online, cmp.Or(host(c.rtsp), host(c.onvif), host(c.snapshot))
			timeout := setting.Timeout * time.Duration(l.cfg.Attempts)
			switch check {
			case Image:
				setting, at = l.cfg.Image, host(c.snapshot)
				timeout = setting.Timeout
			case Recording:
				setting, at = l.cfg.Recording, host(c.recorder)
				timeout = 2 * setting.Timeout // two days
			}
			plan.add(&job{camera: c, check: check, host: at, interval: setting.Interval, timeout: timeout}, now, l.cfg.Jitter)
			rate += 1 / setting.Interval.Seconds()
		}
	}
	return plan, rate
}

// run begins jobs until ctx is done, and returns when the last has ended.
func (l *Listener) run(ctx context.Context, plan *schedule, done chan struct{}) {
	defer close(done)
	var work sync.WaitGroup
	defer work.Wait()
	back := make(chan *job, l.cfg.Concurrency)
	timer := time.NewTimer(0)
	defer timer.Stop()
	tidy := time.NewTicker(tidyEvery)
	defer tidy.Stop()
	for out := 0; ; {
		select {
		case <-ctx.Done():
			return
		case j := <-back:
			out--
			plan.done(j, l.deps.Now())
		case <-timer.C:
		case <-tidy.C:
			l.tidy()
		}
		now := l.deps.Now()
		for out < l.cfg.Concurrency {
			j := plan.take(now)
			if j == nil {
				break
			}
			out++
			work.Go(func() {
				l.do(ctx, j)
				back <- j
			})
		}
		l.mu.Lock()
		l.behind = plan.behind(now)
		l.mu.Unlock()
		wait := time.Hour // a job that comes back wakes us
		if out < l.cfg.Concurrency {
			wait = plan.wait(now)
		}
		timer.Reset(wait)
	}
}

// do makes one check and delivers what it found.
func (l *Listener) do(ctx context.Context, j *job) {
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, j.timeout)
	var reports []report
	switch j.check {
	case Online:
		reports = []report{l.online(limited, j.camera)}
	case Image:
		reports = []report{l.image(limited, j.camera)}
	case Recording:
		reports = l.recording(limited, j.camera)
	}
	cancel()
	if ctx.Err() != nil {
		return // what was found is that we stop
	}
	l.seconds.WithLabelValues(j.check).Observe(time.Since(began).Seconds())
	messages := make([]payload.Message, 0, len(reports))
	for i := range reports {
		r := &reports[i]
		r.Check, r.TS, r.PeriodS = j.check, l.deps.Now().UTC(), j.interval.Seconds()
		l.checks.WithLabelValues(j.check, r.Status+r.Result).Inc() // it has one of them
		content, err := json.Marshal(r)
		if err != nil {
			l.deps.Log.Error().Err(err).Msg("probe: a result cannot be written")
			continue
		}
		messages = append(messages, payload.Message{
			Topic:   Name + "/" + string(j.camera.site) + "/" + string(j.camera.device) + "/" + j.check,
			Payload: content, Received: r.TS, Site: j.camera.site, Device: j.camera.device,
		})
	}
	if len(messages) == 0 {
		return // the day is too young
	}
	if err := l.deps.Deliver(ctx, messages...); err != nil && ctx.Err() == nil {
		l.lost.Add(float64(len(messages))) // the next check says it again
		l.deps.Log.Debug().Err(err).Str("camera", string(j.camera.device)).Msg("probe: a result was not taken")
	}
}

func (l *Listener) tidy() {
	l.mu.Lock()
	kept := l.evidence
	l.mu.Unlock()
	if kept == nil {
		return
	}
	if err := kept.tidy(l.deps.Now()); err != nil {
		l.deps.Log.Warn().Err(err).Msg("probe: evidence")
	}
}

// Stop ends all checks and waits for them.
func (l *Listener) Stop(ctx context.Context) error {
	l.mu.Lock()
	cancel, done := l.cancel, l.done
	l.health = event.Health{State: event.Stopped}
	l.mu.Unlock()
	if cancel == nil {
		return nil
	}
	cancel()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Health says whether all cameras can be asked in time.
func (l *Listener) Health() event.Health {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.health.State == event.OK && l.behind > l.cfg.Online.Interval {
		return event.Health{State: event.Degraded, Reason: "checks are " + l.behind.Truncate(time.Second).String() + " late: raise concurrency, per_second or per_host, or ask less often"}
	}
	return l.health
}
