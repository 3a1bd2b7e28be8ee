package hikvision_test

import (
	"net/http"
	"testing"

	"github.com/campusgate/campusgate/adapters/hikvision"
	"github.com/campusgate/campusgate/adapters/payload/push/pushtest"
	"github.com/campusgate/campusgate/gateway/event"
)

func connect(t *testing.T, credentials string) *pushtest.Terminal {
	t.Helper()
	return pushtest.Connect(t, hikvision.New(), hikvision.DefaultConfig(), hikvision.NewListener, credentials)
}

func TestListener(t *testing.T) {
	t.Parallel()
	c := connect(t, "g1 secret-one out\n")
	event1 := `{"eventType":"AccessControllerEvent","AccessControllerEvent":{"majorEventType":5,"subEventType":75,"employeeNoString":"e1","serialNo":5}}`
	for _, push := range []struct{ contentType, body string }{
		{"application/json", event1},
		{"multipart/form-data; boundary=MIME", "--MIME\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\x00\x01\r\n--MIME\r\nContent-Disposition: form-data; name=\"any\"\r\n\r\n" + event1 + "\r\n--MIME--\r\n"},
		{"application/xml", "<EventNotificationAlert><eventType>videoloss</eventType><eventState>inactive</eventState></EventNotificationAlert>"},
		{"text/plain", "not an event"}, // becomes a dead letter, and is answered
	} {
		if status, text := c.Ask(t, "/hikvision/g1/secret-one", push.contentType, push.body); status != http.StatusOK {
			t.Errorf("%s: %d %s", push.contentType, status, text)
		}
	}
	if status, _ := c.Ask(t, "/hikvision/g1/wrong", "application/json", event1); status != http.StatusUnauthorized {
		t.Errorf("wrong secret: %d", status)
	}
	c.Mu.Lock()
	defer c.Mu.Unlock()
	if len(c.Events) != 3 || len(c.Dead) != 1 || c.Topics[0] != "hikvision/g1/out" {
		t.Fatal(len(c.Events), c.Dead, c.Topics)
	}
	if e := c.Events[1]; e.Device != "hikvision-g1" || e.Seq != 5 || e.Gate.Direction != event.Out || e.Gate.Method != "face" {
		t.Errorf("%s", e.AppendJSON(nil))
	}
	if e := c.Events[2]; !e.Status.Heartbeat {
		t.Errorf("%s", e.AppendJSON(nil))
	}
}
