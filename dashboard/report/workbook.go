package report

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Sheet is one sheet of a workbook. A cell is a string, an int, a float64 or nil for empty;
// texts stay texts, whatever they begin with.
type Sheet struct {
	Name   string // at most 31 characters
	Header []string
	Rows   [][]any
}

// maxColumn bounds how wide a column becomes, in characters.
const maxColumn = 40

// Workbook writes sheets as XLSX, the first row of each held fast. The same sheets give the
// same bytes.
func Workbook(sheets []Sheet) (_ []byte, err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return nil, fmt.Errorf("write XLSX: %w", err)
	}
	for i := range sheets {
		if err := writeSheet(f, &sheets[i], i == 0, bold); err != nil {
			return nil, fmt.Errorf("write XLSX: sheet %s: %w", sheets[i].Name, err)
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		return nil, fmt.Errorf("write XLSX: %w", err)
	}
	return inOrder(out.Bytes())
}

// inOrder writes the parts of a workbook by their names: excelize writes them in any order.
func inOrder(book []byte) ([]byte, error) {
	in, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		return nil, fmt.Errorf("write XLSX: %w", err)
	}
	slices.SortFunc(in.File, func(a, b *zip.File) int { return cmp.Compare(a.Name, b.Name) })
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range in.File {
		part, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("write XLSX: %w", err)
		}
		to, err := w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate})
		if err == nil {
			_, err = io.Copy(to, part)
		}
		if err = errors.Join(err, part.Close()); err != nil {
			return nil, fmt.Errorf("write XLSX: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("write XLSX: %w", err)
	}
	return out.Bytes(), nil
}

func writeSheet(f *excelize.File, s *Sheet, first bool, bold int) error {
	if first {
		if err := f.SetSheetName("Sheet1", s.Name); err != nil {
			return err
		}
	} else if _, err := f.NewSheet(s.Name); err != nil {
		return err
	}
	w, err := f.NewStreamWriter(s.Name)
	if err != nil {
		return err
	}
	for i, width := range s.widths() {
		if err := w.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	head := make([]any, len(s.Header))
	for i, h := range s.Header {
		head[i] = excelize.Cell{StyleID: bold, Value: h}
	}
	for i, row := range append([][]any{head}, s.Rows...) {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return err
		}
		if err := w.SetRow(cell, row); err != nil {
			return err
		}
	}
	return w.Flush()
}

// widths are those of the columns: what is in them fits, Chinese counting twice.
func (s *Sheet) widths() []float64 {
	out := make([]float64, len(s.Header))
	see := func(i int, text string) {
		w := utf8.RuneCountInString(text)
		w += (len(text) - w) / 2 // runes of three bytes are wide
		if i < len(out) {
			out[i] = max(out[i], float64(min(w+2, maxColumn)))
		}
	}
	for i, h := range s.Header {
		see(i, h)
	}
	for _, row := range s.Rows {
		for i, v := range row {
			if text, ok := v.(string); ok {
				see(i, text)
			} else {
				see(i, "1234567.89")
			}
		}
	}
	return out
}
