package diagnosis_test

import (
	"image"
	"image/color"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/adapters/probe/diagnosis"
)

// anyImage draws a picture of any kind and shape, sound or not.
func anyImage() *rapid.Generator[image.Image] {
	return rapid.Custom(func(t *rapid.T) image.Image {
		x, y := rapid.IntRange(-50, 50).Draw(t, "x"), rapid.IntRange(-50, 50).Draw(t, "y")
		r := image.Rect(x, y, x+rapid.IntRange(0, 130).Draw(t, "w"), y+rapid.IntRange(0, 90).Draw(t, "h"))
		fill := func(pix []uint8) {
			seed, step := rapid.Uint8().Draw(t, "first"), rapid.Uint8().Draw(t, "step")
			for i := range pix {
				pix[i] = seed
				seed += step
			}
		}
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			ratio := image.YCbCrSubsampleRatio(rapid.IntRange(0, 6).Draw(t, "ratio"))
			m := image.NewYCbCr(r, ratio)
			fill(m.Y)
			fill(m.Cb)
			if rapid.Bool().Draw(t, "cut") {
				m.Y = m.Y[:len(m.Y)/2]
			}
			return m
		case 1:
			m := image.NewGray(r)
			fill(m.Pix)
			return m
		case 2:
			m := image.NewRGBA(r)
			fill(m.Pix)
			return m
		case 3:
			m := image.NewNRGBA(r)
			fill(m.Pix)
			m.Pix = m.Pix[:rapid.IntRange(0, len(m.Pix)).Draw(t, "cut")]
			return m
		case 4:
			m := image.NewPaletted(r, nil)
			fill(m.Pix)
			return m
		case 5:
			m := image.NewPaletted(r, color.Palette{color.White, nil, color.CMYK{1, 2, 3, 4}})
			fill(m.Pix)
			return m
		case 6:
			m := image.NewCMYK(r)
			fill(m.Pix)
			return m
		case 7:
			m := image.NewNRGBA64(r)
			fill(m.Pix)
			return m
		case 8:
			return image.NewUniform(color.Gray{rapid.Uint8().Draw(t, "level")}) // 2·10⁹ wide
		default:
			return empty{r}
		}
	})
}

// empty is somebody else's image whose points are no colours.
type empty struct{ r image.Rectangle }

func (e empty) ColorModel() color.Model { return color.GrayModel }
func (e empty) Bounds() image.Rectangle { return e.r }
func (e empty) At(int, int) color.Color { return nil }

// TestAnyPicture holds for whatever is given: no panic, scores of 0 to 1 in falling order,
// usable exactly when nothing is bad, and the same judgement twice.
func TestAnyPicture(t *testing.T) {
	t.Parallel()
	c := checker(t)
	rapid.Check(t, func(t *rapid.T) {
		var print *diagnosis.Print
		for i := range 3 {
			img := anyImage().Draw(t, "image")
			at := eight.Add(time.Duration(rapid.Int64Range(-1e15, 1e15).Draw(t, "at")))
			r, next := c.Check(img, print, at)
			again, same := c.Check(img, print, at)
			if next != same {
				t.Fatalf("picture %d: two prints of the same", i)
			}
			last, usable := math.Inf(1), true
			for j, f := range r.Faults {
				if !(f.Score >= 0 && f.Score <= 1) || f.Score > last || f.Bad != (f.Score >= f.Threshold) {
					t.Fatalf("picture %d: fault %+v after score %v", i, f, last)
				}
				if again.Faults[j] != f {
					t.Fatalf("picture %d: %+v, then %+v", i, f, again.Faults[j])
				}
				last, usable = f.Score, usable && !f.Bad
			}
			if r.Usable != usable {
				t.Fatalf("picture %d: usable %t with %+v", i, r.Usable, r.Faults)
			}
			b, err := next.MarshalBinary()
			var back diagnosis.Print
			if err != nil || back.UnmarshalBinary(b) != nil {
				t.Fatalf("picture %d: the print is not read back: %v", i, err)
			}
			if !back.Since.Equal(next.Since) || !back.Taken.Equal(next.Taken) {
				t.Fatalf("picture %d: times %v, %v became %v, %v", i, next.Since, next.Taken, back.Since, back.Taken)
			}
			print = &back
		}
	})
}

// TestBlurRises holds that more blur never scores less, but for the grain of the measure.
func TestBlurRises(t *testing.T) {
	t.Parallel()
	c := checker(t)
	for _, v := range views([]size{{352, 288}}, 0) {
		before := 0.0
		for _, radius := range []float64{0, 1, 1.5, 2, 2.5, 3, 4, 5} {
			img := sent(t, v.canvas.blur(radius).expose(1.5, v.infrared, 1), 80)
			r, _ := c.Check(img, nil, eight)
			for _, f := range r.Faults {
				if f.Name != diagnosis.Blurred {
					continue
				}
				if f.Score < before-0.1 {
					t.Errorf("%s: %.2f at radius %v, after %.2f", v, f.Score, radius, before)
				}
				before = f.Score
			}
		}
		if before < 0.9 {
			t.Errorf("%s: %.2f only at the largest radius", v, before)
		}
	}
}

// TestKinds holds that the fast readers and the slow one see the same picture.
func TestKinds(t *testing.T) {
	t.Parallel()
	c := checker(t)
	src := paint(scenes[:1], []size{{640, 360}}, 0)[0].shoot(t, variant{}, takes[0], "08:00:00").(*image.YCbCr)
	rgba, nrgba := image.NewRGBA(src.Rect), image.NewNRGBA(src.Rect)
	for y := range 360 {
		for x := range 640 {
			rgba.Set(x, y, src.At(x, y))
			nrgba.Set(x, y, src.At(x, y))
		}
	}
	var first diagnosis.Report
	for _, m := range []image.Image{src, rgba, nrgba, struct{ image.Image }{rgba}} {
		r, _ := c.Check(m, nil, eight)
		if first.Faults == nil {
			first = r
		}
		for i, f := range r.Faults {
			if math.Abs(f.Score-first.Faults[i].Score) > 0.02 {
				t.Errorf("%T: %+v, want as in %+v", m, f, first.Faults[i])
			}
		}
	}
}

func FuzzPrint(f *testing.F) {
	c, err := diagnosis.New(diagnosis.DefaultConfig())
	if err != nil {
		f.Fatal(err)
	}
	img := image.NewGray(image.Rect(0, 0, 64, 36))
	for i := range img.Pix {
		img.Pix[i] = uint8(i * 37)
	}
	_, print := c.Check(img, nil, eight)
	seed, err := print.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add(seed[:100])
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		var p diagnosis.Print
		if err := p.UnmarshalBinary(b); err != nil {
			if p != (diagnosis.Print{}) {
				t.Error("a refused print left something behind")
			}
			p = diagnosis.Print{}
		} else if out, err := p.MarshalBinary(); err != nil || string(out) != string(b) {
			t.Errorf("stored form changed: %v", err)
		}
		r, _ := c.Check(img, &p, eight)
		for _, f := range r.Faults {
			if !(f.Score >= 0 && f.Score <= 1) {
				t.Errorf("score %v", f)
			}
		}
	})
}
