package diagnosis_test

// scene is a kind of view that a school's cameras have.
type scene struct {
	name     string
	infrared bool
	paint    func(c *canvas, people float64)
}

// scenes are good pictures, most of them hard for one of the measures. people moves the
// people, 0 to 1.
var scenes = []scene{
	{"gate", false, gate},
	{"backlit gate", false, func(c *canvas, p float64) {
		gate(c, p)
		c.each(0, 0, 1, 1, func(_, v float32, old rgb) rgb {
			if v < 0.36 && old[2] > 150 {
				return grey(275) // the sky is clipped,
			}
			return old.times(0.45) // and what stands before it in shadow
		})
	}},
	{"fog", false, func(c *canvas, p float64) {
		gate(c, p)
		fog(c, 0.93)
	}},
	{"snow", false, snow},
	{"playground", false, playground},
	{"court", false, court},
	{"night infrared", true, func(c *canvas, p float64) { gate(c, p); night(c) }},
	{"night lamps", false, nightLamps},
	{"classroom", false, classroom},
	{"white wall", false, whiteWall},
	{"dark corridor", false, darkCorridor},
	{"kitchen", false, kitchen},
}

// faces are the colours of what people wear.
var coats = []rgb{{150, 40, 45}, {40, 70, 150}, {200, 200, 205}, {60, 110, 70}, {180, 150, 60}, {40, 40, 44}}

func (c *canvas) people(at float64, where [][3]float64) {
	for i, p := range where {
		c.person(p[0]+0.1*at*float64(1-2*(i%2)), p[1], p[2], coats[i%len(coats)])
	}
}

// gate is a school's gate by day: sky, trees, a building, bars, asphalt, people, a car.
func gate(c *canvas, people float64) {
	c.each(0, 0, 1, 0.45, func(u, v float32, _ rgb) rgb {
		cloud := min(max(c.fractal(u*4, v*7)*1.2+0.25, 0), 1)
		return rgb{118, 158, 212}.mix(grey(232), cloud).times(1 + 0.2*v)
	})
	c.fill(0.30, 0.14, 0.92, 0.62, rgb{176, 150, 128}, 0.10, 30)
	for i := range 8 {
		for j := range 4 {
			u, v := 0.33+0.073*float64(i), 0.18+0.10*float64(j)
			c.fill(u, v, u+0.042, v+0.060, rgb{60, 74, 92}, 0.35, 12)
			c.fill(u, v+0.060, u+0.042, v+0.066, rgb{205, 200, 192}, 0.05, 20)
		}
	}
	tree(c, 0.14, 0.33, 0.17, 0.30)
	tree(c, 0.95, 0.38, 0.11, 0.24)
	c.fill(0, 0.60, 1, 1, rgb{118, 118, 120}, 0.16, 40)
	c.fill(0, 0.60, 1, 0.63, rgb{160, 156, 150}, 0.12, 30)
	for i := range 5 {
		u := 0.06 + 0.2*float64(i)
		c.fill(u, 0.80, u+0.10, 0.82, rgb{226, 224, 214}, 0.10, 40)
	}
	for i := range 26 {
		u := 0.30 + 0.024*float64(i)
		c.fill(u, 0.50, u+0.006, 0.68, rgb{52, 54, 60}, 0.10, 30)
	}
	c.fill(0.30, 0.50, 0.92, 0.515, rgb{60, 62, 70}, 0.10, 30)
	c.fill(0.25, 0.44, 0.30, 0.70, rgb{158, 60, 50}, 0.12, 30)
	c.fill(0.68, 0.72, 0.92, 0.84, rgb{40, 60, 110}, 0.06, 8)
	c.fill(0.72, 0.66, 0.88, 0.73, rgb{70, 84, 96}, 0.25, 8)
	c.ellipse(0.73, 0.85, 0.02, 0.034, grey(24))
	c.ellipse(0.87, 0.85, 0.02, 0.034, grey(24))
	c.people(people, [][3]float64{{0.16, 0.80, 0.22}, {0.36, 0.92, 0.30}, {0.55, 0.76, 0.18}, {0.60, 0.97, 0.34}})
}

// tree paints a crown with leaves and a trunk.
func tree(c *canvas, u, v, ru, rv float64) {
	c.fill(u-0.012, v, u+0.012, 0.66, rgb{70, 56, 44}, 0.3, 40)
	c.each(u-ru, v-rv, u+ru, v+rv, func(x, y float32, old rgb) rgb {
		dx, dy := (x-float32(u))/float32(ru), (y-float32(v))/float32(rv)
		if dx*dx+dy*dy+0.5*c.fractal(x*26, y*16) > 0.85 {
			return old
		}
		return rgb{66, 92, 44}.times(1 + 0.75*c.fractal(x*80, y*45) - 0.3*dy)
	})
}

// fog veils what is far: distance grows towards the upper edge. depth is the share of the
// veil before the farthest.
func fog(c *canvas, depth float32) {
	c.each(0, 0, 1, 1, func(_, v float32, old rgb) rgb {
		far := min(max((0.95-v)/0.5, 0.15), 1)
		return old.mix(rgb{186, 190, 194}, depth*far)
	})
}

func snow(c *canvas, people float64) {
	c.fill(0, 0, 1, 0.41, rgb{205, 209, 214}, 0.03, 4)
	c.fill(0.42, 0.16, 0.86, 0.52, rgb{150, 120, 104}, 0.10, 30)
	c.fill(0.40, 0.12, 0.88, 0.17, rgb{236, 238, 242}, 0.02, 10)
	for i := range 5 {
		u := 0.45 + 0.083*float64(i)
		c.fill(u, 0.24, u+0.05, 0.34, rgb{56, 64, 78}, 0.3, 10)
		c.fill(u, 0.34, u+0.05, 0.35, rgb{236, 238, 242}, 0.02, 10)
	}
	c.each(0, 0.40, 1, 1, func(u, v float32, old rgb) rgb {
		if float64(u) > 0.42 && float64(u) < 0.86 && v < 0.52 {
			return old
		}
		steps := c.fractal(u*50, v*40)
		if steps > 0.45 {
			return rgb{178, 186, 204}
		}
		return rgb{222, 226, 234}.times(1 + 0.035*c.fractal(u*14, v*18))
	})
	tree(c, 0.16, 0.30, 0.12, 0.22)
	c.each(0.04, 0.08, 0.28, 0.52, func(u, v float32, old rgb) rgb {
		if c.fractal(u*60, v*30) > 0.15 && old.luma() < 120 {
			return grey(232)
		}
		return old
	})
	c.people(people, [][3]float64{{0.35, 0.80, 0.22}, {0.70, 0.92, 0.28}})
}

// playground is nine tenths lawn and running track: green and red without a cast.
func playground(c *canvas, people float64) {
	c.fill(0, 0, 1, 0.16, rgb{196, 208, 226}, 0.08, 4)
	c.fill(0.1, 0.06, 0.5, 0.17, rgb{206, 200, 190}, 0.10, 24)
	tree(c, 0.72, 0.10, 0.16, 0.09)
	c.fill(0, 0.16, 1, 1, rgb{78, 122, 60}, 0.22, 60)
	for i := range 4 {
		v := 0.70 + 0.075*float64(i)
		c.fill(0, v, 1, v+0.065, rgb{160, 74, 60}, 0.10, 60)
		c.fill(0, v+0.065, 1, v+0.075, rgb{230, 226, 220}, 0.05, 60)
	}
	c.fill(0.1, 0.30, 0.9, 0.31, rgb{225, 228, 220}, 0.05, 60)
	c.fill(0.495, 0.30, 0.505, 0.66, rgb{225, 228, 220}, 0.05, 60)
	for _, u := range []float64{0.2, 0.26} {
		c.fill(u, 0.22, u+0.004, 0.34, grey(235), 0.02, 20)
	}
	c.people(people, [][3]float64{{0.3, 0.55, 0.15}, {0.6, 0.60, 0.16}, {0.72, 0.86, 0.24}, {0.4, 0.45, 0.12}})
}

// court is a blue court indoors, with a wooden wall.
func court(c *canvas, people float64) {
	c.fill(0, 0, 1, 0.35, rgb{196, 164, 120}, 0.08, 12)
	for i := range 12 {
		u := float64(i) / 12
		c.fill(u, 0, u+0.004, 0.35, rgb{120, 96, 66}, 0.1, 20)
	}
	c.fill(0, 0.35, 1, 1, rgb{60, 104, 168}, 0.05, 40)
	c.fill(0.08, 0.55, 0.92, 0.562, grey(236), 0.03, 40)
	c.fill(0.48, 0.38, 0.49, 1, grey(236), 0.03, 40)
	c.fill(0.30, 0.08, 0.46, 0.26, grey(240), 0.02, 20)
	c.fill(0.34, 0.15, 0.42, 0.24, rgb{190, 60, 40}, 0.02, 20)
	c.people(people, [][3]float64{{0.25, 0.80, 0.30}, {0.52, 0.66, 0.24}, {0.74, 0.92, 0.36}})
}

// night turns what was painted into an infrared picture: grey, lit from the camera, dark
// behind.
func night(c *canvas) {
	c.each(0, 0, 1, 1, func(u, v float32, old rgb) rgb {
		dx, dy := u-0.5, v-0.78
		reach := 1.5 / (1 + 5*dx*dx + 8*dy*dy)
		if v < 0.14 {
			reach *= 0.15
		}
		return grey(12 + 0.95*old.luma()*reach)
	})
	c.lamp(0.9, 0.3, 0.012, grey(255))
}

// nightLamps is a street under sodium lamps, in colour.
func nightLamps(c *canvas, people float64) {
	gate(c, people)
	c.each(0, 0, 1, 1, func(u, v float32, old rgb) rgb {
		reach := float32(0.06)
		for _, l := range [][2]float32{{0.22, 0.5}, {0.78, 0.55}} {
			dx, dy := (u-l[0])*1.6, v-l[1]-0.15
			reach += 0.42 / (1 + 18*(dx*dx+dy*dy))
		}
		if v < 0.3 {
			reach *= 0.5
		}
		l := old.luma() * reach
		return rgb{6 + 1.28*l, 6 + 0.97*l, 7 + 0.50*l}.mix(old.times(reach), 0.3)
	})
	c.lamp(0.22, 0.32, 0.014, rgb{255, 200, 120})
	c.lamp(0.78, 0.36, 0.014, rgb{255, 200, 120})
}

func classroom(c *canvas, people float64) {
	shade := func(u, v float32, old rgb) rgb { return old.times(1.06 - 0.22*u - 0.1*v) }
	c.fill(0, 0, 1, 0.62, rgb{214, 212, 204}, 0.012, 6)
	c.fill(0.18, 0.14, 0.70, 0.44, rgb{44, 70, 58}, 0.10, 8)
	c.fill(0.18, 0.13, 0.70, 0.14, rgb{150, 130, 100}, 0.05, 20)
	for i := range 5 {
		c.fill(0.22, 0.19+0.045*float64(i), 0.22+0.08*float64(1+i*7%5), 0.20+0.045*float64(i), rgb{190, 200, 196}, 0.6, 90)
	}
	c.each(0.80, 0.08, 1, 0.5, func(u, v float32, _ rgb) rgb { return grey(262) })
	for i := range 3 {
		c.fill(0.80+0.066*float64(i), 0.08, 0.81+0.066*float64(i), 0.5, rgb{180, 184, 188}, 0.03, 20)
	}
	c.fill(0, 0.62, 1, 1, rgb{150, 146, 138}, 0.06, 20)
	for j := range 4 {
		for i := range 6 {
			u, v := 0.02+0.165*float64(i)+0.01*float64(j), 0.60+0.105*float64(j)
			c.fill(u, v, u+0.12, v+0.035, rgb{196, 160, 110}, 0.12, 20)
			c.fill(u, v+0.035, u+0.12, v+0.05, rgb{110, 86, 60}, 0.1, 20)
			if (i+j)%3 != 0 {
				c.person(u+0.06+0.02*people, v+0.05, 0.16, coats[(i+2*j)%len(coats)])
			}
		}
	}
	c.each(0, 0, 1, 1, shade)
}

// whiteWall is mostly wall: a corridor's end with a door, a notice board and a bench.
func whiteWall(c *canvas, people float64) {
	c.each(0, 0, 1, 1, func(u, v float32, _ rgb) rgb {
		return rgb{224, 223, 218}.times(1.02 - 0.25*u*u - 0.08*v + 0.01*c.fractal(u*9, v*5))
	})
	c.fill(0, 0.82, 1, 1, rgb{140, 138, 134}, 0.08, 24)
	c.fill(0, 0.80, 1, 0.82, rgb{90, 88, 86}, 0.05, 24)
	c.fill(0.08, 0.30, 0.22, 0.82, rgb{150, 110, 76}, 0.12, 16)
	c.ellipse(0.205, 0.56, 0.006, 0.012, grey(220))
	c.fill(0.62, 0.32, 0.84, 0.54, rgb{70, 110, 84}, 0.06, 20)
	for i := range 3 {
		c.fill(0.64+0.065*float64(i), 0.35, 0.69+0.065*float64(i), 0.48, grey(236), 0.25, 110)
	}
	c.people(people, [][3]float64{{0.45, 0.96, 0.42}})
}

// darkCorridor is lit by an exit sign and what comes through a door's pane.
func darkCorridor(c *canvas, _ float64) {
	c.each(0, 0, 1, 1, func(u, v float32, _ rgb) rgb {
		dx, dy := u-0.5, v-0.42
		d := max(dx, -dx, dy*0.9, -dy*0.9)
		l := 16 + 16/(1+60*d*d)
		tile := int(8/(d+0.08)) % 2
		if v > 0.5 && d > 0.1 && tile == 0 {
			l *= 0.7
		}
		if dx > -dy-0.01 && dx < -dy+0.01 || dx > dy-0.01 && dx < dy+0.01 {
			l *= 0.6
		}
		return grey(l)
	})
	for i := range 4 {
		u := 0.06 + 0.09*float64(i)
		c.fill(u, 0.25+0.03*float64(i), u+0.05, 0.85-0.07*float64(i), rgb{30, 25, 20}, 0.2, 20)
		c.fill(1-u-0.05, 0.25+0.03*float64(i), 1-u, 0.85-0.07*float64(i), rgb{42, 38, 34}, 0.2, 20)
	}
	c.fill(0.44, 0.32, 0.56, 0.55, grey(58), 0.2, 20)
	c.fill(0.47, 0.28, 0.53, 0.31, rgb{60, 190, 100}, 0.3, 60)
	c.lamp(0.70, 0.10, 0.008, grey(230))
}

// kitchen is tiles, steel and warm light.
func kitchen(c *canvas, people float64) {
	c.each(0, 0, 1, 0.6, func(u, v float32, _ rgb) rgb {
		x, y := u*24, v*14
		x, y = x-float32(int(x)), y-float32(int(y))
		if x < 0.06 || y < 0.06 {
			return grey(150)
		}
		return rgb{222, 218, 206}.times(1 + 0.03*c.fractal(u*30, v*20))
	})
	c.fill(0, 0.52, 1, 0.84, rgb{160, 162, 166}, 0.22, 5)
	c.fill(0, 0.52, 1, 0.54, rgb{226, 226, 228}, 0.05, 20)
	for i := range 4 {
		u := 0.12 + 0.24*float64(i)
		c.ellipse(u, 0.50, 0.07, 0.06, rgb{96, 98, 104})
		c.ellipse(u, 0.48, 0.06, 0.035, rgb{190, 120, 60})
	}
	c.fill(0, 0.84, 1, 1, rgb{130, 90, 70}, 0.12, 30)
	c.people(people, [][3]float64{{0.3, 0.95, 0.55}, {0.66, 0.93, 0.52}})
	c.each(0, 0, 1, 1, func(_, _ float32, old rgb) rgb { return rgb{old[0] * 1.06, old[1], old[2] * 0.84} })
}
