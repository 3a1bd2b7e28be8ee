package report

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/campusgate/campusgate/dashboard/availability"
	"github.com/campusgate/campusgate/dashboard/availability/rollup"
	"github.com/campusgate/campusgate/gateway/event"
)

func sample() *Inputs {
	p := 95.0
	at := time.Date(2026, 11, 1, 1, 2, 3, 0, time.UTC)
	device := func(site, township string, up, down, unobserved float64) Figures {
		return Figures{
			Site: event.SiteID(site), Device: "c1", Township: township, Name: event.Text{ZH: "=大门", EN: "gate"}, Devices: 1, Days: 31, RegisterS: up + down + unobserved,
			Seconds: availability.Seconds{Up: up, Down: down, Unobserved: unobserved}, Causes: rollup.Causes{Device: down, Unobserved: unobserved}, Outages: 1, LongestS: down,
			ExpectedS: up, CoveredS: up,
		}
	}
	return &Inputs{
		Format: format, Month: "2026-10", From: "2026-10-01", To: "2026-10-31", Whole: true, Zone: "Asia/Shanghai", County: event.Text{ZH: "青川县"}, At: at, By: "inspector",
		Sites: []Site{{"s1", event.Text{ZH: "一小"}, "甲镇"}, {"s2", event.Text{ZH: "二小"}, "甲镇"}, {"s3", event.Text{ZH: "三小"}, "乙镇"}}, Computed: []string{"2026-10-01", "2026-10-03"},
		Kinds: []Kind{{
			Kind: event.KindCamera, Goal: rollup.Goal{Kind: event.KindCamera, OnlinePct: &p, RecordedPct: &p, UsablePct: &p},
			Devices: []Figures{device("s1", "甲镇", 900, 100, 0), device("s2", "甲镇", 1000, 0, 5), device("s3", "乙镇", 0, 0, 1000)},
			Days:    []Figures{{Day: "2026-10-01", Devices: 3, Days: 1, Seconds: availability.Seconds{Up: 1900, Down: 100}}}, Outages: []rollup.Outage{},
		}},
		Restatements: []rollup.Restatement{
			{At: at, Day: "2026-10-02", Why: "checks", Before: &rollup.Figures{Seconds: availability.Seconds{Down: 60}}, After: &rollup.Figures{Seconds: availability.Seconds{Up: 60}}},
			{At: at, Day: "2026-10-02", Why: "checks", After: &rollup.Figures{Seconds: availability.Seconds{Up: 5}}},
		},
		Cases: []FrozenCase{
			{ID: "i2026-0001", Kind: "inspection", Site: "s1", State: "done", Findings: 2, InMonth: true},
			{ID: "n2026-0001", Kind: "notice", Site: "s1", State: "issued", DueDay: "2026-10-20", Overdue: true, InMonth: true, Findings: 2},
			{ID: "h2026-0001", Kind: "hazard", Site: "s2", State: "done", Weight: "major"},
			{ID: "h2026-0002", Kind: "hazard", Site: "s2", State: "closed", Weight: "general", InMonth: true},
		},
	}
}

func TestCompose(t *testing.T) {
	t.Parallel()
	r := Compose(sample())
	k := r.Kinds[0]
	if *k.Total.Rates.OnlinePct != 95 || k.Total.Devices != 3 || len(k.Townships) != 2 {
		t.Errorf("county %+v, townships %+v", k.Total, k.Townships)
	}
	var order []string
	for _, s := range k.Sites {
		order = append(order, string(s.Site))
	}
	if strings.Join(order, " ") != "s2 s1 s3" || k.Sites[0].Rank != 1 || k.Sites[1].Rank != 2 || k.Sites[2].Rank != 0 || k.Sites[2].Rates.OnlinePct != nil || k.Sites[0].Name.ZH != "二小" {
		t.Errorf("ranked %+v", k.Sites)
	}
	if len(k.Missed) != 1 || k.Missed[0].Level != "site" || k.Missed[0].Site != "s1" || k.Missed[0].Pct != 90 {
		t.Errorf("missed %+v", k.Missed)
	}
	if len(r.Missing) != 29 || r.Missing[0] != "2026-10-02" {
		t.Errorf("missing %v", r.Missing)
	}
	if len(r.Restated) != 1 || r.Restated[0].N != 2 || r.Restated[0].UpS != 65 || r.Restated[0].DownS != -60 {
		t.Errorf("restated %+v", r.Restated)
	}
	if n, h := r.Cases["notice"], r.Cases["hazard"]; n.Overdue != 1 || n.Open != 1 || n.Begun != 1 || h.Begun != 1 || h.Open != 1 || h.Done != 1 || h.Weights["major"] != 0 || len(r.Overdue) != 1 {
		t.Errorf("cases %+v %+v", r.Cases, r.Overdue)
	}
}

// TestFilesStayTheSame: whoever changes the files of a report raises rendering with it.
func TestFilesStayTheSame(t *testing.T) {
	t.Parallel()
	first, err := Render(Compose(sample()))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		again, err := Render(Compose(sample()))
		if err != nil || !bytes.Equal(first.CSV, again.CSV) || !bytes.Equal(first.XLSX, again.XLSX) {
			t.Fatalf("the same report became other files: %v", err)
		}
	}
	const wantCSV, wantXLSX = "d2d92fdfe10b628ebb6a153e3ddc6c42f86b6ac00d41898b37c02d220b9da276", "eed24374f26fcf0eb32ce360ab713029f761a249f9159df7ee5557b36b31f90d"
	if rendering != 2 || digest(first.CSV) != wantCSV || digest(first.XLSX) != wantXLSX {
		t.Errorf("rendering %d: csv %s, xlsx %s", rendering, digest(first.CSV), digest(first.XLSX))
	}
	book, err := excelize.OpenReader(bytes.NewReader(first.XLSX))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := book.GetRows("sites")
	if err != nil || book.Close() != nil || len(rows) != 4 || rows[1][3] != "s2" || rows[3][7] != "" {
		t.Errorf("%q, %v", rows, err)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signed, _, err := seal(sample(), 2, private)
	if err != nil {
		t.Fatal(err)
	}
	unsigned, _, err := seal(sample(), 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := func(b Bundle) []byte {
		out, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if v, err := Verify(text(*signed), pemOf(t, public)); err != nil || !v.Signed || !v.Files || v.Seal.Rev != 2 || v.Key == "" {
		t.Errorf("%+v, %v", v, err)
	}
	if v, err := Verify(text(*unsigned), nil); err != nil || v.Signed || !v.Files {
		t.Errorf("%+v, %v", v, err)
	}
	richer := sample()
	richer.Kinds[0].Devices[0].Seconds.Down = 0
	changed, _, err := seal(richer, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key  []byte
		of   *Bundle
		edit func(*Bundle)
		want string
	}{
		"another key":          {pemOf(t, other), signed, func(*Bundle) {}, "another key"},
		"unsigned":             {pemOf(t, public), unsigned, func(*Bundle) {}, "not signed"},
		"signature taken away": {pemOf(t, public), signed, func(b *Bundle) { b.Signature = nil }, "not signed"},
		"month":                {nil, signed, func(b *Bundle) { b.Seal.Month = "2026-09" }, "signature"},
		"month, unsigned":      {nil, unsigned, func(b *Bundle) { b.Seal.Month = "2026-09" }, "another report"},
		"by, unsigned":         {nil, unsigned, func(b *Bundle) { b.Seal.By = "x" }, "another report"},
		"inputs":               {nil, unsigned, func(b *Bundle) { b.Inputs = changed.Inputs }, "changed"},
		"inputs with digest":   {nil, signed, func(b *Bundle) { b.Inputs, b.Seal.Inputs = changed.Inputs, changed.Seal.Inputs }, "signature"},
		"inputs, not files":    {nil, unsigned, func(b *Bundle) { b.Inputs, b.Seal.Inputs = changed.Inputs, changed.Seal.Inputs }, "files"},
		"short":                {nil, unsigned, func(b *Bundle) { b.Inputs = b.Inputs[:len(b.Inputs)/2] }, "unpacked"},
		"no key":               {nil, signed, func(b *Bundle) { b.Key = nil }, "public key"},
	} {
		b := *c.of
		c.edit(&b)
		if _, err := Verify(text(b), c.key); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, junk := range []string{"", "{}", "[]", `{"seal":{},"more":1}`} {
		if _, err := Verify([]byte(junk), nil); err == nil {
			t.Errorf("%q is a report", junk)
		}
	}
}

func pemOf(t *testing.T, key ed25519.PublicKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func TestReadKey(t *testing.T) {
	t.Parallel()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	if key, err := ReadKey(path); err != nil || !key.Equal(private) {
		t.Errorf("%v", err)
	}
	if err := os.WriteFile(path, []byte("secret words"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadKey(path); err == nil || strings.Contains(err.Error(), "secret words") {
		t.Errorf("%v", err)
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	for month, want := range map[string]string{
		"2026-10": "2026-10-01 2026-10-31 true", "2026-11": "2026-11-01 2026-11-24 false", "2026-02": "2026-02-01 2026-02-28 true", "2026-12": "", "2024-10": "", "2024-11": "2024-11-01 2024-11-30 true", "x": "", "2026-13": "",
	} {
		from, to, whole, err := days(month, "2026-11-24")
		got := from + " " + to + map[bool]string{true: " true", false: " false"}[whole]
		if err != nil {
			got = ""
		}
		if got != want {
			t.Errorf("%s: %q, want %q", month, got, want)
		}
	}
}

func FuzzVerify(f *testing.F) {
	b, _, err := seal(sample(), 1, nil)
	if err != nil {
		f.Fatal(err)
	}
	text, err := json.Marshal(b)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		if v, err := Verify(text, nil); err == nil && v.Seal.Report != sealed {
			t.Error("no seal, and no error")
		}
	})
}
