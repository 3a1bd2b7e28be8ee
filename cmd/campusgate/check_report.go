package main

import (
	"fmt"
	"os"

	"github.com/campusgate/campusgate/dashboard/report"
)

// report verifies the bundle of a monthly report, and makes its files again to compare them.
func (c checkCommand) report(io streams) error {
	text, err := os.ReadFile(c.Report)
	if err != nil {
		return err
	}
	var key []byte
	if c.ReportKey != "" {
		if key, err = os.ReadFile(c.ReportKey); err != nil {
			return err
		}
	}
	v, err := report.Verify(text, key)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Report, err)
	}
	signed := "not signed: whoever can change the file can change its digests; compare them with those on paper"
	switch {
	case v.Signed && key != nil:
		signed = "signed with the key that was given"
	case v.Signed:
		signed = "signed; the key is in the file itself: compare its SHA-256 with the county's, or give it with --report-key"
	}
	files := "made again from the inputs: the same bytes"
	if !v.Files {
		files = "not made again: another version of the program wrote them"
	}
	s := &v.Seal
	_, err = fmt.Fprintf(io.out, "%s is whole: report of %s, number %d, made %s by %s\n%s\nCSV and XLSX %s\ninputs %s\ncsv    %s\nxlsx   %s\n",
		c.Report, s.Month, s.Rev, s.At.Format("2006-01-02 15:04:05 MST"), s.By, signed, files, s.Inputs, s.CSV, s.XLSX)
	if err == nil && v.Signed {
		_, err = fmt.Fprintf(io.out, "key    %s\n", v.Key)
	}
	return err
}
