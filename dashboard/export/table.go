package export

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// Formats of files.
const (
	CSV  = "csv"
	XLSX = "xlsx"
)

// sheetRows is how many rows a sheet of XLSX holds (ECMA-376, as every program reads it),
// the header included; what is more goes on in a further sheet with its own header.
const sheetRows = 1_048_576

// table is a file in the making. Cells are nil, string, bool, int, int64, float64 or
// time.Time (written in the table's zone).
type table interface {
	write(cells []any) error
	// close finishes the file; the table is of no use afterwards, whatever it returns.
	close() error
}

// safe keeps a spreadsheet from taking a text for a formula.
func safe(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}

// stamp is a time as people of the county read it; spreadsheets take it for one.
func stamp(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(time.DateTime)
}

type csvTable struct {
	out  *csv.Writer
	zone *time.Location
	row  []string
}

// newCSV begins a file as RFC 4180 has it, CRLF at the end of lines, with the byte order
// mark by which spreadsheets know UTF-8.
func newCSV(w io.Writer, header []string, zone *time.Location) (*csvTable, error) {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return nil, err
	}
	t := &csvTable{out: csv.NewWriter(w), zone: zone}
	t.out.UseCRLF = true
	return t, t.out.Write(header)
}

func (t *csvTable) write(cells []any) error {
	t.row = t.row[:0]
	for _, c := range cells {
		t.row = append(t.row, t.text(c))
	}
	return t.out.Write(t.row)
}

func (t *csvTable) text(c any) string {
	switch c := c.(type) {
	case nil:
		return ""
	case string:
		return safe(c)
	case int:
		return strconv.Itoa(c)
	case int64:
		return strconv.FormatInt(c, 10)
	case float64:
		return strconv.FormatFloat(c, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(c)
	case time.Time:
		return stamp(c, t.zone)
	}
	return safe(fmt.Sprint(c))
}

func (t *csvTable) close() error {
	t.out.Flush()
	return t.out.Error()
}

type xlsxTable struct {
	to     io.Writer
	file   *excelize.File
	sheet  *excelize.StreamWriter
	name   string
	header []string
	zone   *time.Location
	bold   int
	sheets int
	row    int // the last one written of the sheet
	cells  []any
}

// newXLSX begins a workbook; its sheets grow in temporary files of dir.
func newXLSX(w io.Writer, dir, name string, header []string, zone *time.Location) (*xlsxTable, error) {
	t := &xlsxTable{to: w, file: excelize.NewFile(excelize.Options{TmpDir: dir}), name: name, header: header, zone: zone}
	var err error
	if t.bold, err = t.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}}); err == nil {
		err = t.nextSheet()
	}
	if err != nil {
		_ = t.file.Close()
		return nil, err
	}
	return t, nil
}

func (t *xlsxTable) nextSheet() error {
	t.sheets++
	name := t.name
	if t.sheets == 1 {
		if err := t.file.SetSheetName(t.file.GetSheetName(0), name); err != nil {
			return err
		}
	} else {
		if err := t.sheet.Flush(); err != nil {
			return err
		}
		name += " " + strconv.Itoa(t.sheets)
		if _, err := t.file.NewSheet(name); err != nil {
			return err
		}
	}
	var err error
	if t.sheet, err = t.file.NewStreamWriter(name); err != nil {
		return err
	}
	if err := t.sheet.SetColWidth(1, len(t.header), 18); err != nil {
		return err
	}
	if err := t.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	t.cells = t.cells[:0]
	for _, h := range t.header {
		t.cells = append(t.cells, excelize.Cell{StyleID: t.bold, Value: h})
	}
	t.row = 1
	return t.sheet.SetRow("A1", t.cells)
}

func (t *xlsxTable) write(cells []any) error {
	if t.row == sheetRows {
		if err := t.nextSheet(); err != nil {
			return err
		}
	}
	t.row++
	t.cells = t.cells[:0]
	for _, c := range cells {
		switch v := c.(type) {
		case string:
			c = safe(v) // text is no formula here, until somebody saves it as CSV
		case time.Time:
			c = stamp(v, t.zone)
		}
		t.cells = append(t.cells, c)
	}
	return t.sheet.SetRow("A"+strconv.Itoa(t.row), t.cells)
}

func (t *xlsxTable) close() error {
	err := t.sheet.Flush()
	if err == nil {
		err = t.file.Write(t.to)
	}
	if shut := t.file.Close(); err == nil {
		err = shut
	}
	return err
}
