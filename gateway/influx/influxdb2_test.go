package influx_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
)

// TestInfluxDB2Rights signs in at the InfluxDB 2 of TestContractServer with a token for
// one bucket, as careful operators hand out.
func TestInfluxDB2Rights(t *testing.T) {
	t.Parallel()
	base, token, org := os.Getenv("CAMPUSGATE_TEST_INFLUX_URL"), os.Getenv("CAMPUSGATE_TEST_INFLUX_TOKEN"), os.Getenv("CAMPUSGATE_TEST_INFLUX_ORG")
	if base == "" || token == "" {
		t.Skip("no InfluxDB 2 with a token is named")
	}
	s := server{config: influx.DefaultServerConfig(), token: token, prefix: "rights"}
	s.config.URL, s.config.Org = base, org
	call := func(method, path, body string, out any) {
		t.Helper()
		status, answer := fetch(t, method, base+path, body, s.header())
		if status >= 300 {
			t.Fatalf("%s %s: %d %s", method, path, status, answer)
		}
		if err := json.Unmarshal([]byte(answer), out); err != nil {
			t.Fatal(err)
		}
	}
	var orgs struct{ Orgs []struct{ ID string } }
	call("GET", "/api/v2/orgs?org="+url.QueryEscape(org), "", &orgs)
	db := s.database(t)
	var bucket struct{ ID string }
	call("POST", "/api/v2/buckets", fmt.Sprintf(`{"orgID":%q,"name":%q}`, orgs.Orgs[0].ID, db), &bucket)
	var low struct{ Token string }
	resource := fmt.Sprintf(`{"type":"buckets","id":%q,"orgID":%q}`, bucket.ID, orgs.Orgs[0].ID)
	call("POST", "/api/v2/authorizations", fmt.Sprintf(`{"orgID":%q,"permissions":[{"action":"read","resource":%s},{"action":"write","resource":%s}]}`,
		orgs.Orgs[0].ID, resource, resource), &low)
	s.config.TokenFile = filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(s.config.TokenFile, []byte(low.Token), 0o600); err != nil {
		t.Fatal(err)
	}

	t.Run("its own bucket", func(t *testing.T) {
		p := start(t, s.writer(db), s.reader(db))
		p.src.events(readings(5, morning)...)
		p.src.waitCommitted(t, 5)
		if h := p.Health(); h.State != event.OK {
			t.Errorf("health %+v", h)
		}
		if rows, _, err := p.r.History(t.Context(), influx.HistoryQuery{Type: event.TypeKitchenReading}); err != nil || len(rows) != 5 {
			t.Errorf("%d rows, %v", len(rows), err)
		}
	})
	t.Run("another bucket", func(t *testing.T) {
		p := start(t, s.writer(db+"x"), s.reader(db+"x"))
		p.src.events(reading(1, morning))
		eventually(t, "failed health", func() bool { return p.Health().State == event.Failed })
		if h := p.Health(); !strings.Contains(h.Reason, "bucket") {
			t.Errorf("health %+v", h)
		}
		if len(p.src.letters()) != 0 {
			t.Error("what cannot be stored yet is no dead letter")
		}
	})
}
