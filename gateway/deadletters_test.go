package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/journal"
)

// bury puts dead letters into a gateway's journal and returns their ids.
func bury(t *testing.T, g *Gateway, letters ...journal.DeadLetter) (ids []uint64) {
	t.Helper()
	for i := range letters {
		d := &letters[i]
		if d.Source == "" {
			d.Source, d.Broker, d.Topic, d.Adapter = "decode", "b1", topic, "plain"
		}
		d.Reason = "test"
	}
	next := g.journal.Stats().Dead.Next
	if err := g.journal.Append(within(t), journal.Batch{Dead: letters}); err != nil {
		t.Fatal(err)
	}
	found, err := g.journal.DeadLetters(max(next, 1)-1, len(letters))
	if err != nil || len(found) != len(letters) {
		t.Fatalf("%d dead letters of %d, %v", len(found), len(letters), err)
	}
	for _, d := range found {
		ids = append(ids, d.ID)
	}
	return ids
}

func payload(s string) journal.DeadLetter { return journal.DeadLetter{Payload: []byte(s)} }

func TestDeadLettersInPages(t *testing.T) {
	t.Parallel()
	g := run(t, testConfig(t), &plain{})
	if page, err := g.DeadLetters(LettersQuery{}); err != nil || page.Items == nil || len(page.Items) != 0 || page.Next != 0 {
		t.Errorf("no dead letters: %+v, %v", page, err)
	}
	var letters []journal.DeadLetter
	for i := range 25 {
		letters = append(letters, payload(fmt.Sprint("!", i)))
	}
	ids := bury(t, g, letters...)
	var got []uint64
	pages := 0
	for q := (LettersQuery{Limit: 10}); ; pages++ {
		page, err := g.DeadLetters(q)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range page.Items {
			got = append(got, l.ID)
		}
		if q.After = page.Next; q.After == 0 {
			break
		}
	}
	if !slices.Equal(got, ids) || pages != 2 {
		t.Errorf("ids %d in %d pages, want %d in 3", got, pages+1, ids)
	}
}

func TestDeadLettersFitIntoAMessage(t *testing.T) {
	t.Parallel()
	g := run(t, testConfig(t), &plain{})
	exact, long := strings.Repeat("e", maxPayloadListed), strings.Repeat("l", maxPayloadListed+1)
	letters := []journal.DeadLetter{payload(exact), payload(long)}
	for range 20 {
		letters = append(letters, payload(strings.Repeat("x", 100_000)))
	}
	ids := bury(t, g, letters...)
	seen := 0
	for q := (LettersQuery{Limit: maxLettersListed}); ; {
		page, err := g.DeadLetters(q)
		if err != nil || len(page.Items) == 0 {
			t.Fatalf("page after %d: %d items, %v", q.After, len(page.Items), err)
		}
		answer, err := json.Marshal(page)
		if err != nil || len(answer) > maxListBytes {
			t.Errorf("an answer of %d bytes, want at most %d, %v", len(answer), maxListBytes, err)
		}
		for _, l := range page.Items {
			if cut := l.PayloadBytes > maxPayloadListed; l.Truncated != cut || len(l.Payload) != min(l.PayloadBytes, maxPayloadListed) {
				t.Errorf("letter %d: %d of %d bytes, truncated %v", l.ID, len(l.Payload), l.PayloadBytes, l.Truncated)
			}
			seen++
		}
		if q.After = page.Next; q.After == 0 {
			break
		}
	}
	if seen != len(ids) {
		t.Errorf("%d dead letters listed, want %d", seen, len(ids))
	}
	if l, err := g.DeadLetter(ids[1]); err != nil || string(l.Payload) != long || l.Truncated {
		t.Errorf("DeadLetter: %d bytes, truncated %v, %v; want it whole", len(l.Payload), l.Truncated, err)
	}
}

// TestDeadLettersFitWithTheWorstTopics: a topic may be long and of bytes that JSON escapes.
func TestDeadLettersFitWithTheWorstTopics(t *testing.T) {
	t.Parallel()
	g := run(t, testConfig(t), &plain{})
	var letters []journal.DeadLetter
	for range 100 {
		letters = append(letters, journal.DeadLetter{Source: "decode", Topic: strings.Repeat("<", 60_000)})
	}
	bury(t, g, letters...)
	page, err := g.DeadLetters(LettersQuery{Limit: maxLettersListed})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := json.Marshal(page)
	if err != nil || len(answer) > maxListBytes || page.Next == 0 {
		t.Errorf("an answer of %d bytes with %d items, next %d, %v", len(answer), len(page.Items), page.Next, err)
	}
}

func TestReplayOfWhatCanBeReadNow(t *testing.T) {
	t.Parallel()
	p := &plain{}
	g := run(t, testConfig(t), p)
	j := attach(t, g.journal)
	now := time.Now().UTC()
	ids := bury(t, g,
		journal.DeadLetter{Payload: []byte("!fresh"), Time: now},
		journal.DeadLetter{Payload: []byte("!old"), Time: now},
		journal.DeadLetter{Payload: []byte("!waited"), Time: now.Add(-time.Hour)},
		journal.DeadLetter{Payload: []byte("?"), Source: "elsewhere"})
	got, err := g.Replay(within(t), ReplayQuery{All: true})
	if err != nil || got.Replayed != 0 || got.Failed != 4 || got.Detail != fmt.Sprintf("dead letter %d: not understood", ids[0]) {
		t.Errorf("not mended: %+v, %v", got, err)
	}
	p.mended.Store(true)
	got, err = g.Replay(within(t), ReplayQuery{All: true})
	if err != nil || got.Replayed != 3 || got.Failed != 1 || !strings.Contains(got.Detail, `"elsewhere"`) {
		t.Errorf("mended: %+v, %v", got, err)
	}
	late := map[string]bool{}
	for _, r := range j.read(t) {
		if r.Event != nil && r.Event.Gate != nil {
			late[r.Event.Gate.Person] = r.Event.Late
		}
	}
	if want := (map[string]bool{"fresh": false, "old": true, "waited": true}); fmt.Sprint(late) != fmt.Sprint(want) {
		t.Errorf("late by person %v, want %v", late, want)
	}
	if page, err := g.DeadLetters(LettersQuery{}); err != nil || len(page.Items) != 1 || page.Items[0].ID != ids[3] {
		t.Errorf("left over %+v, %v; want the one that cannot be tried again", page.Items, err)
	}
	got, err = g.Replay(within(t), ReplayQuery{IDs: []uint64{ids[0], 1 << 40}})
	if err != nil || got.Failed != 2 || !strings.Contains(got.Detail, journal.ErrNotFound.Error()) {
		t.Errorf("deleted ids: %+v, %v", got, err)
	}
}

func TestReplayOfMoreThanAPage(t *testing.T) {
	t.Parallel()
	g := run(t, testConfig(t), &plain{})
	var letters []journal.DeadLetter
	for i := range 2*replayPage + 1 {
		l := payload(fmt.Sprint("pupil", i))
		if i%replayPage == 7 {
			l = payload(fmt.Sprint("!pupil", i))
		}
		letters = append(letters, l)
	}
	bury(t, g, letters...)
	if got, err := g.Replay(within(t), ReplayQuery{All: true}); err != nil || got.Replayed != 2*replayPage-1 || got.Failed != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	if n := g.journal.Stats().Dead.Count; n != 2 {
		t.Errorf("%d dead letters left, want 2", n)
	}
}

func TestReplayIsBoundedAndEnds(t *testing.T) {
	t.Parallel()
	g := run(t, testConfig(t), &plain{})
	ids := bury(t, g, payload("pupil"))
	if _, err := g.Replay(within(t), ReplayQuery{IDs: make([]uint64, maxReplayed+1)}); err == nil {
		t.Error("more ids than allowed are taken")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, q := range []ReplayQuery{{All: true}, {IDs: ids}} {
		if got, err := g.Replay(ctx, q); err == nil || got.Replayed != 0 {
			t.Errorf("with a cancelled context: %+v, %v", got, err)
		}
	}
}

// TestReplayOfRefusedLines has the database refuse one line among others and take it later.
func TestReplayOfRefusedLines(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	db.refuses("poison")
	c := testConfig(t)
	c.Influx.URL = db.URL
	g := run(t, c, &plain{})
	ids := bury(t, g, payload("good1"), payload("poison"), payload("good2"))
	if got, err := g.Replay(within(t), ReplayQuery{IDs: ids}); err != nil || got.Replayed != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	eventually(t, "the line is refused", func() bool { return g.journal.Stats().Dead.Count == 1 })
	eventually(t, "the others are stored", func() bool { return db.count("good1") > 0 && db.count("good2") > 0 })
	page, err := g.DeadLetters(LettersQuery{})
	if err != nil || len(page.Items) != 1 || page.Items[0].Source != "influx" || !strings.Contains(page.Items[0].Reason, "refused: poison") {
		t.Fatalf("%+v, %v", page, err)
	}
	if got, err := g.Replay(within(t), ReplayQuery{All: true}); err != nil || got.Failed != 1 || !strings.Contains(got.Detail, "refused: poison") {
		t.Errorf("still refused: %+v, %v", got, err)
	}
	db.refuses("")
	if got, err := g.Replay(within(t), ReplayQuery{All: true}); err != nil || got.Replayed != 1 || db.count("poison") != 1 {
		t.Errorf("taken: %+v, %v, %d lines", got, err, db.count("poison"))
	}
	if n := g.journal.Stats().Dead.Count; n != 0 {
		t.Errorf("%d dead letters left", n)
	}
}
