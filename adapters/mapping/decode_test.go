package mapping_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/adapters/mapping"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func parse(tb testing.TB, b []byte) mapping.Config {
	tb.Helper()
	var cfg mapping.Config
	if err := yaml.UnmarshalWithOptions(b, &cfg, yaml.Strict()); err != nil {
		tb.Fatal(err)
	}
	return cfg
}

// examples makes an adapter of each of testdata/configs.
func examples(tb testing.TB) map[string]*mapping.Decoder {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "configs", "*.yaml"))
	if err != nil || len(files) == 0 {
		tb.Fatal("no configs", err)
	}
	made := map[string]*mapping.Decoder{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		d, err := mapping.New(parse(tb, b))
		if err != nil {
			tb.Fatalf("%s: %v", file, err)
		}
		if d.Name()+".yaml" != filepath.Base(file) {
			tb.Errorf("%s: the name is %q", file, d.Name())
		}
		made[d.Name()] = d
	}
	return made
}

func TestCases(t *testing.T) {
	t.Parallel()
	for name, d := range examples(t) {
		for _, c := range payloadtest.Load(t, filepath.Join("testdata", "cases", name)) {
			t.Run(name+"/"+c.Name, func(t *testing.T) { runCase(t, d, c) })
		}
	}
}

func runCase(t *testing.T, d payload.Decoder, c payloadtest.Case) {
	before := bytes.Clone(c.Message.Payload)
	first := event.Event{ID: "already there"}
	events, err := d.Decode([]event.Event{first}, c.Message, event.Clock{})
	if !bytes.Equal(before, c.Message.Payload) {
		t.Error("the payload was changed")
	}
	if len(events) == 0 || events[0] != first || err != nil && len(events) != 1 {
		t.Fatalf("dst is not as it was: %d events, %v", len(events), err)
	}
	var got strings.Builder
	if err != nil {
		got.WriteString("error: " + err.Error() + "\n")
	}
	if strings.HasPrefix(c.Name, "bad-") != (err != nil) {
		t.Errorf("error %v", err)
	}
	for i := range events[1:] {
		payloadtest.Check(t, &events[i+1], c.Message, event.Clock{})
		got.Write(events[i+1].AppendJSON(nil))
		got.WriteByte('\n')
	}
	path := filepath.Join(c.Dir, "want.jsonl")
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil || got.String() != string(want) {
		t.Errorf("got  %swant %s%v", got.String(), want, err)
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	d := examples(t)["cold-chain"]
	c := payloadtest.Load(t, filepath.Join("testdata", "cases", "cold-chain"))
	want := make([]int, len(c))
	for i := range c {
		events, _ := d.Decode(nil, c[i].Message, event.Clock{})
		want[i] = len(events)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				for i := range c {
					if events, _ := d.Decode(nil, c[i].Message, event.Clock{}); len(events) != want[i] {
						t.Errorf("%s: %d events, want %d", c[i].Name, len(events), want[i])
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestLimits(t *testing.T) {
	t.Parallel()
	made := examples(t)
	for name, c := range map[string]struct {
		config, body, want string
	}{
		"payload": {"cold-chain", strings.Repeat(" ", 1<<20+1), "more than 1048576"},
		"records": {"gate-terminal", `{"Records":[` + strings.Repeat(`{},`, 500) + `{}]}`, "more than 500 records"},
		"events": {
			"cold-chain", `{"dataList":[` + strings.Repeat(`{"devNo":"a","params":[{"code":"WD","val":1},{"code":"SD","val":1}]},`, 300) + `{}]}`,
			"more than 500 events",
		},
		"lines": {"bus-pairs", strings.Repeat("a:1\n", 501), "more than 500 records"},
		"pairs": {"bus-pairs", strings.Repeat("a:1;", 300), "more than 256 pairs"},
		"depth": {"cold-chain", strings.Repeat(`{"dataList":`, 5000), "not JSON"},
		"utf8":  {"cold-chain", "{\"a\":\"\xff\"}", "not valid UTF-8"},
	} {
		m := payload.Message{Topic: "t", Payload: []byte(c.body), Received: payloadtest.Received()}
		events, err := made[c.config].Decode(nil, m, event.Clock{})
		if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 300 || events != nil {
			t.Errorf("%s: %d events, %.300v", name, len(events), err)
		}
	}
}
