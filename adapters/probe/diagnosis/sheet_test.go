package diagnosis_test

import (
	"flag"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"strings"
	"testing"
)

var contactSheet = flag.String("contact-sheet", "", "file (.png) to write good and faulty pictures with their scores to")

// TestContactSheet writes what the tests judge by, for people to judge the tests by: each
// scene, good and with each fault, and under each the three highest scores.
func TestContactSheet(t *testing.T) {
	t.Parallel()
	if *contactSheet == "" {
		t.Skip("no -contact-sheet")
	}
	const width, height, label = 480, 270, 54
	all := views([]size{{width, height}}, 0.3)
	columns := []variant{{label: "good"}}
	for _, f := range faulty() {
		if f.strength != weak {
			columns = append(columns, f)
		}
	}
	sheet := image.NewYCbCr(image.Rect(0, 0, len(columns)*(width+6), len(all)*(height+label)), image.YCbCrSubsampleRatio444)
	for i := range sheet.Cb {
		sheet.Cb[i], sheet.Cr[i] = 128, 128
	}
	out := image.NewRGBA(sheet.Rect)
	type place struct {
		at  image.Point
		img image.Image
	}
	var places []place
	w, h := float64(sheet.Rect.Dx()), float64(sheet.Rect.Dy())
	for row, v := range all {
		for col, f := range columns {
			at := image.Pt(col*(width+6), row*(height+label))
			img := v.shoot(t, f, take{2, 75}, "08:00:00")
			r, _ := checker(t).Check(img, nil, eight)
			text := f.label + " " + f.strength.String()
			if f.want == "" {
				text = v.name
			}
			overlay(sheet, strings.ToUpper(text), float64(at.X+6)/w, float64(at.Y+height+6)/h, 15/h)
			text = ""
			for _, s := range r.Faults[:3] {
				text += fmt.Sprintf("%s %.2f ", s.Name, s.Score)
			}
			overlay(sheet, strings.ToUpper(text), float64(at.X+6)/w, float64(at.Y+height+32)/h, 10/h)
			places = append(places, place{at, img})
		}
	}
	draw.Draw(out, out.Rect, sheet, image.Point{}, draw.Src)
	for _, p := range places {
		draw.Draw(out, image.Rectangle{p.at, p.at.Add(image.Pt(width, height))}, p.img, image.Point{}, draw.Src)
	}
	file, err := os.Create(*contactSheet)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(file, out); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
