package export

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
)

// Bounds of what a dashboard does at the same time and keeps.
const (
	Running = 2         // jobs that run; others wait
	PerUser = 6         // jobs of one account, those that are done included
	Kept    = 60        // jobs of all accounts
	Keep    = time.Hour // a file after it is done
	MaxRows = 20_000_000
	maxFile = 4 << 30 // bytes
)

// States of a job.
const (
	Queued    = "queued"
	Working   = "running"
	Done      = "done"
	Failed    = "failed"
	Cancelled = "cancelled"
)

// Errors of a request.
var (
	ErrNotFound = errors.New("there is no such export")
	ErrTooMany  = errors.New("too many exports: cancel one, or wait until one ends")
	ErrState    = errors.New("the export is not in a state for this")
	errTooLong  = errors.New("too_long")
)

// Export is one export as people see it.
type Export struct {
	ID     string `json:"id"`
	List   string `json:"list" doc:"What was exported: gate-log, alarms …"`
	Query  string `json:"query" doc:"The filter, as the list takes it."`
	Format string `json:"format" enum:"csv,xlsx"`
	State  string `json:"state" enum:"queued,running,done,failed,cancelled"`
	Rows   int64  `json:"rows" doc:"Written so far."`
	// Total is how many there will be, where that is known.
	Total      *int64     `json:"total"`
	Bytes      int64      `json:"bytes" doc:"Of the file, when it is done."`
	SHA256     string     `json:"sha256"`
	Name       string     `json:"name" doc:"Of the file."`
	Reason     string     `json:"reason" doc:"Why it failed: too_long, disk_full, history, or empty."`
	By         string     `json:"by"`
	CreatedAt  time.Time  `json:"created_at"`
	FinishedAt *time.Time `json:"finished_at"`
	ExpiresAt  *time.Time `json:"expires_at" doc:"When the file goes."`
}

// Request is what to write.
type Request struct {
	By     string
	List   string
	Query  string
	Format string
	Title  string // of sheets
	Name   string // of the file, without its ending
	Header []string
	Zone   *time.Location
	// Sites are those whose rows the file may have: nil is every one. Who may not see all of
	// them later does not get the file.
	Sites []event.SiteID
	// Rows yields every row, until ctx ends. An error of yield ends it.
	Rows func(ctx context.Context, yield func(cells []any) error) error
	// Count says how many there will be; nil, or an error: not known.
	Count func(ctx context.Context) (int64, error)
}

// Deps are what the service needs.
type Deps struct {
	// Dir is a folder of its own: what is in there at the start is removed.
	Dir string
	// Audit writes that somebody did something; without it nothing is exported.
	Audit func(ctx context.Context, at time.Time, by, action, subject, detail string) error
	Now   func() time.Time // nil = time.Now
	Log   zerolog.Logger
}

type job struct {
	Export
	request Request
	cancel  context.CancelFunc
}

// Service runs exports. Jobs do not outlive it.
type Service struct {
	deps  Deps
	slots chan struct{}
	work  sync.WaitGroup
	ctx   context.Context //nolint:containedctx // ends with Stop; jobs outlive the request that began them
	stop  context.CancelFunc

	mu   sync.Mutex
	jobs []*job // oldest first
}

// New checks the settings and opens nothing.
func New(deps Deps) (*Service, error) {
	if deps.Dir == "" || deps.Audit == nil {
		return nil, errors.New("make exports: Dir and Audit are needed")
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	s := &Service{deps: deps, slots: make(chan struct{}, Running)}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s, nil
}

// Start empties the folder: files of a process before are nobody's any more.
func (s *Service) Start(context.Context) error {
	if err := os.RemoveAll(s.deps.Dir); err != nil {
		return fmt.Errorf("empty folder of exports: %w", err)
	}
	if err := os.MkdirAll(s.deps.Dir, 0o700); err != nil {
		return fmt.Errorf("make folder of exports: %w", err)
	}
	return nil
}

// Stop calls off what runs, waits, and removes the files.
func (s *Service) Stop(ctx context.Context) error {
	s.stop()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.work.Wait()
	}()
	select {
	case <-ended:
		return os.RemoveAll(s.deps.Dir)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Begin writes to the audit and starts a job. ErrTooMany when there is no room.
func (s *Service) Begin(ctx context.Context, r Request) (Export, error) {
	now := s.deps.Now().UTC()
	j := &job{request: r, Export: Export{
		ID: rand.Text(), List: r.List, Query: r.Query, Format: r.Format, State: Queued, By: r.By, CreatedAt: now, Name: r.Name + "." + r.Format,
	}}
	if err := s.admit(j, now); err != nil {
		return Export{}, err
	}
	if err := s.audit(ctx, j.Export, r.By, "export.begin"); err != nil {
		s.drop(j)
		return Export{}, err
	}
	running, cancel := context.WithCancel(s.ctx)
	s.mu.Lock()
	if s.ctx.Err() != nil {
		s.mu.Unlock()
		cancel()
		return Export{}, s.ctx.Err()
	}
	j.cancel = cancel
	out := j.Export
	s.work.Add(1)
	s.mu.Unlock()
	go func() {
		defer s.work.Done()
		defer cancel()
		s.run(running, j)
	}()
	return out, nil
}

// admit makes room for a job by forgetting what has ended, the oldest first.
func (s *Service) admit(j *job, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire(now)
	forget := func(mine bool) bool {
		i := slices.IndexFunc(s.jobs, func(o *job) bool { return o.ended() && (!mine || o.By == j.By) })
		if i < 0 {
			return false
		}
		s.forget(i)
		return true
	}
	own := 0
	for _, o := range s.jobs {
		if o.By == j.By {
			own++
		}
	}
	if own >= PerUser && !forget(true) || len(s.jobs) >= Kept && !forget(false) {
		return ErrTooMany
	}
	s.jobs = append(s.jobs, j)
	return nil
}

func (j *job) ended() bool { return j.State != Queued && j.State != Working }

// expire forgets what is over. The caller holds the lock.
func (s *Service) expire(now time.Time) {
	for i := len(s.jobs) - 1; i >= 0; i-- {
		if e := s.jobs[i].ExpiresAt; e != nil && !now.Before(*e) {
			s.forget(i)
		}
	}
}

func (s *Service) forget(i int) {
	_ = os.Remove(s.path(s.jobs[i].ID)) // none, where it failed
	s.jobs = slices.Delete(s.jobs, i, i+1)
}

func (s *Service) drop(j *job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.jobs, j); i >= 0 {
		s.forget(i)
	}
}

func (s *Service) path(id string) string { return filepath.Join(s.deps.Dir, id) }

// run waits for a slot, writes, and says how it ended.
func (s *Service) run(ctx context.Context, j *job) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		s.finish(ctx, j, 0, "", ctx.Err())
		return
	}
	s.change(j, func() { j.State = Working })
	counting, counted := context.WithCancel(ctx)
	defer counted()
	if count := j.request.Count; count != nil {
		s.work.Go(func() {
			if n, err := count(counting); err == nil {
				s.change(j, func() {
					if !j.ended() { // then the number of rows is known
						j.Total = &n
					}
				})
			}
		})
	}
	size, sum, err := s.write(ctx, j)
	s.finish(ctx, j, size, sum, err)
}

func (s *Service) change(j *job, fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
}

// write makes the file.
func (s *Service) write(ctx context.Context, j *job) (size int64, sum string, err error) {
	r := &j.request
	file, err := os.OpenFile(s.path(j.ID), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, "", err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	digest := sha256.New()
	out := &bounded{to: io.MultiWriter(file, digest), left: maxFile}
	var t table
	if r.Format == XLSX {
		t, err = newXLSX(out, s.deps.Dir, r.Title, r.Header, r.Zone)
	} else {
		t, err = newCSV(out, r.Header, r.Zone)
	}
	if err != nil {
		return 0, "", err
	}
	rows := int64(0)
	err = r.Rows(ctx, func(cells []any) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if rows == MaxRows {
			return errTooLong
		}
		rows++
		if rows%200 == 0 {
			s.change(j, func() { j.Rows = rows })
		}
		return t.write(cells)
	})
	if err == nil {
		err = ctx.Err()
	}
	err = errors.Join(err, t.close())
	s.change(j, func() { j.Rows = rows })
	return out.wrote, hex.EncodeToString(digest.Sum(nil)), err
}

// bounded ends a file that grows too long.
type bounded struct {
	to          io.Writer
	left, wrote int64
}

func (b *bounded) Write(p []byte) (int, error) {
	if int64(len(p)) > b.left {
		return 0, errTooLong
	}
	n, err := b.to.Write(p)
	b.left -= int64(n)
	b.wrote += int64(n)
	return n, err
}

// finish notes how a job ended, in the audit as well.
func (s *Service) finish(ctx context.Context, j *job, size int64, sum string, err error) {
	now := s.deps.Now().UTC()
	s.mu.Lock()
	j.FinishedAt = &now
	gone := now.Add(Keep)
	j.ExpiresAt = &gone
	switch {
	case err == nil:
		j.State, j.Bytes, j.SHA256 = Done, size, sum
		rows := j.Rows
		j.Total = &rows
	case ctx.Err() != nil:
		j.State = Cancelled
	default:
		j.State, j.Reason = Failed, reason(err)
	}
	out := j.Export
	j.request = Request{Sites: j.request.Sites} // what read the rows may go
	if err != nil {
		_ = os.Remove(s.path(j.ID))
	}
	s.mu.Unlock()
	if out.State == Failed {
		s.deps.Log.Warn().Err(err).Str("list", out.List).Str("by", out.By).Msg("export failed")
	}
	// The process may be about to stop; what was done is written nevertheless.
	writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := s.audit(writing, out, out.By, "export."+out.State); err != nil {
		s.deps.Log.Warn().Err(err).Msg("end of an export not in the audit")
	}
}

func reason(err error) string {
	switch {
	case errors.Is(err, errTooLong):
		return errTooLong.Error()
	case full(err):
		return "disk_full"
	}
	return "history"
}

func (s *Service) audit(ctx context.Context, j Export, by, action string) error {
	detail, err := json.Marshal(struct {
		List   string `json:"list"`
		Query  string `json:"query"`
		Format string `json:"format"`
		Rows   int64  `json:"rows"`
		Bytes  int64  `json:"bytes,omitempty"`
		SHA256 string `json:"sha256,omitempty"`
	}{j.List, j.Query, j.Format, j.Rows, j.Bytes, j.SHA256})
	if err != nil {
		return err
	}
	return s.deps.Audit(ctx, s.deps.Now(), by, action, j.ID, string(detail))
}
