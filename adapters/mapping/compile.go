package mapping

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr"

	"github.com/campusgate/campusgate/gateway/event"
)

// Limits of a configuration.
const (
	maxOutputs    = 32
	maxConditions = 32
	maxFormats    = 16
	maxPattern    = 4096 // bytes of a pattern
)

// compiler makes a Config ready and gathers what is wrong with it.
type compiler struct {
	errs  []error
	json  bool
	known []string // the names of a record's fields, nil when they show in the payload only
}

func (c *compiler) fault(key string, value any, format string, args ...any) {
	c.errs = append(c.errs, &event.Fault{Key: key, Value: value, Want: fmt.Sprintf(format, args...)})
}

// oneOf is what is allowed, with the word that was probably meant.
func oneOf(word string, known []string) string {
	want := "one of " + strings.Join(known, ", ")
	if near := event.Nearest(word, known); near != "" {
		want += fmt.Sprintf("; did you mean %q", near)
	}
	return want
}

// New makes an adapter of a mapping. The error joins an *event.Fault for each thing that
// is wrong.
func New(cfg Config) (*Decoder, error) {
	c := &compiler{json: cfg.Format == FormatJSON}
	d := &Decoder{name: cfg.Name, format: cfg.Format, header: cfg.Header, skip: cfg.SkipUnmatched, columns: slices.Clone(cfg.Columns)}
	if !event.ValidName(cfg.Name) {
		c.fault("name", cfg.Name, "1 to 64 of a-z, 0-9, '-', '_'")
	}
	switch cfg.Encoding {
	case "", "utf-8":
	case "gb18030":
		d.gb18030 = true
	default:
		c.fault("encoding", cfg.Encoding, "%s", oneOf(cfg.Encoding, []string{"utf-8", "gb18030"}))
	}
	c.format(d, &cfg)
	d.site = c.source("site", cfg.Site)
	d.device = c.source("device", cfg.Device)
	d.seq = c.source("seq", cfg.Seq)
	c.times(d, cfg.Time)
	d.backfill = c.conditions("backfill", cfg.Backfill)
	d.ignore = c.conditions("ignore", cfg.Ignore)
	if n := len(cfg.Outputs); n == 0 || n > maxOutputs {
		c.fault("outputs", n, "1 to %d outputs", maxOutputs)
	} else {
		for i := range cfg.Outputs {
			d.outputs = append(d.outputs, c.output(fmt.Sprintf("outputs[%d]", i), cfg.Outputs[i]))
		}
	}
	if len(c.errs) > 0 {
		return nil, errors.Join(c.errs...)
	}
	d.scratches.New = func() any {
		s := new(scratch)
		s.env = s.environment()
		return s
	}
	return d, nil
}

// format checks the keys of the format, and that those of other formats are not there.
func (c *compiler) format(d *Decoder, cfg *Config) {
	formats := []string{FormatJSON, FormatCSV, FormatLine, FormatRegexp}
	if !slices.Contains(formats, cfg.Format) {
		c.fault("format", cfg.Format, "%s", oneOf(cfg.Format, formats))
		return
	}
	only := func(format, key string, set bool) {
		if set && cfg.Format != format {
			c.fault(key, "it", "no such key with format %s: it belongs to %s", cfg.Format, format)
		}
	}
	only(FormatJSON, "records", cfg.Records != "")
	only(FormatCSV, "delimiter", cfg.Delimiter != "")
	only(FormatCSV, "header", cfg.Header)
	only(FormatCSV, "columns", len(cfg.Columns) > 0)
	only(FormatLine, "style", cfg.Style != "")
	only(FormatLine, "separator", cfg.Separator != "")
	only(FormatLine, "assign", cfg.Assign != "")
	only(FormatRegexp, "pattern", cfg.Pattern != "")
	only(FormatRegexp, "skip_unmatched", cfg.SkipUnmatched)
	switch cfg.Format {
	case FormatJSON:
		var err error
		if d.records, err = parsePath(cfg.Records); err != nil {
			c.fault("records", cfg.Records, "%s", err)
		}
	case FormatCSV:
		c.csv(d, cfg)
	case FormatLine:
		c.line(d, cfg)
	case FormatRegexp:
		c.regexp(d, cfg)
	}
}

func (c *compiler) csv(d *Decoder, cfg *Config) {
	d.comma = ','
	if cfg.Delimiter != "" {
		r, size := utf8.DecodeRuneInString(cfg.Delimiter)
		if size != len(cfg.Delimiter) || r == utf8.RuneError || strings.ContainsRune("\"\r\n\x00", r) {
			c.fault("delimiter", fmt.Sprintf("%.20q", cfg.Delimiter), "one character, no quote and no line break")
		}
		d.comma = r
	}
	c.known = cfg.Columns
	if len(cfg.Columns) > maxColumns {
		c.fault("columns", len(cfg.Columns), "at most %d names", maxColumns)
	}
	if !cfg.Header && len(cfg.Columns) == 0 {
		c.fault("columns", "none", "the columns' names, or header: true")
	}
}

func (c *compiler) line(d *Decoder, cfg *Config) {
	switch cfg.Style {
	case "", StylePairs:
	case StyleInflux:
		d.influx = true
		if cfg.Separator != "" || cfg.Assign != "" {
			c.fault("style", cfg.Style, "%s, with separator and assign", StylePairs)
		}
	default:
		c.fault("style", cfg.Style, "%s", oneOf(cfg.Style, []string{StylePairs, StyleInflux}))
	}
	d.separator, d.assign = ",", "="
	if cfg.Separator != "" {
		d.separator = cfg.Separator
	}
	if cfg.Assign != "" {
		d.assign = cfg.Assign
	}
	if len(d.separator) > 8 || strings.ContainsAny(d.separator, "\"\r\n") {
		c.fault("separator", fmt.Sprintf("%.20q", d.separator), "1 to 8 bytes, no quote and no line break")
	}
	if len(d.assign) > 8 || strings.ContainsAny(d.assign, "\"\r\n") || d.assign == d.separator {
		c.fault("assign", fmt.Sprintf("%.20q", d.assign), "1 to 8 bytes, no quote, no line break and not the separator")
	}
}

func (c *compiler) regexp(d *Decoder, cfg *Config) {
	if len(cfg.Pattern) > maxPattern {
		c.fault("pattern", fmt.Sprintf("%.40q…", cfg.Pattern), "at most %d bytes", maxPattern)
		return
	}
	pattern, err := regexp.Compile(cfg.Pattern)
	if err != nil {
		c.fault("pattern", fmt.Sprintf("%.80q", cfg.Pattern), "a regular expression of RE2: %s", err)
		return
	}
	d.pattern = pattern
	for _, name := range pattern.SubexpNames() {
		if name != "" {
			c.known = append(c.known, name)
		}
	}
	if len(c.known) == 0 || len(c.known) > maxColumns {
		c.fault("pattern", fmt.Sprintf("%.80q", cfg.Pattern), "1 to %d named groups, (?P<name>…)", maxColumns)
	}
}

func (c *compiler) from(key, at string) *path {
	if !c.json {
		if len(at) > maxPath {
			c.fault(key, fmt.Sprintf("%.40q…", at), "at most %d bytes", maxPath)
		}
		if c.known != nil && !slices.Contains(c.known, at) {
			c.fault(key, at, "%s", oneOf(at, c.known))
		}
		return &path{name: at}
	}
	p, err := parsePath(at)
	if err != nil {
		c.fault(key, fmt.Sprintf("%.80q", at), "%s", err)
	}
	return &p
}

func (c *compiler) source(key string, from Source) source {
	s := source{
		fixed: from.Value, topic: from.Topic, words: maps.Clone(from.Map), other: from.Otherwise,
		unknown: slices.Clone(from.Unknown), fallback: from.Default,
	}
	places := 0
	for _, set := range []bool{from.Value != "", from.Topic != 0, from.From != "", from.Expr != "" && from.From == ""} {
		if set {
			places++
		}
	}
	switch {
	case places > 1:
		c.fault(key, "it", "one of value, topic, from and expr, or from with expr")
	case places == 0 && (len(from.Map) > 0 || from.Otherwise != "" || from.Default != "" || len(from.Unknown) > 0):
		c.fault(key, "it", "value, topic, from or expr, which says where it stands")
	case from.Value != "" && from.Map != nil:
		c.fault(key+".map", "it", "no map of a fixed value")
	}
	if from.Otherwise != "" && len(from.Map) == 0 {
		c.fault(key+".otherwise", from.Otherwise, "a map that it goes with")
	}
	s.set = places > 0
	if from.From != "" {
		s.from = c.from(key+".from", from.From)
	}
	if from.Expr != "" {
		var err error
		if s.program, err = compileExpr(from.Expr); err != nil {
			c.fault(key+".expr", fmt.Sprintf("%.80q", from.Expr), "an expression: %.200s", firstLine(err))
		}
	}
	return s
}

func (c *compiler) conditions(key string, list []Condition) []condition {
	if len(list) > maxConditions {
		c.fault(key, len(list), "at most %d conditions", maxConditions)
		return nil
	}
	made := make([]condition, 0, len(list))
	for i, from := range list {
		key := fmt.Sprintf("%s[%d]", key, i)
		m := condition{is: slices.Clone(from.Is), not: from.Not}
		switch {
		case from.Expr != "" && (from.From != "" || from.Topic != 0 || len(from.Is) > 0):
			c.fault(key, "it", "expr alone, or from or topic with is")
		case from.Expr != "":
			var err error
			if m.expr, err = compileExpr(from.Expr, expr.AsBool()); err != nil {
				c.fault(key+".expr", fmt.Sprintf("%.80q", from.Expr), "an expression that is true or false: %.200s", firstLine(err))
			}
		case (from.From == "") == (from.Topic == 0):
			c.fault(key, "it", "one of from, topic and expr")
		case from.From != "":
			m.source.from = c.from(key+".from", from.From)
		default:
			m.source.topic = from.Topic
		}
		made = append(made, m)
	}
	return made
}

func (c *compiler) times(d *Decoder, from Time) {
	d.when = c.source("time", from.Source)
	if !d.when.set && (len(from.Formats) > 0 || from.Zone != "") {
		c.fault("time", "it", "value, topic, from or expr, which says where it stands")
	}
	if d.when.fixed != "" {
		c.fault("time.value", from.Value, "a place in the payload or topic: no time is right for ever")
	}
	zone, err := location(from.Zone)
	if err != nil {
		c.fault("time.zone", from.Zone, "+08:00, -05:30 or an IANA name such as Asia/Shanghai")
	}
	d.times = times{formats: slices.Clone(from.Formats), zone: zone}
	if len(from.Formats) == 0 {
		d.times.formats = []string{formatRFC3339, formatAny}
	}
	if len(from.Formats) > maxFormats {
		c.fault("time.formats", len(from.Formats), "at most %d", maxFormats)
	}
	named := []string{formatRFC3339, formatUnix, formatMillis, formatMicros, formatNanos}
	for i, format := range from.Formats {
		// A layout without the day is no layout: its times would all be of the year 0.
		if !slices.Contains(named, format) && !(strings.Contains(format, "06") && strings.Contains(format, "2")) {
			c.fault(fmt.Sprintf("time.formats[%d]", i), fmt.Sprintf("%.80q", format), "%s; or a layout with date and time as in 2006-01-02 15:04:05", oneOf(format, named))
		}
	}
}

func (c *compiler) output(key string, from Output) output {
	o := output{typ: event.Type(from.Type)}
	var probe event.Event
	probe.Type = o.typ
	o.kind = body(&probe)
	all := targets(o.typ)
	if all == nil {
		types := make([]string, 0, len(event.Types()))
		for _, t := range event.Types() {
			types = append(types, string(t))
		}
		c.fault(key+".type", from.Type, "%s", oneOf(from.Type, types))
		return o
	}
	o.kindOf = c.source(key+".kind", from.Kind)
	c.kinds(key+".kind", from.Kind)
	o.device = c.source(key+".device", from.Device)
	o.when = c.conditions(key+".when", from.When)
	known := make([]string, 0, len(all))
	for _, t := range all {
		known = append(known, t.name)
	}
	for _, name := range slices.Sorted(maps.Keys(from.Fields)) {
		if !slices.Contains(known, name) {
			c.fault(key+".fields."+name, "it", "%s", oneOf(name, known))
		}
	}
	for _, t := range all {
		f, ok := from.Fields[t.name]
		if ok {
			o.fields = append(o.fields, c.field(key+".fields."+t.name, f, t))
		} else if t.need != optional || t.name == "lat" || t.name == "lon" {
			c.fault(key+".fields."+t.name, "nothing", "to be told where it stands")
		}
	}
	return o
}

// kinds checks the kinds that are written out.
func (c *compiler) kinds(key string, from Source) {
	all := make([]string, 0, len(event.Kinds()))
	for _, k := range event.Kinds() {
		all = append(all, string(k))
	}
	for _, word := range append(slices.Sorted(maps.Values(from.Map)), from.Value, from.Otherwise, from.Default) {
		if word != "" && !slices.Contains(all, word) {
			c.fault(key, word, "%s", oneOf(word, all))
		}
	}
}

func (c *compiler) field(key string, from Field, t target) field {
	f := field{source: c.source(key, from.Source), target: t, scale: from.Scale, offset: from.Offset, required: from.Required, unit: conversion{1, 0}}
	if !f.source.set {
		c.fault(key, "it", "value, topic, from or expr, which says where it stands")
	}
	if from.Scale == 0 {
		f.scale = 1
	}
	if !finite(f.scale) || !finite(f.offset) {
		c.fault(key, "it", "a finite scale and offset")
	}
	if t.kind > toWhole && (from.Scale != 0 || from.Offset != 0) {
		c.fault(key, "it", "no scale and offset: the field is no number")
	}
	if from.Unit != "" {
		known := units(t.unit)
		unit, ok := known[from.Unit]
		switch {
		case ok:
			f.unit = unit
		case known == nil:
			c.fault(key+".unit", from.Unit, "no unit: the field has none")
		default:
			c.fault(key+".unit", from.Unit, "%s", oneOf(from.Unit, slices.Sorted(maps.Keys(known))))
		}
	}
	// What is written out can be checked now.
	for _, word := range append(slices.Sorted(maps.Values(from.Map)), from.Value, from.Otherwise, from.Default) {
		if word == "" {
			continue
		}
		if _, _, err := f.convert(ofText(word)); err != nil {
			want := err.Error()
			if t.kind == toWord {
				want = oneOf(word, t.words)
			}
			c.fault(key, fmt.Sprintf("%.80q", word), "%s", want)
		}
	}
	return f
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }
