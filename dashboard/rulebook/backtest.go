package rulebook

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

const (
	// MaxTrial is the longest time that one back-test reads.
	MaxTrial = 31 * 24 * time.Hour
	// trialWithin bounds how long it may take.
	trialWithin = time.Hour
)

// ErrBusy tells that a back-test runs already.
var ErrBusy = errors.New("a back-test runs already: wait for it, or cancel it")

// ErrSpan tells that a back-test's time is none.
var ErrSpan = errors.New("want from before to, at most 31 days apart, and not in the future")

// Trial is what a back-test is asked.
type Trial struct {
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Operators int       `json:"operators"`
	// County is the registry that the rules are tried against.
	County *event.County `json:"-"`
}

// Progress is how far a back-test is.
type Progress struct {
	At     time.Time `json:"at,omitzero" doc:"Of the recording."`
	Events uint64    `json:"events"`
	Raised int       `json:"raised"`
}

// States of a back-test.
const (
	JobNone      = "none" // of no job at all: none has run yet
	JobRuns      = "runs"
	JobDone      = "done"
	JobFailed    = "failed"
	JobCancelled = "cancelled"
)

// Job is a back-test.
type Job struct {
	ID      int64           `json:"id"`
	State   string          `json:"state" enum:"none,runs,done,failed,cancelled"`
	By      string          `json:"by"`
	Trial   Trial           `json:"trial"`
	Started time.Time       `json:"started"`
	Ended   time.Time       `json:"ended,omitzero"`
	Done    float64         `json:"done" doc:"Share of the time that is read, 0 to 1."`
	Now     Progress        `json:"progress"`
	Error   string          `json:"error,omitempty"`
	Report  json.RawMessage `json:"report,omitempty" doc:"What was counted, also of one that was cancelled."`
}

type job struct {
	Job
	cancel context.CancelFunc
}

// Backtest begins one. Only one runs at a time, and the last one's result is kept until
// the next begins.
func (s *Service) Backtest(text, by string, q Trial) (Job, error) {
	if _, err := s.Check(text); err != nil {
		return Job{}, err
	}
	now := s.deps.Now().UTC()
	if !q.To.After(q.From) || q.To.Sub(q.From) > MaxTrial || q.From.After(now) {
		return Job{}, ErrSpan
	}
	if q.To.After(now) {
		q.To = now
	}
	q.Operators = min(max(q.Operators, 1), 1000)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.job != nil && s.job.State == JobRuns {
		return s.job.Job, ErrBusy
	}
	ctx, cancel := context.WithTimeout(context.Background(), trialWithin)
	s.jobs++
	j := &job{Job: Job{ID: s.jobs, State: JobRuns, By: by, Trial: q, Started: now}, cancel: cancel}
	s.job = j
	s.done.Go(func() {
		defer cancel()
		report, err := s.deps.Language.Backtest(ctx, text, q, func(p Progress) { s.progress(j, p) })
		s.ended(j, report, err)
	})
	return j.Job, nil
}

func (s *Service) progress(j *job, p Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j.Now = p
	j.Done = min(max(float64(p.At.Sub(j.Trial.From))/float64(j.Trial.To.Sub(j.Trial.From)), 0), 1)
}

func (s *Service) ended(j *job, report json.RawMessage, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j.Ended, j.Report, j.State = s.deps.Now().UTC(), report, JobDone
	switch {
	case errors.Is(err, context.Canceled):
		j.State = JobCancelled
	case err != nil:
		j.State, j.Error = JobFailed, err.Error()
	default:
		j.Done = 1
	}
}

// Job returns the back-test that runs or ran last; ok is false when there was none.
func (s *Service) Job() (Job, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.job == nil {
		return Job{}, false
	}
	return s.job.Job, true
}

// Cancel ends the back-test that runs; nothing happens when none does.
func (s *Service) Cancel() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.job != nil {
		s.job.cancel()
	}
}
