package diagnosis_test

import (
	"errors"
	"image"
	"image/color"
	"math"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/probe/diagnosis"
	"github.com/campusgate/campusgate/gateway/event"
)

// eight is the time of the first picture in all tests.
var eight = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)

// checker returns a Checker with the defaults.
func checker(t testing.TB) *diagnosis.Checker {
	t.Helper()
	c, err := diagnosis.New(diagnosis.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConfig(t *testing.T) {
	t.Parallel()
	bad := diagnosis.DefaultConfig()
	bad.Black, bad.Covered, bad.Noise, bad.FrozenAfter = -1, 1.5, math.NaN(), 0
	_, err := diagnosis.New(bad)
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("error %v, want four faults", err)
	}
	for i, want := range []string{"black", "covered", "noise", "frozen_after"} {
		var f *event.Fault
		if !errors.As(joined.Unwrap()[i], &f) || f.Key != want {
			t.Errorf("fault %d is %v, want one of %s", i, joined.Unwrap()[i], want)
		}
	}
	off := diagnosis.DefaultConfig()
	off.Black = 0
	c, err := diagnosis.New(off)
	if err != nil {
		t.Fatal(err)
	}
	r, _ := c.Check(image.NewGray(image.Rect(0, 0, 640, 360)), nil, eight)
	for _, f := range r.Faults {
		if f.Name == diagnosis.Black {
			t.Error("black is reported although its threshold is 0")
		}
	}
}

// TestPlain holds what needs no scene: cards, darkness, light, nothing at all.
func TestPlain(t *testing.T) {
	t.Parallel()
	uniform := func(c color.Color) image.Image {
		m := image.NewRGBA(image.Rect(0, 0, 640, 360))
		for y := range 360 {
			for x := range 640 {
				m.Set(x, y, c)
			}
		}
		return m
	}
	tests := []struct {
		name string
		img  image.Image
		want diagnosis.Name
	}{
		{"nil", nil, diagnosis.NoSignal},
		{"empty", image.NewRGBA(image.Rectangle{}), diagnosis.NoSignal},
		{"without its bytes", &image.YCbCr{Rect: image.Rect(0, 0, 640, 360)}, diagnosis.NoSignal},
		{"black", uniform(color.Black), diagnosis.Black},
		{"white", uniform(color.White), diagnosis.White},
		{"blue", uniform(color.RGBA{0, 0, 200, 255}), diagnosis.NoSignal},
		{"grey", uniform(color.Gray{110}), diagnosis.Covered},
	}
	for _, tt := range tests {
		r, _ := checker(t).Check(tt.img, nil, eight)
		if worst, ok := r.Worst(); !ok || worst.Name != tt.want || r.Usable {
			t.Errorf("%s: worst is %+v, want %s", tt.name, worst, tt.want)
		}
	}
}
