package dahua_test

import (
	"net/http"
	"testing"

	"github.com/campusgate/campusgate/adapters/dahua"
	"github.com/campusgate/campusgate/adapters/payload/push/pushtest"
	"github.com/campusgate/campusgate/gateway/event"
)

func connect(t *testing.T, credentials string) *pushtest.Terminal {
	t.Helper()
	return pushtest.Connect(t, dahua.New(), dahua.DefaultConfig(), dahua.NewListener, credentials)
}

func TestListener(t *testing.T) {
	t.Parallel()
	c := connect(t, "g4 secret-four\n")
	for _, push := range []struct{ contentType, body string }{
		{"application/json", `{"Events":[{"Code":"AccessControl","Data":{"Method":15,"UserID":"u1","Status":1,"Type":"Exit"},"DataSource":"Offline"}]}`},
		{"multipart/x-mixed-replace; boundary=myboundary", "--myboundary\r\nContent-Type: text/plain\r\n\r\nHeartbeat\r\n--myboundary--\r\n"},
		{"", "Code=AccessControl;action=Pulse;index=0;data={\n\"Method\":1,\n\"CardNo\":\"00A1\"\n}\n"},
	} {
		if status, text := c.Ask(t, "/dahua/g4/secret-four", push.contentType, push.body); status != http.StatusOK {
			t.Errorf("%s: %d %s", push.contentType, status, text)
		}
	}
	if status, _ := c.Ask(t, "/dahua/g5/secret-four", "application/json", "{}"); status != http.StatusUnauthorized {
		t.Errorf("wrong device: %d", status)
	}
	c.Mu.Lock()
	defer c.Mu.Unlock()
	if len(c.Events) != 3 || len(c.Dead) != 0 {
		t.Fatal(len(c.Events), c.Dead)
	}
	if e := c.Events[0]; e.Device != "dahua-g4" || !e.Backfill || e.Gate.Direction != event.Out {
		t.Errorf("%s", e.AppendJSON(nil))
	}
	if !c.Events[1].Status.Heartbeat || c.Events[2].Gate.Method != "card" {
		t.Errorf("%s %s", c.Events[1].AppendJSON(nil), c.Events[2].AppendJSON(nil))
	}
}
