package influx

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/campusgate/campusgate/gateway/event"
)

// maxText bounds a text field: InfluxDB 1.x documents 64 KB as the longest string.
const maxText = 32 << 10

// appendTag appends key (",name=") and the escaped value, nothing when the value is empty:
// line protocol has no empty tag values.
func appendTag(dst []byte, key, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(dst, key...)
	for i := range len(value) {
		c := value[i]
		if c <= ' ' || c == ',' || c == '=' || c == '\\' || c >= 0x7f {
			return appendOddTag(dst, value)
		}
	}
	return append(dst, value...)
}

// appendOddTag escapes what can be escaped. Line protocol has no way to write a backslash
// or a line break in a tag that 1.8 and 2.x both read the same, so these become '_'. Every
// tag of ours is a short word that an adapter has checked; this is the second lock.
func appendOddTag(dst []byte, value string) []byte {
	for _, r := range value {
		switch {
		case r == ',' || r == '=' || r == ' ':
			dst = append(dst, '\\', byte(r))
		case r < ' ' || r == '\\' || r == 0x7f:
			dst = append(dst, '_')
		default:
			dst = utf8.AppendRune(dst, r) // invalid bytes arrive here as U+FFFD
		}
	}
	return dst
}

// appendText appends the quoted and escaped value of a string field.
func appendText(dst []byte, s string) []byte {
	if len(s) > maxText {
		s = cut(s, maxText)
	}
	dst = append(dst, '"')
	for i := range len(s) {
		if c := s[i]; c == '"' || c == '\\' || c >= 0x80 {
			return append(appendOddText(dst, s), '"')
		}
	}
	dst = append(dst, s...)
	return append(dst, '"')
}

func appendOddText(dst []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	for i := range len(s) {
		if c := s[i]; c == '"' || c == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return dst
}

// cut shortens s to at most n bytes without splitting a rune.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// The append…Field functions append key, value and a comma: AppendEvent and AppendAnomaly
// end every line with fields that are always there.

func appendTextField(dst []byte, key, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(dst, key...)
	return append(appendText(dst, value), ',')
}

// appendFloatField leaves out what line protocol cannot say: NaN and the infinities.
func appendFloatField(dst []byte, key string, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst
	}
	dst = append(dst, key...)
	return append(appendFloat(dst, f), ',')
}

func appendTriField(dst []byte, key string, t event.Tri) []byte {
	v, ok := t.Bool()
	if !ok {
		return dst
	}
	dst = append(dst, key...)
	return append(appendBool(dst, v), ',')
}

// appendIntField appends key and value without a comma.
func appendIntField(dst []byte, key string, v int64) []byte {
	dst = append(dst, key...)
	dst = strconv.AppendInt(dst, v, 10)
	return append(dst, 'i')
}

// appendFloat writes the shortest text that reads back as f. Most sensor values have few
// decimals; those are written as integers with a point, at a fifth of the time.
func appendFloat(dst []byte, f float64) []byte {
	const limit = 1e9
	if f > -limit && f < limit {
		for scale, digits := 1.0, 0; digits <= 6; scale, digits = scale*10, digits+1 {
			scaled := math.Round(f * scale)
			if scaled/scale != f {
				continue
			}
			n := int64(scaled)
			if n < 0 || n == 0 && math.Signbit(f) {
				dst = append(dst, '-')
				n = -n
			}
			whole := int64(scale)
			dst = strconv.AppendInt(dst, n/whole, 10)
			if digits == 0 {
				return dst
			}
			dst = append(dst, '.')
			part := n % whole
			for pad := whole / 10; pad > 1 && part < pad; pad /= 10 {
				dst = append(dst, '0')
			}
			return strconv.AppendInt(dst, part, 10)
		}
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

func appendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, 't')
	}
	return append(dst, 'f')
}
