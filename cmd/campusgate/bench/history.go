package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
)

// History is how fast the gate log of a year is read, one row for each question.
type History struct {
	Rows        int        `json:"rows"`
	LoadSeconds float64    `json:"load_seconds"`
	Questions   []Question `json:"questions"`
}

// Question is one filter of the gate log, asked several times.
type Question struct {
	Name string `json:"name"`
	// First is the time to the first page of 100 rows, Next to the page behind it.
	First Quantile `json:"first"`
	Next  Quantile `json:"next"`
	// FastestMS is the fastest first page or the fastest next one, whichever is slower: what
	// the database needs where nothing else runs.
	FastestMS float64 `json:"fastest_ms"`
	// CPUMS is the least CPU time that a first page took of this process, database and all:
	// what others take from the same cores does not count. 0 where it cannot be measured.
	CPUMS float64 `json:"cpu_ms"`
	// Load is the load average when the question was done, 0 where the system has none.
	Load float64 `json:"load"`
	// Rows are those of the first page. Fewer than 100 with Partial: the budget of a page was
	// spent, and the page goes on from where it ended.
	Rows    int  `json:"rows"`
	Partial bool `json:"partial"`
}

// PageBudget is what the dashboard gives a page of the gate log.
const PageBudget = 150 * time.Millisecond

const (
	historySites   = 86
	historyRepeats = 15
	historyBatch   = 10_000
	// A school day of the model: arrival, day, departure. Weights of hours 6 to 18.
	historyFirstHour = 6
)

// history fills an InfluxDB of its own, with the settings that the program has, and reads.
func (b *bench) history(ctx context.Context, report *Report) (err error) {
	if b.History == 0 {
		return nil
	}
	_, dir, err := b.fresh("history")
	if err != nil {
		return err
	}
	settings := influx.DefaultEmbeddedConfig()
	settings.DataDir, settings.Addr = filepath.Join(dir, "influxdb"), "127.0.0.1:0"
	server, err := influx.NewEmbedded(settings, zerolog.Nop())
	if err != nil {
		return err
	}
	if err := server.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(ctx))) }()
	b.say("history: %d passages of a year", b.History)
	end := time.Now().UTC().Truncate(time.Hour)
	begin := time.Now()
	if err := loadYear(ctx, server.URL(), b.History, end, b.say); err != nil {
		return err
	}
	h := &History{Rows: b.History, LoadSeconds: time.Since(begin).Seconds()}
	cfg := influx.DefaultReaderConfig()
	cfg.URL, cfg.Database = server.URL(), "campusgate"
	reader, err := influx.NewReader(cfg)
	if err != nil {
		return err
	}
	defer reader.Close()
	n, err := reader.GateLogCount(ctx, influx.GateLogQuery{})
	if err != nil {
		return err
	}
	if n != int64(b.History) {
		return fmt.Errorf("%d passages were written, %d are there", b.History, n)
	}
	for _, q := range historyQuestions(end) {
		b.say("history: %s", q.name)
		a, err := ask(ctx, reader, q.query)
		if err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		a.Name = q.name
		h.Questions = append(h.Questions, a)
	}
	report.History = h
	return nil
}

type historyQuestion struct {
	name  string
	query influx.GateLogQuery
}

// historyQuestions are the filters of the page, alone and together, over the whole year.
func historyQuestions(end time.Time) []historyQuestion {
	year := end.AddDate(-1, 0, 0)
	var township []event.SiteID
	for i := range 7 {
		township = append(township, event.SiteID(fmt.Sprintf("s%03d", i*12)))
	}
	q := func(change func(*influx.GateLogQuery)) influx.GateLogQuery {
		g := influx.GateLogQuery{From: year, To: end, Limit: 100, Budget: PageBudget}
		if change != nil {
			change(&g)
		}
		return g
	}
	return []historyQuestion{
		{"the newest", q(nil)},
		{"half a year ago", q(func(g *influx.GateLogQuery) { g.To = end.AddDate(0, -6, 0) })},
		{"one site", q(func(g *influx.GateLogQuery) { g.Sites = township[:1] })},
		{"one township", q(func(g *influx.GateLogQuery) { g.Sites = township })},
		{"visitors", q(func(g *influx.GateLogQuery) { g.PersonKind = "visitor" })},
		{"denied", q(func(g *influx.GateLogQuery) { g.Result = "denied" })},
		{"forced, one site", q(func(g *influx.GateLogQuery) { g.Result, g.Sites = "forced", township[:1] })},
		{"one device", q(func(g *influx.GateLogQuery) { g.Sites, g.Device = township[:1], "g1" })},
		{"a text that is frequent", q(func(g *influx.GateLogQuery) { g.Text = "p-00" })},
		{"one person", q(func(g *influx.GateLogQuery) { g.Text = "p-00042" })},
		{"one person, one site", q(func(g *influx.GateLogQuery) { g.Text, g.Sites = "p-00042", []event.SiteID{"s042"} })},
		{"a text that is nowhere", q(func(g *influx.GateLogQuery) { g.Text = "nowhere" })},
	}
}

// ask reads the first page and the one behind it, several times.
func ask(ctx context.Context, r *influx.Reader, q influx.GateLogQuery) (Question, error) {
	var out Question
	var first, then, cpu []time.Duration
	for range historyRepeats {
		q.Cursor = ""
		begin, used := time.Now(), cpuTime()
		rows, next, err := r.GateLog(ctx, q)
		if err != nil {
			return out, err
		}
		first = append(first, time.Since(begin))
		cpu = append(cpu, cpuTime()-used)
		out.Rows, out.Partial = len(rows), next != "" && len(rows) < q.Limit
		if next == "" {
			continue
		}
		q.Cursor = next
		begin = time.Now()
		if _, _, err := r.GateLog(ctx, q); err != nil {
			return out, err
		}
		then = append(then, time.Since(begin))
	}
	out.First, out.Next = quantile(first), quantile(then)
	out.CPUMS, out.Load = float64(slices.Min(cpu))/float64(time.Millisecond), loadAverage()
	out.FastestMS = float64(first[0]) / float64(time.Millisecond) // they are sorted now
	if len(then) > 0 {
		out.FastestMS = max(out.FastestMS, float64(then[0])/float64(time.Millisecond))
	}
	return out, nil
}

// loadYear writes n passages of the year before end, oldest first, in the mix of a county:
// most of them when schools open and close, few in holidays, one in two hundred denied.
func loadYear(ctx context.Context, server string, n int, end time.Time, say func(string, ...any)) error {
	if err := post(ctx, server+"/query", "application/x-www-form-urlencoded", []byte("q="+url.QueryEscape("CREATE DATABASE campusgate"))); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(1, uint64(n))) //nolint:gosec // data of a bench
	begin := end.AddDate(-1, 0, 0)
	days := int(end.Sub(begin) / (24 * time.Hour))
	weights := []int{1, 30, 12, 2, 2, 8, 8, 3, 2, 4, 26, 4, 1} // from 06:00
	total := 0
	for _, w := range weights {
		total += w
	}
	var batch []byte
	lines, sent, said := 0, 0, time.Now()
	flush := func() error {
		if lines == 0 {
			return nil
		}
		err := post(ctx, server+"/write?db=campusgate", "text/plain", batch)
		sent += lines
		batch, lines = batch[:0], 0
		if time.Since(said) > 10*time.Second {
			said = time.Now()
			say("history: %d of %d written", sent, n)
		}
		return err
	}
	made := 0
	for day := range days {
		share := n*(day+1)/days - made
		made += share
		midnight := begin.Add(time.Duration(day) * 24 * time.Hour)
		left := share
		for h, w := range weights {
			count := share * w / total
			if h == len(weights)-1 {
				count = left
			}
			left -= count
			hour := midnight.Add(time.Duration(historyFirstHour+h) * time.Hour)
			for i := range count {
				at := hour.Add(time.Hour * time.Duration(i) / time.Duration(count)).Add(time.Duration(random.IntN(1000)))
				var ok bool
				if batch, ok = influx.AppendEvent(batch, passage(random, at, h)); !ok {
					return errors.New("a passage gives no line")
				}
				if lines++; lines == historyBatch {
					if err := flush(); err != nil {
						return err
					}
				}
			}
		}
	}
	return flush()
}

// passage makes one; 22,000 pupils are spread over the sites by their number.
func passage(random *rand.Rand, at time.Time, hour int) *event.Event {
	pupil := random.IntN(22_000)
	g := &event.GateAccess{Direction: "in", Method: "face", PersonKind: "pupil", Result: "granted", Person: fmt.Sprintf("p-%05d", pupil), Celsius: 36.2 + float64(random.IntN(9))/10}
	site := pupil % historySites
	if hour >= 5 && random.IntN(10) < 9 || random.IntN(50) == 0 {
		g.Direction = "out"
	}
	switch k := random.IntN(100); {
	case k < 6:
		g.PersonKind, g.Method, g.Credential, g.Person = "staff", "card", fmt.Sprintf("c-%05d", random.IntN(2000)), fmt.Sprintf("t-%04d", random.IntN(2000))
	case k < 8:
		g.PersonKind, g.Method, g.Person, g.Registration = "visitor", "manual", "", fmt.Sprintf("v-%06d", random.IntN(400_000))
	case k < 10:
		g.PersonKind, g.Method, g.Person, g.Credential = "vehicle", "plate", "", fmt.Sprintf("川A%05d", random.IntN(3000))
	}
	switch k := random.IntN(10_000); {
	case k < 50:
		g.Result = "denied"
	case k < 51:
		g.Result = "forced"
	}
	return &event.Event{
		ID: fmt.Sprintf("%016x%08x", uint64(at.UnixNano()), random.Uint32()), Type: event.TypeGateAccess, Kind: event.KindGate, //nolint:gosec // after 1970
		Site: event.SiteID(fmt.Sprintf("s%03d", site)), Device: event.DeviceID(fmt.Sprintf("g%d", 1+random.IntN(2))),
		ObservedAt: at, ReceivedAt: at.Add(80 * time.Millisecond), Gate: g,
	}
}

func post(ctx context.Context, to, contentType string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	words, err := io.ReadAll(io.LimitReader(res.Body, 512))
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("InfluxDB answers %s: %s", res.Status, words)
	}
	return err
}
