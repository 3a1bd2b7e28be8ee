package dashboard_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard"
	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/media"
	"github.com/campusgate/campusgate/gateway/event"
)

// mediaServer answers as MediaMTX does, and notes who asked for what.
type mediaServer struct {
	*httptest.Server
	mu      sync.Mutex
	asked   []string
	open    map[string]bool
	opened  int
	refuse  int // status that every question is answered with
	picture []byte
}

func newMediaServer(t *testing.T) *mediaServer {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	m := &mediaServer{open: map[string]bool{}, picture: b.Bytes()}
	m.Server = httptest.NewServer(http.HandlerFunc(m.serve))
	t.Cleanup(m.Close)
	return m
}

func (m *mediaServer) serve(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked = append(m.asked, r.Method+" "+r.URL.String())
	user, pass, _ := r.BasicAuth()
	switch {
	case user != "viewer" || pass != "open sesame":
		w.WriteHeader(http.StatusUnauthorized)
	case m.refuse != 0:
		w.WriteHeader(m.refuse)
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/whep"):
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Content-Type") != "application/sdp" || !bytes.HasPrefix(body, []byte("v=0")) {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		m.opened++
		where := fmt.Sprintf("%s/%d", r.URL.Path, m.opened)
		m.open[where] = true
		w.Header().Set("Location", where)
		w.Header().Set("Content-Type", "application/sdp")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, "v=0\r\ns=answer\r\n")
	case r.Method == http.MethodDelete && m.open[r.URL.Path]:
		delete(m.open, r.URL.Path)
	case strings.HasSuffix(r.URL.Path, "/index.m3u8"):
		_, _ = io.WriteString(w, "#EXTM3U\nseg0.mp4\n")
	case strings.HasSuffix(r.URL.Path, "/seg0.mp4"):
		w.Header().Set("Content-Type", "text/html") // what it says is not to be believed
		_, _ = io.WriteString(w, "segment "+r.URL.RawQuery)
	case strings.HasSuffix(r.URL.Path, "/redirect.mp4"):
		http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
	case r.URL.Path == "/pic/s1/c1.jpg":
		_, _ = w.Write(m.picture)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (m *mediaServer) count(prefix string) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.asked {
		if strings.HasPrefix(a, prefix) {
			n++
		}
	}
	return n
}

func (m *mediaServer) streams() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.open)
}

func withMediaServer(t *testing.T, now func() time.Time, change func(*media.Config)) (*world, *mediaServer) {
	t.Helper()
	m := newMediaServer(t)
	return startWith(t, t.TempDir(), newBus(), now, func(c *dashboard.Config) {
		c.Media.Kind, c.Media.URL = media.KindMediaMTX, m.URL
		c.Media.SnapshotURL = m.URL + "/pic/{site}/{device}.jpg"
		c.Media.Username, c.Media.PasswordFile = "viewer", secretFile(t, "open sesame\n")
		change(&c.Media)
	}), m
}

func (b *browser) look(t *testing.T, camera, body string) media.Grant {
	t.Helper()
	var g media.Grant
	b.ask(t, http.MethodPost, "/api/v1/cameras/"+camera+"/look", body, &g)
	return g
}

const (
	liveLook = `{"kind":"live","reason":"接到求助","unit":"县教育局","person":"王值班"}`
	offerSDP = `{"sdp":"v=0\r\ns=offer\r\n"}`
)

func TestLookIsRegisteredPulledOnDemandAndTakenDown(t *testing.T) {
	t.Parallel()
	w, m := withMediaServer(t, nil, func(*media.Config) {})
	operator, inspector := w.login(t, "operator"), w.login(t, "inspector")
	var view struct {
		Ways  []string
		Looks []media.Look
	}
	operator.get("/api/v1/cameras/s1/c1", &view)
	if fmt.Sprint(view.Ways) != "[whep hls snapshot]" || len(view.Looks) != 0 {
		t.Fatalf("the camera says %+v", view)
	}
	if n := m.count(""); n != 0 {
		t.Fatalf("%d questions before anybody looked", n)
	}
	g := operator.look(t, "s1/c1", liveLook)
	if n := m.count(""); n != 0 {
		t.Fatalf("%d questions before anybody watched", n)
	}
	var answer struct{ SDP string }
	operator.ask(t, http.MethodPost, "/api/v1/looks/"+g.Look.ID+"/whep", offerSDP, &answer)
	if !strings.HasPrefix(answer.SDP, "v=0") || m.streams() != 1 || m.count("POST /s1/c1/whep") != 1 {
		t.Fatalf("answer %q, %d streams, asked %v", answer.SDP, m.streams(), m.asked)
	}
	// A second offer replaces the first stream.
	operator.ask(t, http.MethodPost, "/api/v1/looks/"+g.Look.ID+"/whep", offerSDP, &answer)
	if m.streams() != 1 || m.count("DELETE ") != 1 {
		t.Fatalf("%d streams after a second offer", m.streams())
	}
	// Another session, even of the same account, has no use of the grant.
	for _, other := range []*browser{w.login(t, "operator"), inspector} {
		for _, c := range [][2]string{{"POST", "/whep"}, {"POST", "/keep"}, {"POST", "/end"}, {"GET", "/snapshot"}, {"GET", "/hls/index.m3u8?first=1"}} {
			body := map[string]string{"/whep": offerSDP, "/end": `{"why":"left"}`, "/keep": "{}"}[c[1]]
			if code, text := other.do(c[0], "/api/v1/looks/"+g.Look.ID+c[1], body); code != http.StatusNotFound {
				t.Errorf("%s of another session: %d %s", c[1], code, text)
			}
		}
	}
	if code, text := operator.do(http.MethodPost, "/api/v1/looks/"+g.Look.ID+"/end", `{"why":"hidden"}`); code != http.StatusNoContent {
		t.Fatalf("end: %d %s", code, text)
	}
	eventually(t, "the media server and the register agree", func() bool { return m.streams() == 0 })
	var register list[media.Look]
	eventually(t, "the media server and the register agree", func() bool {
		inspector.get("/api/v1/looks", &register)
		return len(register.Items) == 1 && register.Items[0].EndedAt != nil
	})
	l := register.Items[0]
	if l.Reason != "接到求助" || l.Unit != "县教育局" || l.Person != "王值班" || l.By != "operator" || l.Site != "s1" || l.Device != "c1" || l.Ended != "hidden" {
		t.Errorf("the register says %+v", l)
	}
	operator.get("/api/v1/cameras/s1/c1", &view)
	if len(view.Looks) != 1 || view.Looks[0].Person != "王值班" || view.Looks[0].ID != "" {
		t.Errorf("the camera hides who looked: %+v", view.Looks)
	}
	var audit list[struct{ By, Action, Subject string }]
	w.login(t, "admin").get("/api/v1/audit?area=camera", &audit)
	if len(audit.Items) != 1 || audit.Items[0].Action != "camera.look" || audit.Items[0].Subject != "s1/c1" || audit.Items[0].By != "operator" {
		t.Errorf("the audit says %+v", audit.Items)
	}
	code, csv := inspector.do(http.MethodGet, "/api/v1/looks/export?site=s1", "")
	if code != http.StatusOK || !strings.HasPrefix(csv, "\ufeffat,") || !strings.Contains(csv, ",hidden,s1,c1,live,接到求助,县教育局,王值班,operator,operator,") {
		t.Errorf("export: %d %s", code, csv)
	}
}

func TestNothingIsPulledWithoutAReasonOrScope(t *testing.T) {
	t.Parallel()
	w, m := withMediaServer(t, nil, func(c *media.Config) { c.PerPerson, c.Total = 2, 3 })
	guard, operator := w.login(t, "guard"), w.login(t, "operator")
	for _, c := range []struct {
		who        *browser
		path, body string
		want       int
	}{
		{w.login(t, ""), "s1/c1", liveLook, http.StatusUnauthorized},
		{w.login(t, "lost"), "s1/c1", liveLook, http.StatusNotFound},
		{guard, "s2/c1", liveLook, http.StatusNotFound},
		{guard, "s1/b1", liveLook, http.StatusNotFound}, // a bus is no camera
		{guard, "s1/c9", liveLook, http.StatusNotFound},
		{guard, "s1/c1", `{"kind":"live","reason":" ","unit":"u"}`, http.StatusUnprocessableEntity},
		{guard, "s1/c1", `{"kind":"live","reason":"why not","unit":""}`, http.StatusUnprocessableEntity},
		{guard, "s1/c1", `{"kind":"record","reason":"why not","unit":"u"}`, http.StatusUnprocessableEntity},
		{guard, "s1/c1", `{"kind":"live","reason":"two\nlines","unit":"u"}`, http.StatusUnprocessableEntity},
		{guard, "s1/c1", `{"kind":"live","reason":"why not","unit":"u","alarm":"none"}`, http.StatusNotFound},
	} {
		if code, text := c.who.do(http.MethodPost, "/api/v1/cameras/"+c.path+"/look", c.body); code != c.want {
			t.Errorf("%s %s: %d, want %d: %s", c.path, c.body, code, c.want, text)
		}
	}
	if code, _ := guard.do(http.MethodGet, "/api/v1/looks", ""); code != http.StatusForbidden {
		t.Errorf("a guard reads the register: %d", code)
	}
	var register list[media.Look]
	w.login(t, "admin").get("/api/v1/looks", &register)
	if len(register.Items) != 0 || m.count("") != 0 {
		t.Errorf("%d look-ups, %d questions", len(register.Items), m.count(""))
	}
	operator.look(t, "s1/c1", liveLook)
	last := operator.look(t, "s2/c1", liveLook)
	if code, text := operator.do(http.MethodPost, "/api/v1/cameras/s1/c1/look", liveLook); code != http.StatusTooManyRequests || !strings.Contains(text, `"code":"limit"`) {
		t.Errorf("a third look: %d %s", code, text)
	}
	guard.look(t, "s1/c1", `{"kind":"snapshot","reason":"check","unit":"gate"}`)
	if code, _ := guard.do(http.MethodPost, "/api/v1/cameras/s1/c1/look", liveLook); code != http.StatusTooManyRequests {
		t.Errorf("a fourth of all: %d", code)
	}
	operator.ask(t, http.MethodPost, "/api/v1/looks/"+last.Look.ID+"/whep", offerSDP, new(any))
	if code, _ := operator.do(http.MethodPost, "/api/v1/logout", `{}`); code != http.StatusNoContent {
		t.Fatalf("logout: %d", code)
	}
	eventually(t, "the media server and the register agree", func() bool { return m.streams() == 0 })
}

func TestLookEndsWhenThePageFallsSilentAndAtItsLimit(t *testing.T) {
	t.Parallel()
	clock := &movedClock{at: time.Now()}
	w, m := withMediaServer(t, clock.now, func(c *media.Config) { c.Longest = time.Minute })
	operator, admin := w.login(t, "operator"), w.login(t, "admin")
	ended := func(id string) string {
		var register list[media.Look]
		admin.get("/api/v1/looks", &register)
		for _, l := range register.Items {
			if l.ID == id && l.EndedAt != nil {
				return l.Ended
			}
		}
		return ""
	}
	g := operator.look(t, "s1/c1", liveLook)
	operator.ask(t, http.MethodPost, "/api/v1/looks/"+g.Look.ID+"/whep", offerSDP, new(any))
	clock.add(31 * time.Second)
	eventually(t, "the media server and the register agree", func() bool { return m.streams() == 0 && ended(g.Look.ID) == media.EndLost })
	g = operator.look(t, "s1/c1", liveLook)
	for range 2 {
		clock.add(25 * time.Second)
		operator.ask(t, http.MethodPost, "/api/v1/looks/"+g.Look.ID+"/keep", `{}`, new(any))
	}
	clock.add(11 * time.Second)
	if code, _ := operator.do(http.MethodPost, "/api/v1/looks/"+g.Look.ID+"/keep", `{}`); code != http.StatusNotFound {
		t.Errorf("kept beyond its limit: %d", code)
	}
	eventually(t, "the media server and the register agree", func() bool { return ended(g.Look.ID) == media.EndLimit })
}

func TestHLSAndSnapshotComeThroughTheDashboard(t *testing.T) {
	t.Parallel()
	w, m := withMediaServer(t, nil, func(*media.Config) {})
	w.bus.raise(anomaly("a1", "s1", 1, event.Raised))
	operator := w.login(t, "operator")
	eventually(t, "the media server and the register agree", func() bool { return len(operator.alarms("")) == 1 })
	g := operator.look(t, "s1/c1", strings.TrimSuffix(liveLook, "}")+`,"alarm":"a1"}`)
	base := "/api/v1/looks/" + g.Look.ID
	if code, text := operator.do(http.MethodGet, base+"/hls/index.m3u8?first=1", ""); code != http.StatusOK || !strings.Contains(text, "#EXTM3U") {
		t.Fatalf("playlist: %d %s", code, text)
	}
	res := operator.request(http.MethodGet, base+"/hls/seg0.mp4?_HLS_msn=3", "")
	text, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK || string(text) != "segment _HLS_msn=3" || res.Header.Get("Content-Type") != "video/mp4" || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("segment: %d %s %v", res.StatusCode, text, res.Header)
	}
	before := m.count("GET ")
	for _, file := range []string{"..%2f..%2fadmin", "a%2f..%2f..%2fb", "redirect.mp4", "gone.mp4"} {
		code, text := operator.do(http.MethodGet, base+"/hls/"+file, "")
		if code != http.StatusNotFound && code != http.StatusBadGateway || strings.Contains(text, m.URL) {
			t.Errorf("%s: %d %s", file, code, text)
		}
	}
	if n := m.count("GET ") - before; n != 2 {
		t.Errorf("%d of the wrong files were asked for, want the last two", n)
	}
	for range 2 {
		if code, text := operator.do(http.MethodGet, base+"/snapshot", ""); code != http.StatusOK || text != string(m.picture) {
			t.Errorf("snapshot: %d", code)
		}
	}
	if n := m.count("GET /pic/s1/c1.jpg"); n != 1 {
		t.Errorf("%d pictures were fetched within the time of one", n)
	}
	var attached struct {
		Alarm      alarm.Alarm
		Attachment alarm.Attachment
	}
	operator.ask(t, http.MethodPost, base+"/attach", `{}`, &attached)
	if attached.Alarm.Attachments != 1 || attached.Attachment.Type != "image/jpeg" || !strings.HasPrefix(attached.Attachment.Name, "s1-c1-") {
		t.Errorf("attached %+v", attached)
	}
	m.mu.Lock()
	m.refuse = http.StatusForbidden
	m.mu.Unlock()
	code, problem := operator.do(http.MethodPost, base+"/whep", offerSDP)
	if code != http.StatusBadGateway || !strings.Contains(problem, `"code":"upstream"`) || strings.Contains(problem, m.URL) || strings.Contains(problem, "sesame") {
		t.Errorf("refused by the media server: %d %s", code, problem)
	}
}

func TestWithoutMediaServer(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	operator := w.login(t, "operator")
	var view struct{ Ways []string }
	operator.get("/api/v1/cameras/s1/c1", &view)
	if len(view.Ways) != 0 {
		t.Errorf("ways %v", view.Ways)
	}
	if code, text := operator.do(http.MethodPost, "/api/v1/cameras/s1/c1/look", liveLook); code != http.StatusConflict {
		t.Errorf("look: %d %s", code, text)
	}
}

func TestPatrol(t *testing.T) {
	t.Parallel()
	w, _ := withMediaServer(t, nil, func(*media.Config) {})
	operator, admin, inspector := w.login(t, "operator"), w.login(t, "admin"), w.login(t, "inspector")
	const plan = `{"name":"早巡","dwell_s":10,"cameras":["s1/c1","s2/c1"]}`
	for _, bad := range []string{`{"name":"","dwell_s":10,"cameras":["s1/c1"]}`, `{"name":"x","dwell_s":1,"cameras":["s1/c1"]}`, `{"name":"x","dwell_s":10,"cameras":[]}`, `{"name":"x","dwell_s":10,"cameras":["s1/b1"]}`, `{"name":"x","dwell_s":10,"cameras":["s1/c1","s1/c1"]}`} {
		if code, text := operator.do(http.MethodPost, "/api/v1/patrol/runs", bad); code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", bad, code, text)
		}
	}
	if code, _ := w.login(t, "guard").do(http.MethodPost, "/api/v1/patrol/runs", plan); code != http.StatusForbidden {
		t.Errorf("a guard begins a tour: %d", code)
	}
	if code, _ := w.login(t, "lost").do(http.MethodPost, "/api/v1/patrol/runs", plan); code != http.StatusUnprocessableEntity {
		t.Errorf("a tour beyond the scope: %d", code)
	}
	var saved, run media.Patrol
	operator.ask(t, http.MethodPost, "/api/v1/patrol/lists", plan, &saved)
	change := fmt.Sprintf(`{"id":%q,"rev":%%d,"name":"晚巡","dwell_s":20,"cameras":["s2/c1"]}`, saved.ID)
	admin.ask(t, http.MethodPost, "/api/v1/patrol/lists", fmt.Sprintf(change, saved.Rev), &saved)
	if code, _ := operator.do(http.MethodPost, "/api/v1/patrol/lists", fmt.Sprintf(change, 1)); code != http.StatusConflict {
		t.Errorf("an old revision was taken: %d", code)
	}
	operator.ask(t, http.MethodPost, "/api/v1/patrol/runs", plan, &run)
	base := "/api/v1/patrol/runs/" + run.ID
	find := func(b *browser, body string) int {
		code, _ := b.do(http.MethodPost, base+"/finding", body)
		return code
	}
	if find(admin, `{"camera":"s1/c1","result":"ok"}`) != http.StatusNotFound {
		t.Error("another one's tour was written to")
	}
	if find(operator, `{"camera":"s1/c1","result":"person","note":" "}`) != http.StatusUnprocessableEntity {
		t.Error("somebody is sent there without a word")
	}
	if find(operator, `{"camera":"s1/c9","result":"ok"}`) != http.StatusUnprocessableEntity {
		t.Error("a camera that is not in the tour was noted")
	}
	if find(operator, `{"camera":"s1/c1","result":"ok"}`) != http.StatusOK || find(operator, `{"camera":"s2/c1","result":"person","note":"=门开着"}`) != http.StatusOK {
		t.Fatal("findings were refused")
	}
	if code, _ := operator.do(http.MethodPost, base+"/raise", `{"camera":"s1/c1"}`); code != http.StatusUnprocessableEntity {
		t.Errorf("an alarm about a good picture: %d", code)
	}
	operator.ask(t, http.MethodPost, base+"/raise", `{"camera":"s2/c1"}`, &run)
	eventually(t, "the media server and the register agree", func() bool {
		rows := operator.alarms("?site=s2")
		return len(rows) == 1 && rows[0].Rule == "patrol_finding" && rows[0].Severity == event.SeverityHigh && rows[0].Device == "c1" && !strings.Contains(rows[0].Text.ZH, "门开着")
	})
	// Changing the note keeps the alarm's mark; after a restart of the page all is there.
	find(operator, `{"camera":"s2/c1","result":"bad","note":"=1+1"}`)
	operator.get(base, &run)
	if len(run.Findings) != 2 || !run.Findings[1].Alarm || run.Findings[1].Result != "bad" {
		t.Errorf("the tour says %+v", run.Findings)
	}
	operator.ask(t, http.MethodPost, base+"/end", `{}`, &run)
	if run.EndedAt == nil || find(operator, `{"camera":"s1/c1","result":"bad"}`) != http.StatusConflict {
		t.Error("an ended tour was written to")
	}
	if code, _ := inspector.do(http.MethodPost, base+"/raise", `{"camera":"s2/c1"}`); code != http.StatusForbidden {
		t.Errorf("an inspector raises an alarm: %d", code)
	}
	code, csv := inspector.do(http.MethodGet, base+"/export", "")
	if code != http.StatusOK || !strings.Contains(csv, "2,s2,c1,,,bad,'=1+1,") {
		t.Errorf("export: %d %s", code, csv)
	}
	var lists list[media.Patrol]
	operator.get("/api/v1/patrol/lists", &lists)
	if len(lists.Items) != 1 || lists.Items[0].Name != "晚巡" {
		t.Errorf("lists %+v", lists.Items)
	}
	if code, text := operator.do(http.MethodPost, "/api/v1/patrol/lists/"+saved.ID+"/remove", `{}`); code != http.StatusNoContent {
		t.Errorf("remove: %d %s", code, text)
	}
	var audit list[struct {
		Action string
		Detail json.RawMessage
	}]
	admin.get("/api/v1/audit?area=patrol", &audit)
	if len(audit.Items) != 6 { // two of the list, start, raise, end, removal
		t.Errorf("the audit says %+v", audit.Items)
	}
}

// movedClock is a clock that the test moves.
type movedClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *movedClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *movedClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func mediaPath(path string) bool {
	return strings.HasPrefix(path, "/api/v1/cameras") || strings.HasPrefix(path, "/api/v1/looks") || strings.HasPrefix(path, "/api/v1/patrol")
}

func TestEveryMediaOperationByRole(t *testing.T) {
	t.Parallel()
	w, m := withMediaServer(t, nil, func(*media.Config) {})
	users := []string{"", "admin", "operator", "guard", "inspector", "lost"}
	browsers := map[string]*browser{}
	for _, u := range users {
		browsers[u] = w.login(t, u)
	}
	roles := func(admin, operator, guard, inspector, lost int) map[string]int {
		return map[string]int{"": 401, "admin": admin, "operator": operator, "guard": guard, "inspector": inspector, "lost": lost}
	}
	none, office, tours := roles(404, 404, 404, 404, 404), roles(200, 403, 403, 200, 403), roles(404, 404, 403, 404, 404)
	bad := roles(422, 422, 403, 422, 422)
	const plan = `{"name":"","dwell_s":10,"cameras":[]}`
	tried := map[string]bool{"GET /api/v1/looks/{id}/hls/*": true}
	for _, c := range []struct {
		method, path, body string
		want               map[string]int
	}{
		{"GET", "/cameras/{site}/{device}", "", roles(200, 200, 404, 200, 404)},
		{"POST", "/cameras/{site}/{device}/look", `{"kind":"live","reason":"","unit":""}`, roles(422, 422, 404, 422, 404)},
		{"POST", "/looks/{id}/whep", offerSDP, none},
		{"POST", "/looks/{id}/keep", `{}`, none},
		{"POST", "/looks/{id}/end", `{"why":"left"}`, none},
		{"GET", "/looks/{id}/snapshot", "", none},
		{"GET", "/looks/{id}/hls/index.m3u8", "", none},
		{"POST", "/looks/{id}/attach", `{}`, roles(404, 404, 404, 403, 404)},
		{"GET", "/looks", "", office},
		{"GET", "/looks/export", "", office},
		{"GET", "/patrol/lists", "", roles(200, 200, 403, 200, 200)},
		{"POST", "/patrol/lists", plan, bad},
		{"POST", "/patrol/lists/{id}/remove", `{}`, tours},
		{"GET", "/patrol/runs", "", roles(200, 200, 403, 200, 200)},
		{"POST", "/patrol/runs", plan, bad},
		{"GET", "/patrol/runs/{id}", "", tours},
		{"GET", "/patrol/runs/{id}/export", "", tours},
		{"POST", "/patrol/runs/{id}/finding", `{"camera":"s1/c1","result":"ok"}`, tours},
		{"POST", "/patrol/runs/{id}/raise", `{"camera":"s1/c1"}`, roles(404, 404, 403, 403, 404)},
		{"POST", "/patrol/runs/{id}/end", `{}`, tours},
	} {
		tried[c.method+" /api/v1"+c.path] = true
		path := "/api/v1" + strings.NewReplacer("{site}", "s2", "{device}", "c1", "{id}", "none").Replace(c.path)
		for _, u := range users {
			if code, text := browsers[u].do(c.method, path, c.body); code != c.want[u] {
				t.Errorf("%s %s as %q: %d, want %d: %s", c.method, c.path, u, code, c.want[u], text)
			}
		}
	}
	if m.count("") != 0 {
		t.Errorf("the media server was asked: %v", m.asked)
	}
	var openapi struct {
		Paths map[string]map[string]json.RawMessage
	}
	w.visit(t).get("/api/openapi.json", &openapi)
	for path, methods := range openapi.Paths {
		for method := range methods {
			if mediaPath(path) && !tried[strings.ToUpper(method)+" "+path] {
				t.Errorf("%s %s is described and not in the table", method, path)
			}
		}
	}
}
