package hikvision_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// TestCurl pushes as terminals do, with a client that is not of our making: the event as a
// file or as a field of the form, with the picture before or after it.
func TestCurl(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatal("this test needs curl (Debian: apt-get install curl)")
	}
	c := connect(t, "g1 secret-one in\n")
	dir := t.TempDir()
	for name, content := range map[string]string{
		"pic.jpg":    "\xff\xd8\xff\xe0" + strings.Repeat("\r\n--x", 50_000) + "\xff\xd9",
		"event.json": `{"eventType":"AccessControllerEvent","AccessControllerEvent":{"majorEventType":5,"subEventType":1,"cardNo":"77","serialNo":"3"}}`,
		"event.xml":  "<EventNotificationAlert><eventType>videoloss</eventType><eventState>active</eventState></EventNotificationAlert>",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, arguments := range [][]string{
		{"-F", "event_log=@event.json;type=application/json", "-F", "Picture=@pic.jpg;type=image/jpeg"},
		{"-F", "Picture=@pic.jpg;type=image/jpeg", "-F", "event_log=<event.json"},
		{"-H", "Expect: 100-continue", "-F", "Picture=@pic.jpg;type=image/jpeg", "-F", "event_log=<event.json;type=application/json"},
		{"-H", "Content-Type: application/json", "--data-binary", "@event.json"},
		{"-H", "Content-Type: application/xml", "-H", "Transfer-Encoding: chunked", "--data-binary", "@event.xml"},
	} {
		curl := exec.CommandContext(t.Context(), "curl", append([]string{
			"--silent", "--show-error", "--fail", "--noproxy", "*", "--max-time", "30", c.Base + "/hikvision/g1/secret-one",
		}, arguments...)...)
		curl.Dir = dir
		if out, err := curl.CombinedOutput(); err != nil {
			t.Errorf("curl %q: %v %s", arguments, err, out)
		}
	}
	c.Mu.Lock()
	defer c.Mu.Unlock()
	if len(c.Events) != 5 || len(c.Dead) != 0 {
		t.Fatalf("%d events, dead %v", len(c.Events), c.Dead)
	}
	for i := range 4 {
		if e := &c.Events[i]; e.Seq != 3 || e.Gate == nil || e.Gate.Credential != "77" || e.Gate.Method != "card" {
			t.Errorf("%s", e.AppendJSON(nil))
		}
	}
	if e := &c.Events[4]; e.Status == nil || e.Status.Reason != "video loss" {
		t.Errorf("%s", e.AppendJSON(nil))
	}
}
