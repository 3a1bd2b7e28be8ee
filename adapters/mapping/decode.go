package mapping

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/expr-lang/expr/vm"
	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// pooledBytes is the payload size above which a scratch is not kept.
const pooledBytes = 64 << 10

// Decoder is the adapter of one mapping.
type Decoder struct {
	name, format string
	gb18030      bool

	records           path
	comma             rune
	header            bool
	columns           []string
	influx            bool
	separator, assign string
	pattern           *regexp.Regexp
	skip              bool

	site, device, seq, when source
	times                   times
	backfill, ignore        []condition
	outputs                 []output

	// scratches are reused: they hold the memory of what they parsed.
	scratches sync.Pool
}

// output is an Output made ready.
type output struct {
	typ            event.Type
	kind           event.Kind
	kindOf, device source
	when           []condition
	fields         []field
}

// field is a Field made ready.
type field struct {
	source        source
	target        target
	scale, offset float64
	unit          conversion
	required      bool
}

// scratch is what decoding one message needs.
type scratch struct {
	parser  fastjson.Parser
	vm      vm.VM
	env     *environment
	record  record
	topic   string
	missed  bool  // the expression asked for what is not there
	exprErr error // the expression asked for what is wrong
}

// errSilent marks an output that has nothing to say.
var errSilent = errors.New("nothing measured")

// Name is the mapping's name.
func (d *Decoder) Name() string { return d.name }

// Decode implements payload.Decoder.
func (d *Decoder) Decode(dst []event.Event, m payload.Message, clock event.Clock) ([]event.Event, error) {
	b, err := d.utf8Of(m.Payload)
	if err != nil {
		return dst, err
	}
	s := d.scratches.Get().(*scratch)
	s.topic = m.Topic
	out := dst
	err = d.each(s, b, func() error {
		var err error
		out, err = d.take(out, len(dst), s, &m, clock)
		return err
	})
	s.record, s.topic, s.env.Value = record{}, "", nil
	if len(b) <= pooledBytes {
		d.scratches.Put(s)
	}
	if err != nil {
		return dst, err
	}
	return out, nil
}

// take appends the events of the present record.
func (d *Decoder) take(dst []event.Event, before int, s *scratch, m *payload.Message, clock event.Clock) ([]event.Event, error) {
	i, err := first(s, d.ignore)
	switch {
	case err != nil:
		return dst, fmt.Errorf("ignore[%d]: %w", i, err)
	case i >= 0:
		return dst, nil
	}
	h := head{Site: m.Site, Retained: m.Retained}
	ready := false
	for i := range d.outputs {
		o := &d.outputs[i]
		yes, err := o.applies(s)
		if err != nil {
			return dst, fmt.Errorf("outputs[%d]: %w", i, err)
		}
		if !yes {
			continue
		}
		e := event.Event{Type: o.typ}
		err = o.fill(s, &e, m.Quantity)
		if errors.Is(err, errSilent) {
			continue
		}
		if err == nil && !ready {
			// Not before there is an event: what has nothing to say needs no name.
			ready, err = true, d.head(s, m, &h)
		}
		if err == nil {
			err = h.address(s, o, &e)
		}
		if err != nil {
			return dst, fmt.Errorf("outputs[%d]: %w", i, err)
		}
		if len(dst)-before >= maxEvents {
			return dst, fmt.Errorf("more than %d events", maxEvents)
		}
		clock.Stamp(&e, m.Payload, len(dst)-before, h.observed, h.resolution, m.Received)
		dst = append(dst, e)
	}
	return dst, nil
}

// head is what the events of a record share.
type head struct {
	Site               event.SiteID
	device             event.DeviceID
	Seq                uint64
	Backfill, Retained bool
	observed           time.Time
	resolution         time.Duration
}

func (d *Decoder) head(s *scratch, m *payload.Message, h *head) error {
	if h.Site == "" {
		v, err := d.site.read(s)
		if err != nil {
			return fmt.Errorf("site: %w", err)
		}
		if h.Site = event.SiteID(payload.CleanName(v.String())); h.Site == "" {
			h.Site = event.CountySite
		}
	}
	if !event.ValidName(string(h.Site)) {
		return fmt.Errorf("site: %.80q is not 1 to 64 of a-z, 0-9, '-', '_'", h.Site)
	}
	if h.device = m.Device; h.device == "" {
		v, err := d.device.read(s)
		if err != nil {
			return fmt.Errorf("device: %w", err)
		}
		h.device = payload.CleanName(v.String())
	}
	v, err := d.seq.read(s)
	if err == nil {
		h.Seq, err = sequence(v)
	}
	if err != nil {
		return fmt.Errorf("seq: %w", err)
	}
	i, err := first(s, d.backfill)
	if err != nil {
		return fmt.Errorf("backfill[%d]: %w", i, err)
	}
	h.Backfill = i >= 0
	if v, err = d.when.read(s); err != nil {
		return fmt.Errorf("time: %w", err)
	}
	if v.kind != absent {
		h.observed, h.resolution, err = d.times.read(v.String())
	}
	return err
}

// address puts on an event what its record says, and what its output says more exactly.
func (h *head) address(s *scratch, o *output, e *event.Event) error {
	e.Kind, e.Site, e.Device = o.kind, h.Site, h.device
	e.Seq, e.Backfill, e.Retained = h.Seq, h.Backfill, h.Retained
	v, err := o.device.read(s)
	if err != nil {
		return fmt.Errorf("device: %w", err)
	}
	if v.kind != absent {
		e.Device = payload.CleanName(v.String())
	}
	if !event.ValidName(string(e.Device)) {
		return fmt.Errorf("device: %.80q is no name, and the subscription says none", e.Device)
	}
	if v, err = o.kindOf.read(s); err != nil {
		return fmt.Errorf("kind: %w", err)
	}
	if v.kind != absent {
		if e.Kind = event.Kind(v.String()); !slices.Contains(event.Kinds(), e.Kind) {
			return fmt.Errorf("kind: %.80q is none of ours", v.String())
		}
	}
	return nil
}

// sequence reads a counter without loss of digits. -1 and 0 mean that there is none.
func sequence(v value) (uint64, error) {
	if v.kind == absent || v.is("-1") {
		return 0, nil
	}
	word := v.String()
	n, err := strconv.ParseUint(strings.TrimSpace(word), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%.80q is no whole number", word)
	}
	return n, nil
}

func (o *output) applies(s *scratch) (bool, error) {
	for i := range o.when {
		if yes, err := o.when[i].holds(s); err != nil || !yes {
			if err != nil {
				err = fmt.Errorf("when[%d]: %w", i, err)
			}
			return false, err
		}
	}
	return true, nil
}

// fill reads the event's body.
func (o *output) fill(s *scratch, e *event.Event, quantity string) error {
	body(e)
	for i := range o.fields {
		f := &o.fields[i]
		v, err := f.source.read(s)
		if err == nil && v.kind != absent {
			var r result
			var known bool
			if r, known, err = f.convert(v); err == nil && known {
				f.target.set(e, r)
				continue
			}
		}
		switch {
		case err != nil:
			return fmt.Errorf("field %q: %w", f.target.name, err)
		case f.required || f.target.need == needed:
			return fmt.Errorf("field %q: is missing", f.target.name)
		case f.target.need == measured:
			return errSilent
		}
	}
	switch {
	case e.Reading != nil:
		return finishReading(e.Reading, quantity)
	case e.Position != nil:
		finishPosition(e.Position)
	}
	return nil
}

// convert reads a value as the target wants it. known is false for a temperature of 0,
// which on terminals means not measured in any unit.
func (f *field) convert(v value) (r result, known bool, err error) {
	t := &f.target
	switch t.kind {
	case toNumber, toWhole:
		n, ok := v.float()
		if !ok {
			return r, false, fmt.Errorf("%.80q is no number", v.String())
		}
		if t.unit == temperature && n == 0 {
			return r, false, nil
		}
		n = round((n*f.scale+f.offset)*f.unit.scale + f.unit.offset)
		switch {
		case !(n >= t.low && n <= t.high):
			return r, false, fmt.Errorf("%.80q is out of range: want %v to %v", v.String(), t.low, t.high)
		case t.kind == toWhole && n != math.Trunc(n):
			return r, false, fmt.Errorf("%.80q is no whole number", v.String())
		}
		r.num = n
	case toTruth, toTri:
		var ok bool
		if r.tri, ok = v.tri(); !ok {
			return r, false, fmt.Errorf("%.80q is neither true nor false", v.String())
		}
	case toText:
		r.text = clean(v.String())
	case toWord:
		word := strings.TrimSpace(v.String())
		for _, w := range t.words {
			if strings.EqualFold(w, word) {
				r.text = w
				return r, true, nil
			}
		}
		return r, false, fmt.Errorf("%.80q is none of %s", word, strings.Join(t.words, ", "))
	case toName:
		if r.text = v.String(); !event.ValidName(r.text) {
			return r, false, fmt.Errorf("%.80q is not 1 to 64 of a-z, 0-9, '-', '_'", r.text)
		}
	}
	return r, true, nil
}

// round drops what scaling adds behind the ninth decimal: 253 × 0.1 is 25.3.
func round(n float64) float64 {
	const decimals = 1e9
	if math.Abs(n) > 1e6 {
		return n
	}
	return math.Round(n*decimals) / decimals
}

// finishReading gives a reading its quantity and unit, and checks the ranges that these
// have.
func finishReading(r *event.KitchenReading, quantity string) error {
	if r.Quantity == "" {
		if r.Quantity = quantity; quantity == "" {
			r.Quantity = event.QuantityRoom
		}
		if !event.ValidName(r.Quantity) {
			return fmt.Errorf("quantity: %.80q is not 1 to 64 of a-z, 0-9, '-', '_'", quantity)
		}
	}
	low, high := -maxReading, maxReading
	switch r.Quantity {
	case event.QuantityColdStore, event.QuantityFreezer, event.QuantityHotHolding, event.QuantityRoom:
		low, high, r.Unit = minCelsius, maxCelsius, "°C"
	case event.QuantityHumidity:
		low, high, r.Unit = 0, 100, "%"
	case event.QuantityGas:
		if r.Unit == "" || strings.EqualFold(r.Unit, "%LEL") {
			r.Unit = "%LEL"
		}
		if low, high = 0, maxReading; r.Unit[0] == '%' {
			high = 100
		}
	}
	if r.Value < low || r.Value > high {
		return fmt.Errorf("field \"value\": %v is out of range for %s: want %v to %v", r.Value, r.Quantity, low, high)
	}
	return nil
}

// finishPosition takes the fix from a position that is half known, or is where receivers
// without satellites say they are.
func finishPosition(p *event.VehiclePosition) {
	if math.IsNaN(p.Lat) || math.IsNaN(p.Lon) || p.Lat == 0 && p.Lon == 0 {
		p.Lat, p.Lon, p.Fix = 0, 0, false
	}
}
