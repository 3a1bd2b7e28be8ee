package diagnosis

import (
	"image"
	"sync"
	"time"
)

// Checker judges pictures. It is safe for use by many goroutines.
type Checker struct {
	config  Config
	buffers sync.Pool // of *sampled
}

// New checks the settings and returns a Checker, or every setting that is not allowed.
func New(cfg Config) (*Checker, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Checker{config: cfg, buffers: sync.Pool{New: func() any { return new(sampled) }}}, nil
}

// Check judges the picture img that a camera gave at the time at. prev is what Check
// returned for the same camera's last picture, or nil; it is not changed. Without it a
// picture cannot be frozen, and covered is judged from this picture alone. A picture that
// is nil, empty or without its bytes has no signal, and tells nothing about change.
func (c *Checker) Check(img image.Image, prev *Print, at time.Time) (Report, Print) {
	var before Print
	if prev != nil {
		before = *prev
	}
	s := c.buffers.Get().(*sampled)
	defer c.buffers.Put(s)
	if !s.take(img) {
		return c.config.report(scores{NoSignal: 1}), before
	}
	m := s.measure()
	next := before
	next.Taken = at
	next.width, next.height = uint32(img.Bounds().Dx()), uint32(img.Bounds().Dy())
	next.marks = m.marks

	same := m.same(&before, &next)
	if same < sameShare {
		next.Since = at
	}
	card, dark := m.card(s), m.dark()
	light, cover := m.light(), m.cover(before.reference(m.isGrey))
	dark *= 1 - card
	seen := (1 - card) * (1 - dark)
	found := scores{
		NoSignal: card,
		Black:    dark,
		White:    light * (1 - card),
		// What follows needs a picture: one cause is reported, not all that comes of it.
		Covered: cover * seen * (1 - light),
		Frozen:  same * seen * c.config.waited(at.Sub(next.Since)),
		// The edge of a cover is out of focus, and may be all that has texture.
		Blurred:    m.blur() * seen * ramp(cover, 0.6, 0.4),
		ColourCast: m.cast(s) * seen,
		Noise:      m.snow() * seen,
	}
	report := c.config.report(found)
	if report.Usable {
		next.reference(m.isGrey).learn(&m)
	}
	return report, next
}

// waited is the share of certainty that time adds to a picture that does not change: it
// grows to a half until FrozenAfter, and is 1 from then on.
func (c Config) waited(unchanged time.Duration) float64 {
	if unchanged >= c.FrozenAfter {
		return 1
	}
	return max(unchanged.Seconds()/c.FrozenAfter.Seconds(), 0) / 2
}

// reference returns the one for pictures of that kind.
func (p *Print) reference(grey bool) *reference {
	if grey {
		return &p.grey
	}
	return &p.colour
}

// learn takes the texture of a good picture into the moving average: a quarter of it, so
// that a passing lorry is no reference, and all of it the first time.
func (r *reference) learn(m *measures) {
	for i := range r.texture {
		now := int(min(m.texture[i]*16, 255))
		if !r.known {
			r.texture[i] = uint8(now)
			continue
		}
		old := int(r.texture[i])
		r.texture[i] = uint8(old + (now-old)/4)
	}
	r.known = true
}
