package event

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ValidLine reports whether what a person wrote fits one line of a list: UTF-8, at most most
// characters, without control characters and without those that turn the direction of what
// follows (Unicode Standard Annex 9), with which a name can be made to read as another.
func ValidLine(s string, most int) bool {
	return ValidLines(s, most) && !strings.ContainsFunc(s, unicode.IsControl)
}

// ValidLines is ValidLine for a text of several lines: line ends and tabs are allowed.
func ValidLines(s string, most int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= most && !strings.ContainsFunc(s, misleading)
}

func misleading(r rune) bool {
	switch {
	case r == '\n', r == '\r', r == '\t':
		return false
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069: // embeddings, overrides and isolates
		return true
	}
	return unicode.IsControl(r)
}
