package report

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/availability/rollup"
	"github.com/campusgate/campusgate/dashboard/inspection"
	"github.com/campusgate/campusgate/gateway/event"
)

const (
	monthForm = "2006-01"
	// oldest is how many months back a report can be made of.
	oldest = 24
	// maxOutages of a kind, maxRestatements and maxCases are in a report.
	maxOutages      = 100
	maxRestatements = 5000
	maxCases        = 20_000
)

// ErrNotFound says that there is no such report.
var ErrNotFound = errors.New("there is no such report")

// ErrMonth says that no report can be made of a month.
var ErrMonth = fmt.Errorf("want a month (YYYY-MM) from %d months ago until the present one", oldest)

// Config are the settings of reports.
type Config struct {
	// KeyFile holds a private key of Ed25519 (PEM, PKCS #8) with which reports are signed.
	// Empty: they are not signed, and their digest alone tells that they are whole.
	KeyFile string `yaml:"key_file"`
}

// Head is a report in the list.
type Head struct {
	Month  string    `json:"month"`
	Rev    int64     `json:"rev" doc:"1 for the first report of the month; later ones do not replace it."`
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Whole  bool      `json:"whole" doc:"False: the month had not ended, or days of it are not computed; the report is preliminary."`
	Inputs string    `json:"inputs" doc:"SHA-256 of the inputs, hex."`
	CSV    string    `json:"csv" doc:"SHA-256 of the CSV file, hex."`
	XLSX   string    `json:"xlsx" doc:"SHA-256 of the XLSX file, hex."`
	Key    string    `json:"key" doc:"SHA-256 of the public key, hex; empty: not signed."`
	TookMS int64     `json:"took_ms"`
}

// Stored is a report as it is kept; none of it is ever changed.
type Stored struct {
	Head
	Bundle []byte
	Files
}

// Store keeps reports; dashboard/store is one.
type Store interface {
	// Reports lists them, the newest month and revision first.
	Reports(ctx context.Context) ([]Head, error)
	// Report fails with ErrNotFound; rev 0 is the newest of the month.
	Report(ctx context.Context, month string, rev int64) (Stored, error)
	// AddReport writes it with its audit.
	AddReport(ctx context.Context, s *Stored) error
}

// Deps are what reports are made from. All are needed but the key.
type Deps struct {
	Store        Store
	Availability *rollup.Service
	Alarms       *alarm.Service
	Inspect      *inspection.Service
	County       func() *event.County
	Key          ed25519.PrivateKey
	Build        string
	Now          func() time.Time
}

// Service makes reports and keeps them. It is safe for concurrent use.
type Service struct {
	deps Deps
	one  sync.Mutex // report at a time
}

// New makes the service.
func New(deps Deps) *Service { return &Service{deps: deps} }

// List lists reports, the newest first.
func (s *Service) List(ctx context.Context) ([]Head, error) { return s.deps.Store.Reports(ctx) }

// Stored returns a report as it is kept; rev 0 is the newest of the month.
func (s *Service) Stored(ctx context.Context, month string, rev int64) (Stored, error) {
	return s.deps.Store.Report(ctx, month, rev)
}

// Read computes a report again from what is kept.
func (s *Service) Read(ctx context.Context, month string, rev int64) (Head, *Monthly, error) {
	kept, err := s.deps.Store.Report(ctx, month, rev)
	if err != nil {
		return Head{}, nil, err
	}
	in, err := kept.inputs()
	if err != nil {
		return Head{}, nil, err
	}
	return kept.Head, Compose(in), nil
}

func (s *Stored) inputs() (*Inputs, error) {
	var b Bundle
	if err := json.Unmarshal(s.Bundle, &b); err != nil {
		return nil, fmt.Errorf("read report %s: %w", s.Month, err)
	}
	in, err := b.Open()
	if err != nil {
		return nil, fmt.Errorf("read report %s: %w", s.Month, err)
	}
	return in, nil
}

// Make makes the report of a month, the next revision of it. It fails with ErrMonth.
func (s *Service) Make(ctx context.Context, month, by string) (Head, error) {
	s.one.Lock()
	defer s.one.Unlock()
	begun := s.deps.Now()
	in, err := s.inputs(ctx, month, by, begun)
	if err != nil {
		return Head{}, err
	}
	rev := int64(1)
	switch last, err := s.deps.Store.Report(ctx, month, 0); {
	case err == nil:
		rev = last.Rev + 1
	case !errors.Is(err, ErrNotFound):
		return Head{}, err
	}
	b, files, err := seal(in, rev, s.deps.Key)
	if err != nil {
		return Head{}, err
	}
	text, err := json.Marshal(b)
	if err != nil {
		return Head{}, err
	}
	out := Stored{Head{month, rev, in.At, by, in.Whole && len(missing(in)) == 0, b.Seal.Inputs, b.Seal.CSV, b.Seal.XLSX, "", 0}, text, files}
	if b.Key != nil {
		out.Key = digest(b.Key)
	}
	out.TookMS = s.deps.Now().Sub(begun).Milliseconds()
	return out.Head, s.deps.Store.AddReport(ctx, &out)
}

// days are the first and the last day of a month, the last not after today.
func days(month, today string) (from, to string, whole bool, err error) {
	first, err := time.Parse(monthForm, month)
	if err != nil {
		return "", "", false, ErrMonth
	}
	now, err := time.Parse(rollup.DayForm, today)
	if err != nil {
		return "", "", false, err
	}
	if first.After(now) || first.Before(time.Date(now.Year(), now.Month()-oldest, 1, 0, 0, 0, 0, time.UTC)) {
		return "", "", false, ErrMonth
	}
	to = first.AddDate(0, 1, -1).Format(rollup.DayForm)
	if whole = to < today; !whole {
		to = today
	}
	return first.Format(rollup.DayForm), to, whole, nil
}
