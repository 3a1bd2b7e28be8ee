package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/campusgate/campusgate/gateway/event"
)

// Modes of an import.
const (
	ImportCheck = "check" // say what it would do
	ImportAll   = "all"   // every line or none
	ImportGood  = "good"  // the lines without a fault
)

// maxProblems is how many refusals a report tells; the rest is counted.
const maxProblems = 1000

// maxRounds bounds how often lines that are refused together with others are taken out.
const maxRounds = 8

// Problem is a refused cell.
type Problem struct {
	Line   int        `json:"line" doc:"Of the file, from 1; 0: the file as a whole. Of GeoJSON: the feature."`
	Column string     `json:"column"`
	Value  string     `json:"value"`
	Want   event.Text `json:"want"`
}

// Report is what an import did, or would do.
type Report struct {
	Sheet     string    `json:"sheet"`
	Lines     int       `json:"lines" doc:"With something in them, without the header."`
	Created   int       `json:"created"`
	Updated   int       `json:"updated"`
	Unchanged int       `json:"unchanged"`
	Refused   int       `json:"refused" doc:"Lines with a problem."`
	Problems  []Problem `json:"problems"`
	Ignored   []string  `json:"ignored" doc:"Columns of the file that nobody knows."`
	Applied   bool      `json:"applied"`
	Version   int64     `json:"version"`
}

// Unreadable is a file that is none, or not of its sheet.
type Unreadable struct{ err error }

// Error says why.
func (u *Unreadable) Error() string { return u.err.Error() }

// Unwrap returns the reader's error.
func (u *Unreadable) Unwrap() error { return u.err }

// line is one thing of the file on its way in.
type line struct {
	n      int
	change Change
}

type importing struct {
	report  Report
	columns map[string]string // header of the file by key, for the report
	lines   []line
	refused map[int]bool
}

func (m *importing) refuse(n int, column, value string, want event.Text) {
	m.refused[n] = true
	if header, ok := m.columns[column]; ok {
		column = header
	}
	if len(m.report.Problems) < maxProblems {
		m.report.Problems = append(m.report.Problems, Problem{n, column, value, want})
	}
}

// Import reads a file of a sheet: CSV, XLSX, or for routes GeoJSON. Nothing is deleted: what
// the file does not name stays as it is, and so do the fields that it has no column for. An
// error means that the file could not be read at all; everything else is in the report.
func (s *Service) Import(ctx context.Context, by, name, mode string, data []byte) (Report, error) {
	sheet, err := sheetOf(name)
	if err != nil {
		return Report{}, err
	}
	m := &importing{
		report: Report{Sheet: name, Problems: []Problem{}, Ignored: []string{}}, refused: make(map[int]bool), columns: make(map[string]string),
	}
	if name == SheetRoutes && bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(data, []byte(byteOrderMark))), []byte("{")) {
		err = m.readGeoJSON(data, s.known(KindRoute))
	} else {
		err = m.readSheet(sheet, data, s.known(sheet.kind))
	}
	if err != nil {
		return Report{}, &Unreadable{err}
	}
	writes, err := s.settle(by, m)
	if err != nil {
		return Report{}, err
	}
	r := &m.report
	for _, w := range writes {
		if w.Audit.Action == ActionCreate {
			r.Created++
		} else {
			r.Updated++
		}
	}
	r.Refused, r.Version = len(m.refused), s.Version()
	if m.refused[0] {
		r.Refused-- // the file is no line
	}
	r.Unchanged = len(m.lines) - len(writes)
	slices.SortStableFunc(r.Problems, func(a, b Problem) int { return a.Line - b.Line })
	if mode == ImportCheck || mode == ImportAll && len(m.refused) > 0 || m.refused[0] {
		return *r, nil
	}
	if r.Version, err = s.Apply(ctx, by, m.changes()); err != nil {
		return Report{}, err
	}
	r.Applied = true
	return *r, nil
}

func (m *importing) changes() []Change {
	all := make([]Change, len(m.lines))
	for i, l := range m.lines {
		all[i] = l.change
	}
	return all
}

func (s *Service) known(kind string) func(string) Entry {
	of := s.snapshot()[kind]
	return func(key string) Entry { return of[key] }
}

// settle takes out the lines that the registry refuses, until the rest is good.
func (s *Service) settle(by string, m *importing) ([]Write, error) {
	for range maxRounds {
		writes, err := s.try(by, m.changes())
		var bad *Invalid
		if !errors.As(err, &bad) {
			return writes, err
		}
		at := make(map[string]int, len(m.lines))
		for _, l := range m.lines {
			at[l.change.Kind+" "+l.change.Key] = l.n
		}
		out := make(map[int]bool)
		for _, f := range bad.Faults {
			n := at[f.Kind+" "+f.Key]
			if n == 0 {
				n = m.mentions(f.Value) // it clashes with an entry that is there already
			}
			m.refuse(n, f.Field, f.Value, f.Want)
			out[n] = true
		}
		m.lines = slices.DeleteFunc(m.lines, func(l line) bool { return out[l.n] })
		if out[0] {
			return nil, nil
		}
	}
	m.refuse(0, "", "", event.Text{ZH: "错误互相牵连，请先修正以上各行", EN: "faults hang together: put the lines above right first"})
	return nil, nil
}

// mentions is the line of the file that has a value, 0 when none has.
func (m *importing) mentions(value string) int {
	if value == "" {
		return 0
	}
	for _, l := range m.lines {
		if bytes.Contains(l.change.Doc, []byte(`"`+value+`"`)) {
			return l.n
		}
	}
	return 0
}

// readSheet reads lines of cells.
func (m *importing) readSheet(sheet *sheet, data []byte, known func(string) Entry) error {
	rows, err := readRows(data)
	if err != nil {
		return err
	}
	first := slices.IndexFunc(rows, func(cells []string) bool { return strings.TrimSpace(strings.Join(cells, "")) != "" })
	if first < 0 {
		return errors.New("the file is empty")
	}
	keys := make([]string, len(rows[first]))
	for i, cell := range rows[first] {
		cell = strings.TrimPrefix(plain(cell), byteOrderMark)
		h := slices.IndexFunc(sheet.headers, func(h header) bool {
			return strings.EqualFold(cell, h.key) || cell == h.zh || strings.EqualFold(cell, h.zh+" "+h.key)
		})
		switch {
		case h >= 0:
			if _, twice := m.columns[sheet.headers[h].key]; twice {
				return fmt.Errorf("column %q is there twice", cell)
			}
			keys[i] = sheet.headers[h].key
			m.columns[keys[i]] = cell
		case cell != "" && cell != "rev":
			m.report.Ignored = append(m.report.Ignored, cell)
		}
	}
	for _, h := range sheet.headers {
		if _, there := m.columns[h.key]; h.need && !there {
			return fmt.Errorf("the first line has no column %q or %q", h.key, h.zh)
		}
	}
	seen := make(map[string]int)
	for i, row := range rows[first+1:] {
		cells := make(map[string]string, len(keys))
		empty := true
		for j, key := range keys {
			if key == "" {
				continue
			}
			cells[key] = ""
			if j < len(row) {
				cells[key] = plain(row[j])
			}
			empty = empty && cells[key] == ""
		}
		if !empty {
			c, bad := sheet.change(cells, known)
			m.add(first+i+2, c, bad, seen)
		}
	}
	return nil
}

// add takes one thing of the file, or refuses it.
func (m *importing) add(n int, c Change, bad []Fault, seen map[string]int) {
	m.report.Lines++
	if len(bad) == 0 {
		var doc []byte
		if doc, bad = checkDoc(c.Kind, c.Key, c.Doc); len(bad) == 0 {
			c.Doc = doc
		}
	}
	if before := seen[c.Key]; before > 0 && len(bad) == 0 {
		bad = append(bad, Fault{Field: c.Kind, Value: c.Key, Want: event.Text{
			ZH: fmt.Sprintf("不重复的编号（第 %d 行已有）", before), EN: fmt.Sprintf("an id that line %d has not got already", before),
		}})
	}
	for _, f := range bad {
		m.refuse(n, strings.ReplaceAll(f.Field, ".", "_"), f.Value, f.Want)
	}
	if len(bad) > 0 {
		return
	}
	seen[c.Key] = n
	m.lines = append(m.lines, line{n, c})
}

// Export writes the entries that may be seen as a file.
func (s *Service) Export(name, format string, sees func(Entry) bool) ([]byte, error) {
	sheet, err := sheetOf(name)
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(s.Entries(sheet.kind), func(e Entry) bool { return !sees(e) })
	if format == FormatGeoJSON {
		if name != SheetRoutes {
			return nil, errors.New("only routes are exported as GeoJSON")
		}
		return writeGeoJSON(list)
	}
	head := make([]string, len(sheet.headers))
	for i, h := range sheet.headers {
		head[i] = h.zh + " " + h.key
	}
	rows := [][]string{head}
	for _, e := range list {
		if cells := sheet.row(e); cells != nil {
			rows = append(rows, cells)
		}
	}
	if format == FormatXLSX {
		return writeXLSX(name, rows)
	}
	return writeCSV(rows)
}
