package uplink

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"time"
)

// mark is the payload of the last message of a batch (and of a fence, which has no runs).
type mark struct {
	Version int    `json:"v"`
	Journal string `json:"journal"`
	// Process is random for each start of a gateway.
	Process string `json:"process"`
	// N numbers the marks of one chain and journal from 1.
	N    uint64 `json:"n"`
	Lane string `json:"lane,omitempty"`
	// First and Last bound the journal's sequence numbers of the batch.
	First uint64    `json:"first,omitempty"`
	Last  uint64    `json:"last,omitempty"`
	At    time.Time `json:"at"`
	Runs  runs      `json:"runs,omitempty"`
	// Doubt are the batches before this one that the journal's cursor did not cover for
	// certain when it was sent.
	Doubt []batchRef `json:"doubt,omitempty"`
}

const markVersion = 1

// batchRef is a batch that is on the bus.
type batchRef struct {
	N    uint64 `json:"n"`
	Runs runs   `json:"runs"`
}

func parseMark(data []byte) (mark, error) {
	var m mark
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("read mark: %w", err)
	}
	if m.Version != markVersion {
		return m, fmt.Errorf("read mark: version %d, this program knows %d", m.Version, markVersion)
	}
	for _, r := range append([]batchRef{{m.N, m.Runs}}, m.Doubt...) {
		if err := r.Runs.check(); err != nil {
			return m, fmt.Errorf("read mark: %w", err)
		}
	}
	return m, nil
}

// runs is a set of sequence numbers as pairs of first and count, ascending and disjoint.
type runs []uint64

// add appends a number larger than all before it.
func (r runs) add(seq uint64) runs {
	if n := len(r); n > 0 && r[n-2]+r[n-1] == seq {
		r[n-1]++
		return r
	}
	return append(r, seq, 1)
}

func runsOf(seqs []uint64) runs {
	if !slices.IsSorted(seqs) {
		seqs = slices.Sorted(slices.Values(seqs))
	}
	var r runs
	for _, s := range seqs {
		r = r.add(s)
	}
	return r
}

func (r runs) contains(seq uint64) bool {
	i := sort.Search(len(r)/2, func(i int) bool { return r[2*i] > seq })
	return i > 0 && seq-r[2*i-2] < r[2*i-1]
}

func (r runs) count() uint64 {
	var n uint64
	for i := 1; i < len(r); i += 2 {
		n += r[i]
	}
	return n
}

func (r runs) check() error {
	if len(r)%2 != 0 {
		return fmt.Errorf("runs: odd length %d", len(r))
	}
	for i := 0; i < len(r); i += 2 {
		if r[i+1] == 0 || r[i]+r[i+1] < r[i] || (i > 0 && r[i] < r[i-2]+r[i-1]) {
			return fmt.Errorf("runs: pair %d is empty or out of order", i/2)
		}
	}
	return nil
}

// chainState is what the journal stores with the cursor, one key for each chain.
type chainState struct {
	// Done is the number of the last batch that the cursor covers.
	Done uint64 `json:"done"`
	// Open are numbers up to Done of batches that were on the bus at a restart and whose
	// records the journal has yet to deliver again.
	Open []uint64 `json:"open,omitempty"`
}

func parseState(value []byte) (chainState, error) {
	var s chainState
	if err := json.Unmarshal(value, &s); err != nil {
		return s, fmt.Errorf("read chain state: %w", err)
	}
	return s, nil
}
