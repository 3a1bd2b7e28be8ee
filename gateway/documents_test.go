package gateway

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
)

// taker is who a document is for; it refuses what holds "bad".
type taker struct{ got []string }

func (k *taker) apply(doc []byte) error {
	if strings.Contains(string(doc), "bad") {
		return errors.New("holds bad")
	}
	k.got = append(k.got, string(doc))
	return nil
}

func shelfAt(t *testing.T, dir string) (*documents, *taker) {
	t.Helper()
	d, k := newDocuments(dir, zerolog.Nop()), &taker{}
	d.on("registry", k.apply)
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Stop(context.Background()) })
	return d, k
}

func TestNewestGoodDocumentSurvivesARestart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "documents")
	d, k := shelfAt(t, dir)
	if len(k.got) != 0 || d.Health().State != event.OK {
		t.Fatalf("a new gateway applied %q, %+v", k.got, d.Health())
	}
	for version, doc := range map[uint64]string{3: `{"n": 1}`} {
		if err := d.take("registry", version, []byte(doc)); err != nil {
			t.Fatal(err)
		}
	}
	for version, doc := range map[uint64]string{4: `{"bad":1}`, 5: `{"n":`} {
		if err := d.take("registry", version, []byte(doc)); err == nil {
			t.Errorf("%s was taken", doc)
		}
		s := d.all()["registry"]
		if s.Version != 3 || s.Refused != version || s.Error == "" || d.Health().State != event.Degraded {
			t.Errorf("status %+v, health %+v", s, d.Health())
		}
	}
	if err := d.take("later", 6, []byte(`{}`)); err != nil {
		t.Errorf("a document for nobody here: %v", err)
	}
	_, again := shelfAt(t, dir)
	if len(again.got) != 1 || again.got[0] != `{"n": 1}` {
		t.Errorf("a restart applied %q, want the last good one as it came", again.got)
	}
	// The same text under another number, as after a new stream, changes nothing.
	if err := d.take("registry", 1, []byte(`{"n": 1}`)); err != nil {
		t.Fatal(err)
	}
	if s := d.all()["registry"]; s.Version != 1 || s.Error != "" || len(k.got) != 1 || d.Health().State != event.OK {
		t.Errorf("status %+v, applied %q", s, k.got)
	}
	e, _ := shelfAt(t, dir)
	if s := e.all()["registry"]; s.Version != 1 || s.AppliedAt.IsZero() || s.Bytes != 8 {
		t.Errorf("kept %+v", s)
	}
}

func TestDamagedDocumentIsSetAside(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no JSON": `{"version":3,"docu`, "nothing": ``, "no document": `{"version":3}`, "refused now": `{"version":3,"document":{"bad":1}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "registry.json"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			d, k := shelfAt(t, dir)
			if len(k.got) != 0 || d.Health().State != event.Degraded {
				t.Errorf("applied %q, health %+v", k.got, d.Health())
			}
			aside, _ := filepath.Glob(filepath.Join(dir, "registry.json.refused-*"))
			if len(aside) != 1 {
				t.Errorf("set aside: %q", aside)
			}
			if err := d.take("registry", 4, []byte(`{}`)); err != nil || d.Health().State != event.OK {
				t.Errorf("the next one: %v, %+v", err, d.Health())
			}
		})
	}
}

func TestDocumentThatCannotBeKeptIsInForce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "documents")
	d, k := shelfAt(t, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	err := d.take("registry", 3, []byte(`{}`))
	s := d.all()["registry"]
	if err == nil || len(k.got) != 1 || s.Version != 3 || !strings.Contains(s.Error, "not kept") {
		t.Errorf("take = %v, applied %q, status %+v", err, k.got, s)
	}
}
