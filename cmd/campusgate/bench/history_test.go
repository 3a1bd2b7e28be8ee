package bench

import (
	"bytes"
	"os"
	"strconv"
	"testing"
)

// TestHistory reads the gate log of a year: every question has its first rows within
// 300 ms. The year has 500,000 passages, or as many as CAMPUSGATE_HISTORY_ROWS says: `make
// test-history` takes five million.
//
// Not parallel, and judged by the fastest of fifteen: what other processes take from the
// same cores is not the database's.
func TestHistory(t *testing.T) { //nolint:paralleltest // it measures
	rows := 500_000
	if s := os.Getenv("CAMPUSGATE_HISTORY_ROWS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		rows = n
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
		if q.FastestMS > want || q.First.Count == 0 {
			t.Errorf("%s: first rows after %.0f ms, half of them after %.0f ms: want %d", q.Name, q.FastestMS, q.First.P50, want)
		}
		if !q.Partial && q.Rows == 0 && q.Name != "a text that is nowhere" {
			t.Errorf("%s: nothing found", q.Name)
		}
	}
}
