package bench

import (
	"bytes"
	"os"
	"strconv"
	"testing"
)

// TestHistory reads the gate log of a year: every question has its first page, client and
// database together, for 300 ms of CPU time. The year has 500,000 passages. `make
// test-history` takes as many as CAMPUSGATE_HISTORY_ROWS says, five million, on a machine
// that does nothing else, and there the clock must say 300 ms too.
//
// Not parallel, and judged by the cheapest of fifteen: what other processes take from the
// same cores, and the collector now and then, is not the page's.
func TestHistory(t *testing.T) { //nolint:paralleltest // it measures
	rows, alone := 500_000, false
	if s := os.Getenv("CAMPUSGATE_HISTORY_ROWS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		rows, alone = n, true
	}
	var progress bytes.Buffer
	r, err := Run(t.Context(), Config{History: rows, Parts: []string{"history"}, Progress: &progress})
	if err != nil {
		t.Fatalf("%v\n%s", err, progress.String())
	}
	var text bytes.Buffer
	if err := r.Print(&text); err != nil {
		t.Fatal(err)
	}
	t.Log(text.String())
	if r.History == nil || r.History.Rows != rows || len(r.History.Questions) < 12 {
		t.Fatalf("the report is not whole: %+v", r.History)
	}
	const want = 300
	for _, q := range r.History.Questions {
		if q.CPUMS > want || q.First.Count == 0 {
			t.Errorf("%s: a first page costs %.0f ms of CPU time: want %d", q.Name, q.CPUMS, want)
		}
		if alone && q.FastestMS > want {
			t.Errorf("%s: first rows after %.0f ms, half of them after %.0f ms: want %d", q.Name, q.FastestMS, q.First.P50, want)
		}
		if !q.Partial && q.Rows == 0 && q.Name != "a text that is nowhere" {
			t.Errorf("%s: nothing found", q.Name)
		}
	}
}
