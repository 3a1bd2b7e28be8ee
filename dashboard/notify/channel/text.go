package channel

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Cut shortens s to at most n bytes at a whole character, and marks that it did.
func Cut(s string, n int) string {
	s = strings.ToValidUTF8(s, "�")
	if len(s) <= n {
		return s
	}
	const mark = "…"
	n -= len(mark)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:max(n, 0)] + mark
}

// personal finds mobile numbers (11 digits from 1), identity numbers (18, the last may be X)
// and mail addresses: they have no business in a message, wherever a rule's text got them.
var personal = regexp.MustCompile(`\b\d{17}[\dXx]\b|\b1[3-9]\d{9}\b|[\w.+-]+@[\w-]+\.[\w.-]+`)

// Mask puts stars into mobile numbers, identity numbers and mail addresses.
func Mask(s string) string {
	return personal.ReplaceAllStringFunc(s, func(found string) string {
		if name, host, mailbox := strings.Cut(found, "@"); mailbox {
			return name[:1] + "***@" + host
		}
		return found[:3] + strings.Repeat("*", len(found)-7) + found[len(found)-4:]
	})
}

// plain is the message as text: Chinese first, then English.
func plain(m *Message) string {
	parts := []string{m.Title.ZH, m.Body.ZH, "", m.Title.EN, m.Body.EN}
	if m.Link != "" {
		parts = append(parts, "", m.Link)
	}
	return strings.Join(parts, "\n")
}

// markdown is the message as the small markdown that WeCom and DingTalk share.
func markdown(m *Message) string {
	var b strings.Builder
	b.WriteString("### " + escape(m.Title.ZH) + "\n")
	quote := func(text string) {
		for line := range strings.Lines(text) {
			b.WriteString("> " + escape(strings.TrimRight(line, "\n")) + "\n\n")
		}
	}
	quote(m.Body.ZH)
	if m.Link != "" {
		b.WriteString("[打开 / open](" + m.Link + ")\n\n")
	}
	b.WriteString(escape(m.Title.EN) + "\n\n")
	quote(m.Body.EN)
	return b.String()
}

// escape takes away what markdown would read as a link, a tag or emphasis: the name of a
// device comes from the outside.
func escape(s string) string {
	return strings.NewReplacer("<", "＜", ">", "＞", "[", "［", "]", "］", "`", "'", "*", "＊", "\r", " ", "\n", " ").Replace(s)
}
