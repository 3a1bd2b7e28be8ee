package diagnosis

const (
	// maxColours is how many colours a card may have: eight bars and what is written on them.
	maxColours = 12
	// near is how far a point may lie from a colour, in levels of each component.
	near = 10
)

// hue is one colour of a card and the share of the picture that has it.
type hue struct {
	tint
	share float64
}

// card scores the recorder's card: few colours, in flat areas, with nothing between them.
// Either a saturated colour takes a tenth of it or more (blue screen, colour bars), or it
// is black with light text. A scene that is as poor in colours (fog, a wall, night) has
// neither.
func (m *measures) card(s *sampled) float64 {
	flat := ramp(m.flatness(s), 0.72, 0.88)
	if flat == 0 {
		return 0
	}
	covered, vivid, black := 0.0, 0.0, 0.0
	for _, h := range s.hues() {
		covered += h.share
		switch {
		case max(h.cb, -h.cb, h.cr, -h.cr) >= 40:
			vivid += h.share
		case h.y < 24:
			black += h.share
		}
	}
	kind := ramp(vivid, 0, 0.2)
	if black > 0.7 {
		kind = max(kind, ramp(s.text(), 0, 0.01))
	}
	return min(kind, ramp(covered, 0.8, 0.92), flat)
}

// text returns the share of light points, without the rows in which cameras show their own
// text: a black picture below a clock is black, but no card.
func (s *sampled) text() float64 {
	across := (s.width + 1) / 2
	from, to := bodyTop*len(s.tints)/across/rows, bodyEnd*len(s.tints)/across/rows
	light := 0
	for _, t := range s.tints[from*across : to*across] {
		if t.y > 120 {
			light++
		}
	}
	return float64(light) / float64(len(s.tints))
}

// flatness returns the share of the pixels that are equal to their right and lower
// neighbours to within a level.
func (m *measures) flatness(s *sampled) float64 {
	flat, n := 0, 0
	for y := range s.height - 1 {
		line, below := s.luma[y*s.width:][:s.width], s.luma[(y+1)*s.width:][:s.width]
		for x := range s.width - 1 {
			across, down := line[x+1]-line[x], below[x]-line[x]
			if across <= 1 && across >= -1 && down <= 1 && down >= -1 {
				flat++
			}
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return float64(flat) / float64(n)
}

// hues returns the colours that make up the picture, commonest first, each found as the
// middle of the fullest bin of those points that no colour before it is near.
func (s *sampled) hues() []hue {
	left := append(s.left[:0], s.tints...)
	s.left = left
	s.bins = resize(s.bins, 1<<15)
	clear(s.bins)
	for _, t := range left {
		s.bins[t.bin()]++
	}
	var hues []hue
	for len(hues) < maxColours && len(left) > 0 {
		fullest := 0
		for b, n := range s.bins {
			if n > s.bins[fullest] {
				fullest = b
			}
		}
		var y, cb, cr int
		for _, t := range left {
			if t.bin() == fullest {
				y, cb, cr = y+int(t.y), cb+int(t.cb), cr+int(t.cr)
			}
		}
		n := int(s.bins[fullest])
		c := tint{int16(y / n), int16(cb / n), int16(cr / n)}
		rest := left[:0]
		for _, t := range left {
			if closeTo(t.y, c.y) && closeTo(t.cb, c.cb) && closeTo(t.cr, c.cr) {
				s.bins[t.bin()]--
			} else {
				rest = append(rest, t)
			}
		}
		hues = append(hues, hue{c, float64(len(left)-len(rest)) / float64(len(s.tints))})
		left = rest
	}
	return hues
}

// bin numbers the colours in cubes of eight levels, narrower than near: what is in the bin
// of a colour is always near it.
func (t tint) bin() int {
	return int(t.y)>>3<<10 | (int(t.cb)+128)>>3<<5 | (int(t.cr)+128)>>3
}

func closeTo(a, b int16) bool { return a-b <= near && b-a <= near }
