package diagnosis_test

import (
	"fmt"
	"image"
	"image/color"
	"testing"

	"github.com/campusgate/campusgate/adapters/probe/diagnosis"
)

// size is a resolution that cameras send: CIF and a small stream.
type size struct{ w, h int }

var sizes = []size{{352, 288}, {640, 360}}

// take says how a picture is taken and sent.
type take struct {
	noise   float64 // of the sensor, in levels
	quality int     // of the JPEG
}

var takes = []take{{1, 90}, {2, 60}, {3, 30}, {4, 45}, {7, 75}}

// strength is how plain an injected fault is.
type strength int

const (
	weak strength = iota // near the threshold, either way
	medium
	strong // has to be found
)

func (s strength) String() string { return [...]string{"weak", "medium", "strong"}[s] }

// variant is one picture of a camera, good (want is "") or faulty.
type variant struct {
	label    string
	want     diagnosis.Name
	strength strength
	// also may be reported too, or in place of want: where two names fit.
	also []diagnosis.Name
	// make paints what the camera sees, from what it should see.
	make func(c *canvas) *canvas
	// card replaces the camera.
	card func(s size) *image.YCbCr
}

// faulty has each fault in three strengths. Blur is in thousandths of the picture's width.
func faulty() []variant {
	var all []variant
	add := func(want diagnosis.Name, label string, make func(c *canvas, s strength) *canvas, also ...diagnosis.Name) {
		for s := weak; s <= strong; s++ {
			all = append(all, variant{
				label: label, want: want, strength: s, also: also,
				make: func(c *canvas) *canvas { return make(c, s) },
			})
		}
	}
	add(diagnosis.Blurred, "defocus", func(c *canvas, s strength) *canvas {
		return c.blur([]float64{0.0035, 0.007, 0.015}[s] * float64(c.w))
	}, diagnosis.Covered)
	for _, col := range []struct {
		label string
		rgb   rgb
	}{{"cloth", rgb{70, 52, 44}}, {"paint", rgb{150, 152, 150}}, {"hand", rgb{120, 70, 56}}} {
		add(diagnosis.Covered, col.label, func(c *canvas, s strength) *canvas {
			return covered(c, col.rgb, []float32{0.60, 0.85, 1}[s])
		}, diagnosis.ColourCast, diagnosis.Black, diagnosis.Blurred)
	}
	add(diagnosis.Black, "no light", func(c *canvas, s strength) *canvas {
		return exposed(c, []float32{0.12, 0.06, 0.01}[s], 6)
	}, diagnosis.Covered)
	add(diagnosis.White, "over-exposed", func(c *canvas, s strength) *canvas {
		return exposed(c, []float32{2, 4, 10}[s], []float32{30, 90, 180}[s])
	}, diagnosis.Covered)
	add(diagnosis.ColourCast, "green", func(c *canvas, s strength) *canvas {
		return tinted(c, []rgb{{0.93, 1.05, 0.93}, {0.82, 1.12, 0.82}, {0.6, 1.2, 0.6}}[s])
	})
	add(diagnosis.ColourCast, "purple", func(c *canvas, s strength) *canvas {
		return tinted(c, []rgb{{1.05, 0.93, 1.06}, {1.1, 0.8, 1.15}, {1.2, 0.6, 1.25}}[s])
	})
	add(diagnosis.Noise, "snow", func(c *canvas, s strength) *canvas { return snowed(c, []float32{25, 70, 140}[s]) })
	cards := []struct {
		label  string
		ground color.RGBA
		text   string
		bars   bool
		also   []diagnosis.Name
	}{
		{"blue card", color.RGBA{0, 0, 190, 255}, "", false, nil},
		{"blue card with text", color.RGBA{0, 0, 190, 255}, "NO SIGNAL", false, nil},
		{"black card with text", color.RGBA{8, 8, 8, 255}, "VIDEO LOST", false, []diagnosis.Name{diagnosis.Black}},
		{"bars", color.RGBA{}, "", true, nil},
		{"bars with text", color.RGBA{}, "NO VIDEO", true, nil},
	}
	for _, k := range cards {
		all = append(all, variant{
			label: k.label, want: diagnosis.NoSignal, strength: strong, also: k.also,
			card: func(s size) *image.YCbCr { return card(s.w, s.h, k.ground, k.text, k.bars) },
		})
	}
	return all
}

// snowed adds noise as a loose analogue cable does: coarse along the lines.
func snowed(c *canvas, level float32) *canvas {
	c = c.clone()
	grain := float32(c.w) / 2
	c.each(0, 0, 1, 1, func(u, v float32, old rgb) rgb {
		n := level * c.hash(int32(u*grain), int32(v*float32(c.h)))
		return rgb{old[0] + n, old[1] + n, old[2] + n}
	})
	return c
}

// view is a painted scene at one size.
type view struct {
	scene
	size
	canvas *canvas
}

// views paints every scene at every size. What has a picture's own sharpness is
// the lens: half a pixel and a little more.
func views(sizes []size, people float64) []view { return paint(scenes, sizes, people) }

func paint(scenes []scene, sizes []size, people float64) []view {
	var all []view
	for i, sc := range scenes {
		for j, s := range sizes {
			c := newCanvas(s.w, s.h, uint32(1+i*len(sizes)+j))
			sc.paint(c, people)
			all = append(all, view{sc, s, c.blur(0.7)})
		}
	}
	return all
}

func (v view) String() string { return fmt.Sprintf("%s %dx%d", v.name, v.w, v.h) }

// shoot takes the view's picture with a fault, or without one.
func (v view) shoot(t testing.TB, f variant, how take, clock string) image.Image {
	t.Helper()
	switch {
	case f.card != nil:
		return sent(t, f.card(v.size), how.quality)
	case f.make != nil:
		v.canvas = f.make(v.canvas)
	}
	return sent(t, stamped(v.canvas.expose(how.noise, v.infrared, uint64(len(clock))), clock), how.quality)
}
