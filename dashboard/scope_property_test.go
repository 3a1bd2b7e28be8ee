package dashboard_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/gateway/event"
)

// tellsOfAll are operations that tell everybody the same: of the county, not of sites.
func tellsOfAll(path string) bool {
	return slices.Contains([]string{
		"/api/v1/me", "/api/v1/account", // the own scope, by name
	}, path)
}

// Random accounts with random roles and scopes ask everything that can be asked, by REST and
// by websocket, and never see a word of a site that is not theirs.
func TestNoAccountSeesAForeignSite(t *testing.T) {
	t.Parallel()
	bus := newBus()
	bus.answer = func(string, string, []byte) ([]byte, error) { return []byte(`{"items":[]}`), nil }
	w := start(t, t.TempDir(), bus)
	admin := w.login(t, "admin")
	random := rand.New(rand.NewPCG(8, 3))
	// Sites with names that are found nowhere else, in two townships.
	sites := []event.SiteID{"zebra-one", "yak-two", "xerus-three", "wombat-four"}
	township := map[event.SiteID]string{}
	for i, s := range sites {
		township[s] = []string{"uplands", "lowlands"}[i%2]
		admin.must("PUT", "/registry/sites/"+string(s), fmt.Sprintf(`{"site":%q,"name":{"zh":%q,"en":%q},"kind":"school","township":%q}`, s, s, s, township[s]), nil)
		admin.must("PUT", "/registry/devices/"+string(s)+"/c1", fmt.Sprintf(`{"site":%q,"device":"c1","kind":"camera","name":{"zh":"a","en":"a"}}`, s), nil)
		admin.must("PUT", "/registry/people/p-"+string(s), fmt.Sprintf(`{"person":"p-%s","kind":"pupil","site":%q,"name":"张三三"}`, s, s), nil)
		bus.raise(anomaly("al-"+string(s), s, 1, event.Raised))
		bus.publish(passage(i+1, s))
	}
	eventually(t, "alarms", func() bool { return len(admin.alarms("")) == len(sites) })
	var openapi struct {
		Paths map[string]map[string]json.RawMessage
	}
	admin.get("/api/openapi.json", &openapi)
	var paths []string
	for path, methods := range openapi.Paths {
		if _, ok := methods["get"]; ok && !tellsOfAll(path) {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	if len(paths) < 40 {
		t.Fatalf("only %d operations to ask", len(paths))
	}
	var book struct {
		Catalogue []auth.Permission
		Own       []auth.OwnRole
	}
	admin.must("GET", "/roles", "", &book)
	for n := range 6 {
		role := []string{"operator", "guard", "inspector", "admin", "own", "own"}[n]
		if role == "own" {
			role = fmt.Sprintf("own%d", n)
			var some []auth.Permission
			for _, p := range book.Catalogue {
				if random.IntN(2) == 0 {
					some = append(some, p)
				}
			}
			text, _ := json.Marshal(map[string]any{"title": event.Text{ZH: "自", EN: "own"}, "permissions": some})
			admin.must("PUT", "/roles/"+role, string(text), nil)
		}
		var scope []string
		mine := map[event.SiteID]bool{}
		for _, s := range sites {
			switch random.IntN(6) {
			case 0:
				scope, mine[s] = append(scope, string(s)), true
			case 1:
				scope = append(scope, "township:"+township[s])
				for _, o := range sites {
					mine[o] = mine[o] || township[o] == township[s]
				}
			}
		}
		words, _ := json.Marshal(append([]string{}, scope...))
		name := fmt.Sprintf("random%d", n)
		b := newcomer(t, w, admin, name, role, string(words))
		look := func(where, text string) {
			for _, s := range sites {
				if !mine[s] && strings.Contains(text, string(s)) {
					at := max(0, strings.Index(text, string(s))-80)
					t.Errorf("%s (%s, scope %v): %s tells of %s: …%s", name, role, scope, where, s, text[at:min(len(text), at+200)])
				}
			}
		}
		seen := 0
		for _, path := range paths {
			for _, s := range sites {
				ask := strings.NewReplacer("{id}", "al-"+string(s), "{site}", string(s), "{device}", "c1", "{person}", "p-"+string(s), "{username}", "admin",
					"{n}", "1", "{route}", "r1", "{name}", "duty", "{version}", "1", "{role}", "own1").Replace(path)
				for _, query := range []string{"", "?site=" + string(s), "?site=" + string(s) + "&device=c1&type=gate_passage"} {
					code, text := b.do(http.MethodGet, ask+query, "")
					if code == http.StatusOK {
						seen++
						look("GET "+ask+query, text)
					} else if code >= 500 && code != 503 {
						t.Errorf("GET %s%s: %d %s", ask, query, code, text)
					}
					if path == strings.ReplaceAll(ask, string(s), "") && query == "" {
						break
					}
				}
			}
		}
		if seen == 0 && !strings.HasPrefix(role, "own") {
			t.Errorf("%s saw nothing at all", name)
		}
		t.Logf("%s (%s, scope %v) saw %d answers", name, role, scope, seen)
		ws := b.socket()
		frame(t, ws, "hello")
		for _, ch := range []string{"alarms", "feed", "devices", "sites", "stats", "gateways", "voice"} {
			if err := ws.WriteJSON(map[string]string{"t": "sub", "ch": ch}); err != nil {
				t.Fatal(err)
			}
		}
		bus.publish(passage(100+n, sites[n%len(sites)]))
		look("websocket", drain(t, ws, 7))
		_ = ws.Close()
	}
}

// drain reads frames until as many channels have answered.
func drain(t *testing.T, ws *websocket.Conn, channels int) string {
	t.Helper()
	var all strings.Builder
	answered := map[string]bool{}
	_ = ws.SetReadDeadline(time.Now().Add(patience))
	for len(answered) < channels {
		_, data, err := ws.ReadMessage()
		if err != nil {
			t.Fatalf("websocket: %v", err)
		}
		all.Write(data)
		var m struct{ T, Ch string }
		if err := json.Unmarshal(data, &m); err == nil && (m.T == "snap" || m.T == "err") {
			answered[m.Ch] = true
		}
	}
	return all.String()
}

// A township's account sees the schools that the registry counts to it, and its websocket
// ends when these change.
func TestTownshipScopeFollowsTheRegistry(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	admin := w.login(t, "admin")
	b := newcomer(t, w, admin, "north", "operator", `["township:north"]`)
	var me struct{ Scope []string }
	if b.must("GET", "/me", "", &me); !slices.Equal(me.Scope, []string{"s1"}) {
		t.Fatalf("scope %v", me.Scope)
	}
	ws := b.socket()
	frame(t, ws, "hello")
	admin.must("PUT", "/registry/sites/n9", `{"site":"n9","name":{"zh":"九","en":"nine"},"kind":"school","township":"north"}`, nil)
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, 4403) {
		t.Errorf("the websocket: %v", err)
	}
	if b.must("GET", "/me", "", &me); !slices.Equal(me.Scope, []string{"n9", "s1"}) {
		t.Errorf("scope %v", me.Scope)
	}
}

// A role of the county may what it names and nothing else; without its row it may nothing.
func TestRolesOfTheCounty(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	admin := w.login(t, "admin")
	admin.refused("PUT", "/roles/watcher", `{"title":{"zh":"看","en":"look"},"permissions":["alarms.everything"]}`, 422, "invalid")
	admin.refused("PUT", "/roles/operator", `{"title":{"zh":"看","en":"look"},"permissions":[]}`, 422, "invalid")
	admin.must("PUT", "/roles/watcher", `{"title":{"zh":"看","en":"look"},"permissions":["alarms.view"]}`, nil)
	admin.refused("PUT", "/roles/watcher", `{"title":{"zh":"看","en":"look"},"permissions":[]}`, 409, "conflict")
	b := newcomer(t, w, admin, "watcher1", "watcher", `["*"]`)
	b.must("GET", "/alarms", "", nil)
	b.refused("GET", "/sites", "", 403, "forbidden")
	b.refused("POST", "/alarms/a1/ack", `{"rev":1}`, 403, "forbidden")
	ws := b.socket()
	frame(t, ws, "hello")
	for ch, want := range map[string]string{"alarms": "snap", "devices": "err", "stats": "err"} {
		if err := ws.WriteJSON(map[string]string{"t": "sub", "ch": ch}); err != nil {
			t.Fatal(err)
		}
		if f := frame(t, ws, want); string(f["ch"]) != fmt.Sprintf("%q", ch) {
			t.Errorf("%s: %s", ch, f["ch"])
		}
	}
	admin.must("PUT", "/roles/watcher", `{"title":{"zh":"看","en":"look"},"permissions":["alarms.view","county.view"],"rev":1}`, nil)
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, 4403) {
		t.Errorf("the websocket after the change of the role: %v", err)
	}
	b.must("GET", "/sites", "", nil)
	admin.refused("DELETE", "/roles/watcher", "", 409, "not_allowed")
	// An administrator of nothing but accounts gives away nothing more.
	admin.must("PUT", "/roles/clerk", `{"title":{"zh":"办","en":"clerk"},"permissions":["accounts.admin","alarms.view"]}`, nil)
	clerk := newcomer(t, w, admin, "clerk1", "clerk", `["*"]`)
	clerk.refused("POST", "/accounts", `{"username":"x1","name":{"zh":"a","en":"b"},"role":"admin","scope":["*"]}`, 409, "not_allowed")
	clerk.refused("PUT", "/roles/more", `{"title":{"zh":"a","en":"b"},"permissions":["audit.admin"]}`, 422, "invalid")
	clerk.refused("POST", "/accounts/watcher1/reset", `{}`, 409, "not_allowed") // it has county.view, the clerk does not
}

// The page's tests play roles from a file, which is what the program says of them.
func TestRolesThatThePageIsTestedWith(t *testing.T) {
	t.Parallel()
	admin := start(t, t.TempDir(), newBus()).login(t, "admin")
	var said, file struct {
		Catalogue []string            `json:"catalogue"`
		BuiltIn   map[string][]string `json:"built_in"`
	}
	admin.must("GET", "/roles", "", &said)
	text, err := os.ReadFile("web/e2e/permissions.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, list := range said.BuiltIn {
		slices.Sort(list)
	}
	if !reflect.DeepEqual(said, file) {
		fresh, _ := json.MarshalIndent(said, "", " ")
		t.Errorf("write this into web/e2e/permissions.json:\n%s", fresh)
	}
}
