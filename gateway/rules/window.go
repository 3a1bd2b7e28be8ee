package rules

import "math"

// windowBuckets is into how many parts a window is cut: what it holds is exact to one of
// them. An event leaves between the window's end and a thirtieth of it later.
const windowBuckets = 30

// bucket is what one part of a window holds.
type bucket struct {
	at       int64 // number of the part since 1970
	n        uint64
	sum      float64
	min, max float64
}

// first is the oldest part that the window still covers.
func (w *window) first(now int64) int64 { return floorDiv(now-w.length, w.width) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// add notes a value at a time, which does not go back.
func (w *window) add(list []bucket, now int64, v float64) []bucket {
	old, at := 0, floorDiv(now, w.width)
	for first := w.first(now); old < len(list) && list[old].at < first; old++ {
	}
	list = append(list[:0], list[old:]...)
	if n := len(list); n > 0 && list[n-1].at >= at {
		b := &list[n-1]
		b.n, b.sum, b.min, b.max = b.n+1, b.sum+v, min(b.min, v), max(b.max, v)
		return list
	}
	return append(list, bucket{at, 1, v, v, v})
}

// result is what the function returns for the window.
func (w *window) result(list []bucket, now int64) float64 {
	first := w.first(now)
	n, sum, least, most := uint64(0), 0.0, math.NaN(), math.NaN()
	for _, b := range list {
		if b.at < first {
			continue
		}
		if n == 0 {
			least, most = b.min, b.max
		}
		n, sum, least, most = n+b.n, sum+b.sum, min(least, b.min), max(most, b.max)
	}
	switch w.op {
	case "count":
		return float64(n)
	case "rate":
		return float64(n) / (float64(w.length) / 60e9)
	case "sum":
		return sum
	case "avg":
		return sum / float64(n) // NaN of none
	case "min":
		return least
	}
	return most
}
