package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"github.com/campusgate/campusgate/dashboard/media"
	"github.com/campusgate/campusgate/gateway/event"
)

// pictures stands for the media server in the demo: a painted gate for every camera of the
// county, marked as simulated, so that looking at a camera, its register and a patrol can be
// tried without one. It listens on loopback, at a free port.
type pictures struct {
	cameras map[string]bool
	now     func() time.Time
	zone    *time.Location
	log     zerolog.Logger
	server  *http.Server
	url     string
}

func newPictures(county *event.County, now func() time.Time, log zerolog.Logger) *pictures {
	p := &pictures{cameras: map[string]bool{}, now: now, zone: county.Location(), log: log}
	for _, s := range county.Sites {
		for _, d := range s.Devices {
			if d.Kind == event.KindCamera {
				p.cameras[string(s.ID)+"/"+string(d.ID)] = true
			}
		}
	}
	return p
}

// Start listens and returns.
func (p *pictures) Start(ctx context.Context) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{site}/{device}", p.serve)
	p.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	p.url = "http://" + l.Addr().String()
	go func() {
		if err := p.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			p.log.Error().Err(err).Msg("serving pictures ended")
		}
	}()
	return nil
}

// Stop waits for pictures that are on their way.
func (p *pictures) Stop(ctx context.Context) error {
	if p.server == nil {
		return nil
	}
	return p.server.Shutdown(ctx)
}

// Health is no concern of the demo's: a failed picture is said where it is looked at.
func (*pictures) Health() event.Health { return event.Health{State: event.OK} }

// config names p as the media server: pictures on demand, no moving ones.
func (p *pictures) config() media.Config {
	cfg := media.DefaultConfig()
	cfg.Kind, cfg.SnapshotURL = media.KindOther, p.url+"/{site}/{device}"
	return cfg
}

func (p *pictures) serve(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("site") + "/" + r.PathValue("device")
	if !p.cameras[id] {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	if err := jpeg.Encode(w, paintGate(id, p.now().In(p.zone)), &jpeg.Options{Quality: 80}); err != nil {
		p.log.Debug().Err(err).Msg("a picture was not taken")
	}
}

// paintGate paints what a camera of that id sees: a wall, a gate, and people who walk.
func paintGate(id string, at time.Time) image.Image {
	const width, height = 960, 540
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // a hash takes everything
	seed := int(h.Sum32() >> 8)
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	fill := func(x0, y0, x1, y1 int, c color.Color) {
		draw.Draw(img, image.Rect(x0, y0, x1, y1), image.NewUniform(c), image.Point{}, draw.Src)
	}
	for y := range height {
		shade := uint8(200 - y/5)
		c := color.RGBA{shade - 60, shade - 20, shade, 255} // sky
		if y > 330 {
			c = color.RGBA{shade - 30, shade - 28, shade - 24, 255} // asphalt
		}
		fill(0, y, width, y+1, c)
	}
	left := 120 + seed%200
	fill(left, 110, left+520, 340, color.RGBA{168, 120 + uint8(seed%50), 92, 255})
	for i := range 24 {
		x, y := left+24+i%8*62, 130+i/8*62
		fill(x, y, x+40, y+36, color.RGBA{70, 90, 116, 255})
	}
	fill(0, 290, width, 350, color.RGBA{150, 146, 138, 255})
	for x := width/2 - 150; x < width/2+150; x += 14 {
		fill(x, 260, x+4, 350, color.RGBA{60, 62, 66, 255})
	}
	for i := range 3 + seed%4 {
		x := (seed*(i+3)/7 + int(at.Unix())*(9+4*i)) % (width + 60)
		y := 370 + (seed>>i)%90
		coat := color.RGBA{uint8(60 + seed>>i%150), uint8(60 + 40*i), uint8(190 - 35*i), 255}
		fill(x-60, y, x-38, y+70, coat)
		fill(x-55, y-20, x-43, y, color.RGBA{214, 176, 150, 255})
	}
	fill(0, 0, width, 30, color.RGBA{0, 0, 0, 255})
	text := font.Drawer{Dst: img, Src: image.White, Face: basicfont.Face7x13, Dot: fixed.P(12, 20)}
	text.DrawString(fmt.Sprintf("SIMULATED  %s  %s", id, at.Format(time.DateTime)))
	return img
}
