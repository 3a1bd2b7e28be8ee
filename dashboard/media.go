package dashboard

import (
	"context"

	"github.com/campusgate/campusgate/dashboard/media"
)

// startMedia makes what shows cameras. It is stopped after the HTTP server, so that every
// stream is taken down.
func (d *Dashboard) startMedia(ctx context.Context) error {
	var err error
	d.media, err = media.New(d.cfg.Media, media.Deps{
		Store: d.store, County: d.county.County, Log: d.deps.Log.With().Str("component", "media").Logger(), Now: d.deps.Now,
	})
	if err != nil {
		return err
	}
	d.onStop = append(d.onStop, stopper{"live pictures", d.media.Stop})
	return d.media.Start(ctx)
}
