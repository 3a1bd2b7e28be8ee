package export

import (
	"context"
	"os"
	"slices"

	"github.com/campusgate/campusgate/gateway/event"
)

// Viewer is who asks: an account and what it may see now.
type Viewer struct {
	By     string
	All    bool // every site
	Allows func(event.SiteID) bool
}

func (v Viewer) sees(j *job) bool {
	if v.By != j.By {
		return false
	}
	if j.request.Sites == nil {
		return v.All
	}
	return !slices.ContainsFunc(j.request.Sites, func(id event.SiteID) bool { return !v.Allows(id) })
}

// Jobs lists those of a viewer, newest first.
func (s *Service) Jobs(v Viewer) []Export {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire(s.deps.Now())
	out := []Export{}
	for _, j := range slices.Backward(s.jobs) {
		if v.sees(j) {
			out = append(out, j.Export)
		}
	}
	return out
}

func (s *Service) find(v Viewer, id string) (*job, error) {
	s.expire(s.deps.Now())
	i := slices.IndexFunc(s.jobs, func(j *job) bool { return j.ID == id && v.sees(j) })
	if i < 0 {
		return nil, ErrNotFound
	}
	return s.jobs[i], nil
}

// Job is one of a viewer's.
func (s *Service) Job(v Viewer, id string) (Export, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j, err := s.find(v, id)
	if err != nil {
		return Export{}, err
	}
	return j.Export, nil
}

// Cancel calls a job off that has not ended, and forgets one that has, with its file.
func (s *Service) Cancel(v Viewer, id string) (Export, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j, err := s.find(v, id)
	if err != nil {
		return Export{}, err
	}
	out := j.Export
	if j.ended() {
		s.forget(slices.Index(s.jobs, j))
	} else if j.cancel != nil {
		j.cancel()
	}
	out.State = Cancelled
	return out, nil
}

// Open gives the file of a job that is done, after the audit has it. The caller closes it.
func (s *Service) Open(ctx context.Context, v Viewer, id string) (Export, *os.File, error) {
	s.mu.Lock()
	j, err := s.find(v, id)
	if err == nil && j.State != Done {
		err = ErrState
	}
	var out Export
	if err == nil {
		out = j.Export
	}
	s.mu.Unlock()
	if err != nil {
		return Export{}, nil, err
	}
	if err := s.audit(ctx, out, v.By, "export.download"); err != nil {
		return Export{}, nil, err
	}
	file, err := os.Open(s.path(id))
	return out, file, err
}
