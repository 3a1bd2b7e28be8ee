package registry

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

const (
	publishPauseMin = 200 * time.Millisecond
	publishPauseMax = 10 * time.Second
)

// publish brings the newest version to the bus, again and again until it has it.
func (s *Service) publish(ctx context.Context) {
	told := false
	for pause := publishPauseMin; ; {
		err := s.publishNow(ctx)
		if ctx.Err() != nil {
			return
		}
		switch {
		case err == nil:
			if told {
				s.deps.Log.Info().Msg("the registry is published again")
			}
			told, pause = false, publishPauseMin
			select {
			case <-s.wake:
			case <-ctx.Done():
				return
			}
			continue
		case !told && pause > 8*publishPauseMin: // the bus may be starting beside us
			told = true
			s.deps.Log.Warn().Err(err).Msg("the registry is not published yet: gateways keep the one they have")
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		pause = min(2*pause, publishPauseMax)
	}
}

func (s *Service) publishNow(ctx context.Context) error {
	s.mu.RLock()
	version, county := s.version, s.county
	s.mu.RUnlock()
	doc, err := json.Marshal(county)
	var number uint64
	if err == nil {
		number, err = s.deps.Publish(ctx, event.RegistryDocument, doc)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			s.published.Error = err.Error()
		}
		return err
	}
	s.published = Published{Version: version, Document: number, At: s.deps.Now().UTC(), Bytes: len(doc)}
	return nil
}
