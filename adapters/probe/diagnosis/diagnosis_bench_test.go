package diagnosis_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"testing"
)

// benchSizes are what cameras send today.
var benchSizes = []size{{704, 576}, {1920, 1080}, {3840, 2160}}

func benchView(s size) view { return paint(scenes[:1], []size{s}, 0)[0] }

// BenchmarkCheck judges a decoded JPEG.
func BenchmarkCheck(b *testing.B) {
	for _, s := range benchSizes {
		img := benchView(s).shoot(b, variant{}, take{2, 75}, "08:00:00")
		c := checker(b)
		b.Run(fmt.Sprintf("%dx%d", s.w, s.h), func(b *testing.B) {
			b.ReportAllocs()
			_, print := c.Check(img, nil, eight)
			for b.Loop() {
				c.Check(img, &print, eight)
			}
		})
	}
}

// BenchmarkDecodeCheck decodes the JPEG and judges it: what a probe does with a snapshot.
func BenchmarkDecodeCheck(b *testing.B) {
	for _, s := range benchSizes {
		v := benchView(s)
		data := encoded(b, v.canvas.expose(2, false, 1), 75)
		c := checker(b)
		b.Run(fmt.Sprintf("%dx%d", s.w, s.h), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				img, err := jpeg.Decode(bytes.NewReader(data))
				if err != nil {
					b.Fatal(err)
				}
				c.Check(img, nil, eight)
			}
		})
	}
}

// BenchmarkCheckKinds compares the readers on one 1080p picture.
func BenchmarkCheckKinds(b *testing.B) {
	src := benchView(size{1920, 1080}).shoot(b, variant{}, take{2, 75}, "08:00:00")
	rgba, grey := image.NewRGBA(src.Bounds()), image.NewGray(src.Bounds())
	for y := range 1080 {
		for x := range 1920 {
			rgba.Set(x, y, src.At(x, y))
			grey.Set(x, y, src.At(x, y))
		}
	}
	c := checker(b)
	for _, m := range []image.Image{grey, rgba, struct{ image.Image }{rgba}} {
		b.Run(fmt.Sprintf("%T", m), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Check(m, nil, eight)
			}
		})
	}
}
