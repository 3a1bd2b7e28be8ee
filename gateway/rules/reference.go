package rules

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/campusgate/campusgate/gateway/event"
)

// Reference is configs/rules/README.md: every field, word and function of the language.
func Reference() string {
	var b strings.Builder
	b.WriteString(`# The county's own rules

A document is YAML: named areas (` + "`fences`" + `) and ` + "`rules`" + `. schools.yaml beside this page is an example
with comments; the fields are described with their ranges in gateway/rules/document.go. This page is
generated: ` + "`go test ./gateway/rules -run TestReference -update`" + `.

Try a document before it is in force:

    campusgate check --rules FILE
    campusgate check --rules FILE --config CONFIG --backtest --from 2026-11-16 --to 2026-11-20 --operators 2
    campusgate check --rules FILE --events EXPORT.jsonl

## Fields of a rule

| key | of | what it says |
|---|---|---|
`)
	for _, row := range [][3]string{
		{"name", "text", "1 to 40 of a-z, 0-9, '_'; anomalies bear it behind " + Prefix},
		{"disabled", "true or false", "keeps the rule in the document and out of force"},
		{"on.types, on.kinds", "lists", "types of event (at least one) and kinds of device that the rule looks at"},
		{"on.only", "condition", "other events are not there for the rule: neither judged nor counted"},
		{"where", "lists", "sites, not_sites, site_kinds, townships, devices, places"},
		{"when", "condition", "when the anomaly is raised"},
		{"per", "device, site, county", "whose events are put together"},
		{"for", "duration", "how long when must hold; 0 to 24h"},
		{"clear_when", "condition", "when it ends; without it: when does not hold"},
		{"clear_after", "duration", "how long that must last; 0 to 24h"},
		{"momentary, repeat", "true, duration", "each event for which when holds, counted up within repeat (10m)"},
		{"schedule", "days, from, to, school_days", "when the rule is in force, in the county's time"},
		{"severity", "word", strings.Join(texts(event.Severities()), ", ") + "; without it: warning"},
		{"value, limit, unit", "number, number, text", "what is shown with the anomaly"},
		{"text.zh, text.en", "text", "what was found; {{expression}} is replaced, and may use value, limit, seen (events) and minutes (since it began)"},
		{"advice.zh, advice.en", "text", "what to do"},
	} {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", row[0], row[1], row[2])
	}
	b.WriteString("\n## Functions\n\n`expression` and `filter` are expressions themselves, in quotes; a `window` or `duration` is a text like \"10m\", at most \"24h\".\nThose with * may also stand in filters and texts. Windows are exact to a thirtieth of their length.\n\n| function | gives | what it says | example |\n|---|---|---|---|\n")
	for _, f := range Functions() {
		star := ""
		if f.Plain {
			star = " *"
		}
		fmt.Fprintf(&b, "| `%s`%s | %s | %s | `%s` |\n", f.Form(), star, f.Result, f.Doc, strings.ReplaceAll(f.Example, "|", "\\|"))
	}
	b.WriteString("\nOf the expression language itself: `" + strings.Join(builtins(), "`, `") + "`, the operators\n`+ - * / % == != < > <= >= && || ! ?: in contains startsWith endsWith matches`, lists `[a, b]`. No loops and variables.\n\n## Fields of expressions\n\n| name | type | words |\n|---|---|---|\n")
	t := reflect.TypeFor[environment]()
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("expr")
		switch {
		case f.Type.Kind() == reflect.Func || f.Name == "Value" || f.Name == "Limit" || f.Name == "Seen" || f.Name == "Minutes":
		case f.Type.Kind() == reflect.Pointer:
			for j := range f.Type.Elem().NumField() {
				inner := f.Type.Elem().Field(j)
				fieldRow(&b, name+"."+inner.Tag.Get("expr"), inner.Type)
			}
		default:
			fieldRow(&b, name, f.Type)
		}
	}
	return b.String()
}

func fieldRow(b *strings.Builder, name string, t reflect.Type) {
	kind := map[reflect.Kind]string{reflect.String: "text", reflect.Float64: "number", reflect.Int: "number", reflect.Bool: "true or false"}[t.Kind()]
	fmt.Fprintf(b, "| `%s` | %s | %s |\n", name, kind, strings.TrimSuffix(strings.Join(words(name), ", "), ", "))
}
