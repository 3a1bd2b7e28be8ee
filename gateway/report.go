package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/ingest"
	"github.com/campusgate/campusgate/gateway/journal"
)

// Status is what a gateway tells the command centre of itself.
type Status struct {
	Gateway      string                  `json:"gateway"`
	Version      string                  `json:"version"`
	StartedAt    time.Time               `json:"started_at"`
	At           time.Time               `json:"at"`
	event.Health                         // the worst of the components
	Components   map[string]event.Health `json:"components"`
	Brokers      []ingest.BrokerStat     `json:"brokers"`
	Adapters     []AdapterStatus         `json:"adapters"` // those in use
	Journal      JournalStatus           `json:"journal"`
	Devices      DevicesStatus           `json:"devices"`
	// Documents of the command centre by name; none without an uplink.
	Documents map[string]DocumentStatus `json:"documents,omitempty"`
	// Rules are the county's own.
	Rules RulesStatus `json:"rules"`
}

// JournalStatus is the journal in a few numbers.
type JournalStatus struct {
	Records           int64             `json:"records"`
	Bytes             int64             `json:"bytes"`
	MaxBytes          int64             `json:"max_bytes"`
	DiskFreeBytes     int64             `json:"disk_free_bytes"`
	DeadLetters       int               `json:"dead_letters"`
	TimeToLossSeconds float64           `json:"time_to_loss_s"` // 0: it does not grow
	Dropping          bool              `json:"dropping"`
	Dropped           map[string]uint64 `json:"dropped"` // by class, since the journal was made
	SetAside          string            `json:"set_aside,omitempty"`
	Consumers         []ConsumerStatus  `json:"consumers"`
}

// ConsumerStatus is how far a consumer of the journal lags.
type ConsumerStatus struct {
	Name       string  `json:"name"`
	LagRecords int64   `json:"lag_records"`
	LagBytes   int64   `json:"lag_bytes"`
	OldestS    float64 `json:"oldest_s"` // age of the oldest record it has not done, seconds
}

// DevicesStatus sums up the ledger of devices.
type DevicesStatus struct {
	Seen     int    `json:"seen"`
	Unknown  int    `json:"unknown"`
	Messages uint64 `json:"messages"`
	Lost     uint64 `json:"lost"` // by gaps in the devices' own counters
}

// Status returns the present state of the gateway.
func (g *Gateway) Status() Status {
	s := Status{
		Gateway: g.cfg.ID, Version: g.deps.Version, StartedAt: g.started.UTC(), At: time.Now().UTC(),
		Components: g.running.Health(), Health: g.Health(), Brokers: g.ingest.Brokers(), Adapters: g.adapters(),
	}
	if g.uplink != nil {
		s.Documents = g.documents.all()
	}
	j := g.journal.Stats()
	s.Journal = JournalStatus{
		Records: j.Records, Bytes: j.Bytes, MaxBytes: g.cfg.Journal.MaxBytes, DiskFreeBytes: j.DiskFree,
		DeadLetters: j.Dead.Count, TimeToLossSeconds: j.TimeToLoss.Seconds(), Dropping: j.Dropping,
		SetAside: j.SetAside, Dropped: make(map[string]uint64, event.NumClasses),
	}
	for class, n := range j.Dropped {
		s.Journal.Dropped[event.Class(class).String()] = n
	}
	for _, c := range j.Consumers {
		status := ConsumerStatus{Name: c.Name, LagRecords: c.LagRecords, LagBytes: c.LagBytes}
		if !c.Oldest.IsZero() {
			status.OldestS = s.At.Sub(c.Oldest).Seconds()
		}
		s.Journal.Consumers = append(s.Journal.Consumers, status)
	}
	s.Rules = g.detector.rulesStatus()
	for _, d := range g.ingest.Devices() {
		s.Devices.Seen++
		s.Devices.Messages += d.Messages
		s.Devices.Lost += d.Lost
		if d.Unknown {
			s.Devices.Unknown++
		}
	}
	return s
}

func (g *Gateway) statusJSON(context.Context) ([]byte, error) { return json.Marshal(g.Status()) }

// reporter makes the gateway itself visible: a heartbeat as a device of the site "county",
// and an anomaly when its journal has to give records up.
type reporter struct {
	gateway *Gateway
	log     zerolog.Logger
	append  func(context.Context, journal.Batch) error // to the journal
	path    string                                     // of the file that keeps loss over a restart; empty: none
	stop    context.CancelFunc
	done    sync.WaitGroup

	mu      sync.Mutex
	loss    *event.Anomaly // standing; never changed in place
	lastAt  time.Time      // of the last drop
	records uint64
	aside   string

	remembered bool // the file was read
}

// lossClears is how long nothing must be dropped before the anomaly is over.
const lossClears = 5 * time.Minute

func newReporter(g *Gateway, log zerolog.Logger) *reporter {
	r := &reporter{
		gateway: g, log: log,
		append: func(ctx context.Context, b journal.Batch) error { return g.journal.Append(ctx, b) },
	}
	if g.cfg.DataDir != "" {
		r.path = filepath.Join(g.cfg.DataDir, "loss.json")
	}
	return r
}

// Start begins to report.
func (r *reporter) Start(context.Context) error {
	r.mu.Lock()
	r.remember()
	r.mu.Unlock()
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	r.done.Go(func() { r.run(ctx) })
	return nil
}

// Stop ends reporting.
func (r *reporter) Stop(context.Context) error {
	if r.stop != nil {
		r.stop()
		r.done.Wait()
	}
	return nil
}

// Health says that a damaged journal was set aside: somebody should look at it.
func (r *reporter) Health() event.Health {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.aside != "" {
		return event.Health{State: event.Degraded, Reason: "a damaged journal was set aside as " + r.aside}
	}
	return event.Health{State: event.OK}
}

func (r *reporter) run(ctx context.Context) {
	tick := time.NewTicker(r.gateway.cfg.ReportEvery)
	defer tick.Stop()
	for {
		r.report(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (r *reporter) report(ctx context.Context) {
	now := time.Now().UTC()
	health := r.gateway.Health()
	status := event.DeviceStatus{Status: event.StatusUp, Heartbeat: true, Reason: health.Reason, Period: r.gateway.cfg.ReportEvery}
	if health.State == event.Degraded || health.State == event.Failed {
		status.Status = event.StatusDegraded
	}
	r.mu.Lock()
	e := &event.Event{
		Type: event.TypeDeviceStatus, Kind: event.KindGateway, Site: event.CountySite,
		Device: event.DeviceID(r.gateway.cfg.ID), Status: &status,
	}
	event.Clock{}.Stamp(e, strconv.AppendInt(nil, now.UnixNano(), 10), 0, now, time.Nanosecond, now)
	batch := journal.Batch{Records: []journal.Record{{Event: e}}}
	standing := r.loss
	quiet := standing != nil && now.Sub(r.lastAt) > lossClears
	if quiet {
		over := *standing
		over.State, over.UpdatedAt = event.Cleared, now
		over.Revision++
		batch.Records = append(batch.Records, journal.Record{Anomaly: &over})
	}
	r.mu.Unlock()
	if err := r.append(ctx, batch); err != nil {
		if ctx.Err() == nil {
			r.log.Warn().Err(err).Msg("cannot report")
		}
		return // it stands until its end is stored
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if quiet && r.loss == standing {
		r.loss, r.records = nil, 0
		r.keep()
	} else if quiet && r.loss != nil {
		// More was lost while the end was being stored: what follows must be newer.
		again := *r.loss
		again.Revision++
		r.loss = &again
	}
}

// dropped turns the loss of records into an anomaly.
func (r *reporter) dropped(d journal.Drop) {
	r.mu.Lock()
	r.remember()
	r.records += d.Records
	r.lastAt = d.Time
	a := event.Anomaly{
		ID:   event.AnomalyID(event.CountySite, event.DeviceID(r.gateway.cfg.ID), "journal_dropping", d.Time),
		Rule: "journal_dropping", Site: event.CountySite, Device: event.DeviceID(r.gateway.cfg.ID), Kind: event.KindGateway,
		Severity: event.SeverityHigh, State: event.Raised, StartedAt: d.Time.UTC(),
	}
	if r.loss != nil {
		a = *r.loss
		a.State = event.Updated
	}
	a.Revision++
	a.UpdatedAt, a.Count, a.Value, a.Unit = d.Time.UTC(), int(r.records), float64(r.records), "records"
	if d.Class >= event.ClassGate {
		a.Severity = event.SeverityCritical
	}
	a.Text = event.Text{
		ZH: fmt.Sprintf("网关 %s 的日志队列已满（%s），已舍弃 %d 条记录，最近一类：%s", r.gateway.cfg.ID, d.Reason, r.records, d.Class),
		EN: fmt.Sprintf("The journal of gateway %s is full (%s): %d records given up, lately of class %s", r.gateway.cfg.ID, d.Reason, r.records, d.Class),
	}
	r.loss = &a
	r.keep()
	r.mu.Unlock()
	if err := r.append(context.Background(), journal.Batch{Records: []journal.Record{{Anomaly: &a}}}); err != nil {
		r.log.Error().Err(err).Uint64("records", d.Records).Msg("records were given up, and that cannot be stored")
	}
}

// keep writes the standing anomaly to its file, or removes that. Without it nobody would
// tell the end of a loss that a restart came into. The caller holds mu.
func (r *reporter) keep() {
	if r.path == "" {
		return
	}
	if r.loss == nil {
		if err := os.Remove(r.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			r.log.Warn().Err(err).Msg("the file of a loss that is over stays")
		}
		return
	}
	b, err := json.Marshal(r.loss)
	if err == nil {
		err = os.WriteFile(r.path+".new", b, 0o600)
	}
	if err == nil {
		err = os.Rename(r.path+".new", r.path)
	}
	if err != nil {
		r.log.Warn().Err(err).Msg("a restart would forget that records were given up")
	}
}

// remember takes up the anomaly that stood when the gateway ended, once: at Start, or
// before that when the journal drops as soon as it is open. The caller holds mu.
func (r *reporter) remember() {
	if r.path == "" || r.remembered {
		return
	}
	r.remembered = true
	b, err := os.ReadFile(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var a event.Anomaly
	if err == nil {
		err = json.Unmarshal(b, &a)
	}
	if err != nil || a.ID == "" {
		r.log.Warn().Err(err).Msg("the file of a loss cannot be read")
		return
	}
	r.loss, r.lastAt, r.records = &a, a.UpdatedAt, uint64(max(a.Count, 0))
}

func (r *reporter) setAside(path string, cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.aside = path
	r.log.Error().Err(cause).Str("moved_to", path).Msg("the journal was damaged: set aside, a new one is begun")
}
