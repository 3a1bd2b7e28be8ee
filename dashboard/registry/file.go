package registry

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Formats of files.
const (
	FormatCSV     = "csv"
	FormatXLSX    = "xlsx"
	FormatGeoJSON = "geojson"
)

// Bounds of an imported file.
const (
	MaxFile    = 8 << 20 // bytes
	maxRows    = 50_000
	maxColumns = 64
	maxUnzip   = 64 << 20 // bytes of an XLSX when unpacked
)

const byteOrderMark = "\uFEFF"

// readRows reads a CSV (UTF-8 with or without byte order mark, or GB18030) or XLSX file.
func readRows(data []byte) ([][]string, error) {
	switch {
	case len(data) > MaxFile:
		return nil, fmt.Errorf("file of %d bytes: want at most %d", len(data), MaxFile)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return readXLSX(data)
	}
	return readCSV(data)
}

func readXLSX(data []byte) (rows [][]string, err error) {
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnzip, UnzipXMLSizeLimit: maxUnzip / 4})
	if err != nil {
		return nil, fmt.Errorf("read XLSX: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	names := f.GetSheetList()
	if len(names) == 0 {
		return nil, errors.New("read XLSX: no sheet")
	}
	it, err := f.Rows(names[0])
	if err != nil {
		return nil, fmt.Errorf("read XLSX: %w", err)
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for it.Next() {
		cells, err := it.Columns()
		if err != nil {
			return nil, fmt.Errorf("read XLSX: line %d: %w", len(rows)+1, err)
		}
		if rows, err = grow(rows, cells); err != nil {
			return nil, err
		}
	}
	return rows, it.Error()
}

func readCSV(data []byte) ([][]string, error) {
	text := strings.TrimPrefix(string(data), byteOrderMark)
	if !utf8.ValidString(text) {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().String(text)
		if err != nil {
			return nil, fmt.Errorf("read CSV: neither UTF-8 nor GB18030: %w", err)
		}
		text = decoded
	}
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord, r.LazyQuotes, r.Comma = -1, true, delimiter(text)
	var rows [][]string
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read CSV: %w", err)
		}
		// A quoted cell may have several lines, and empty ones are left out: keep the count.
		line, _ := r.FieldPos(0)
		for len(rows) < line-1 && len(rows) < maxRows {
			rows = append(rows, nil)
		}
		if rows, err = grow(rows, cells); err != nil {
			return nil, err
		}
	}
}

// delimiter is the one that the first line has most of.
func delimiter(text string) rune {
	first, _, _ := strings.Cut(text, "\n")
	best, most := ',', strings.Count(first, ",")
	for _, d := range []rune{';', '\t'} {
		if n := strings.Count(first, string(d)); n > most {
			best, most = d, n
		}
	}
	return best
}

func grow(rows [][]string, cells []string) ([][]string, error) {
	if len(rows) > maxRows {
		return nil, fmt.Errorf("want at most %d lines", maxRows)
	}
	if len(cells) > maxColumns {
		for _, c := range cells[maxColumns:] {
			if strings.TrimSpace(c) != "" {
				return nil, fmt.Errorf("line %d: %d columns: want at most %d", len(rows)+1, len(cells), maxColumns)
			}
		}
		cells = cells[:maxColumns]
	}
	return append(rows, cells), nil
}

// harmless keeps a spreadsheet from taking a cell for a formula; plain undoes it.
func harmless(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r'", rune(cell[0])) {
		return cell
	}
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return cell
	}
	return "'" + cell
}

func plain(cell string) string {
	cell = strings.TrimSpace(cell)
	if rest, ok := strings.CutPrefix(cell, "'"); ok && rest != "" && strings.ContainsRune("=+-@\t\r'", rune(rest[0])) {
		return rest
	}
	return cell
}

func writeCSV(rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(byteOrderMark) // without it Excel takes the file for GBK
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	for _, r := range rows {
		cells := make([]string, len(r))
		for i, c := range r {
			cells[i] = harmless(c)
		}
		if err := w.Write(cells); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

func writeXLSX(name string, rows [][]string) (out []byte, err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.SetSheetName(f.GetSheetName(0), name); err != nil {
		return nil, err
	}
	w, err := f.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	for i, r := range rows {
		cells := make([]any, len(r))
		for j, c := range r {
			cells[j] = harmless(c) // text cells are no formulas, until somebody saves them as CSV
		}
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return nil, err
		}
		if err := w.SetRow(at, cells); err != nil {
			return nil, err
		}
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = f.Write(&b)
	return b.Bytes(), err
}
