package diagnosis

import (
	"image"
	"image/color"
)

const (
	maxWidth  = 320
	maxHeight = 180
	// maxPoints is how many points each way are averaged for a pixel of the sampled
	// picture: with 4 it holds the noise of a sensor down fourfold, and no picture, however
	// large, costs more than 16·320·180 reads.
	maxPoints = 4
)

// sampled is a picture brought down to what is judged. Its buffers are used again.
type sampled struct {
	width, height int // of the sampled picture
	// luma has levels 0 to 255, row by row, exact to a sixteenth where points is 4.
	luma []float32
	// tints has one point for every second pixel of every second row.
	tints []tint

	// smooth is luma behind the filter 1 4 6 4 1 both ways, defined from the third pixel on
	// to the third last.
	smooth, half []float32

	left []tint   // for hues: the points that belong to no colour yet,
	bins []uint16 // and how many of them each bin has

	sums   []uint32 // of one row of luma
	across []int    // the source's columns that are read
}

// tint is a colour: luma and the two differences of ITU-T T.871 (JFIF), less 128.
type tint struct{ y, cb, cr int16 }

// source reads one kind of picture; x and y count from its upper left corner.
type source interface {
	// addLuma adds the luma of row y at the columns xs, points of them for each of sums.
	addLuma(sums []uint32, xs []int, y, points int)
	tintAt(x, y int) tint
}

// take samples img. It returns false where there is no picture: no rectangle, or one that
// is larger than the bytes behind it.
func (s *sampled) take(img image.Image) bool {
	if img == nil || img.Bounds().Empty() {
		return false
	}
	src := open(img)
	if src == nil {
		return false
	}
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	shrink := max(float64(w)/maxWidth, float64(h)/maxHeight, 1)
	s.width = max(int(float64(w)/shrink+0.5), 1)
	s.height = max(int(float64(h)/shrink+0.5), 1)
	points := min(int(shrink+0.999), maxPoints)
	if _, slow := src.(generic); slow {
		points = min(points, 2)
	}
	s.across = s.across[:0]
	for i := range s.width * points {
		s.across = append(s.across, (2*i+1)*w/(2*s.width*points))
	}
	s.sums = resize(s.sums, s.width)
	s.luma = resize(s.luma, s.width*s.height)
	each := 1 / float32(points*points)
	for y := range s.height {
		clear(s.sums)
		for j := range points {
			src.addLuma(s.sums, s.across, (2*(y*points+j)+1)*h/(2*s.height*points), points)
		}
		line := s.luma[y*s.width:][:s.width]
		for x, sum := range s.sums {
			line[x] = float32(sum) * each
		}
	}
	s.tints = s.tints[:0]
	for y := 0; y < s.height; y += 2 {
		for x := 0; x < s.width; x += 2 {
			s.tints = append(s.tints, src.tintAt((2*x+1)*w/(2*s.width), (2*y+1)*h/(2*s.height)))
		}
	}
	return true
}

// resize returns b with length n.
func resize[T any](b []T, n int) []T {
	if cap(b) < n {
		return make([]T, n)
	}
	return b[:n]
}

// open returns the reader for img, or nil if img lacks the bytes that its rectangle needs.
func open(img image.Image) source {
	b := img.Bounds()
	last := b.Max.Sub(image.Pt(1, 1))
	switch m := img.(type) {
	case *image.YCbCr:
		if m.YOffset(last.X, last.Y) < len(m.Y) &&
			m.COffset(last.X, last.Y) < min(len(m.Cb), len(m.Cr)) {
			return ycbcr{m}
		}
	case *image.Gray:
		if m.PixOffset(last.X, last.Y) < len(m.Pix) {
			return packed{m.Pix, m.Stride, 1}
		}
	case *image.RGBA:
		if m.PixOffset(last.X, last.Y)+3 < len(m.Pix) {
			return packed{m.Pix, m.Stride, 4}
		}
	case *image.NRGBA:
		if m.PixOffset(last.X, last.Y)+3 < len(m.Pix) {
			return packed{m.Pix, m.Stride, 4}
		}
	case *image.Paletted:
		if m.PixOffset(last.X, last.Y) < len(m.Pix) {
			return newPaletted(m)
		}
	default:
		return generic{img, b.Min}
	}
	return nil
}

// ycbcr reads what image/jpeg decodes colour pictures to.
type ycbcr struct{ *image.YCbCr }

func (m ycbcr) addLuma(sums []uint32, xs []int, y, points int) {
	row := m.Y[m.YOffset(m.Rect.Min.X, m.Rect.Min.Y+y):]
	for i := range sums {
		var sum uint32
		for _, x := range xs[i*points:][:points] {
			sum += uint32(row[x])
		}
		sums[i] += sum
	}
}

func (m ycbcr) tintAt(x, y int) tint {
	x, y = x+m.Rect.Min.X, y+m.Rect.Min.Y
	c := m.COffset(x, y)
	return tint{int16(m.Y[m.YOffset(x, y)]), int16(m.Cb[c]) - 128, int16(m.Cr[c]) - 128}
}

// packed reads *image.Gray (step 1), *image.RGBA and *image.NRGBA (step 4). Transparency
// means nothing in a camera's picture and is left out of account.
type packed struct {
	pix          []byte
	stride, step int
}

func (m packed) addLuma(sums []uint32, xs []int, y, points int) {
	row := m.pix[y*m.stride:]
	for i := range sums {
		var sum uint32
		for _, x := range xs[i*points:][:points] {
			if m.step == 1 {
				sum += uint32(row[x])
			} else {
				p := row[4*x:][:3]
				sum += luma(p[0], p[1], p[2])
			}
		}
		sums[i] += sum
	}
}

func (m packed) tintAt(x, y int) tint {
	p := m.pix[y*m.stride+x*m.step:]
	if m.step == 1 {
		return tint{y: int16(p[0])}
	}
	return tintOf(p[0], p[1], p[2])
}

// luma is the Y of ITU-T T.871, rounded.
func luma(r, g, b uint8) uint32 {
	return (19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b) + 1<<15) >> 16
}

func tintOf(r, g, b uint8) tint {
	y, cb, cr := color.RGBToYCbCr(r, g, b)
	return tint{int16(y), int16(cb) - 128, int16(cr) - 128}
}

// paletted reads through a table; entries that the palette lacks are black.
type paletted struct {
	*image.Paletted
	table *[256]tint
}

func newPaletted(m *image.Paletted) paletted {
	p := paletted{m, new([256]tint)}
	for i, c := range m.Palette {
		if i < len(p.table) && c != nil {
			r, g, b, _ := c.RGBA()
			p.table[i] = tintOf(uint8(r>>8), uint8(g>>8), uint8(b>>8))
		}
	}
	return p
}

func (m paletted) addLuma(sums []uint32, xs []int, y, points int) {
	row := m.Pix[y*m.Stride:]
	for i := range sums {
		for _, x := range xs[i*points:][:points] {
			sums[i] += uint32(m.table[row[x]].y)
		}
	}
}

func (m paletted) tintAt(x, y int) tint { return m.table[m.Pix[y*m.Stride+x]] }

// generic reads any other picture, pixel by pixel.
type generic struct {
	image.Image
	corner image.Point
}

func (m generic) rgb(x, y int) (r, g, b uint8) {
	x, y = x+m.corner.X, y+m.corner.Y
	if deep, ok := m.Image.(image.RGBA64Image); ok {
		c := deep.RGBA64At(x, y)
		return uint8(c.R >> 8), uint8(c.G >> 8), uint8(c.B >> 8)
	}
	if c := m.At(x, y); c != nil {
		r, g, b, _ := c.RGBA()
		return uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)
	}
	return 0, 0, 0
}

func (m generic) addLuma(sums []uint32, xs []int, y, points int) {
	for i := range sums {
		for _, x := range xs[i*points:][:points] {
			sums[i] += luma(m.rgb(x, y))
		}
	}
}

func (m generic) tintAt(x, y int) tint { return tintOf(m.rgb(x, y)) }
