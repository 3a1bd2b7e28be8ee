package zkteco_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/adapters/payload/push/pushtest"
	"github.com/campusgate/campusgate/adapters/zkteco"
	"github.com/campusgate/campusgate/gateway/event"
)

func connect(t *testing.T, credentials string) *pushtest.Terminal {
	t.Helper()
	return pushtest.Connect(t, zkteco.New(), zkteco.DefaultConfig(), zkteco.NewListener, credentials)
}

func TestListener(t *testing.T) {
	t.Parallel()
	c := connect(t, "ABC1 -\nABC2 secret-two out\n")
	row := "7\t2026-11-24 07:31:05\t255\t15\t0\t0\n"
	for _, c1 := range []struct{ path, body, want string }{
		{"/iclock/cdata?SN=ABC1&options=all&pushver=2.4.1", "", "GET OPTION FROM: ABC1\n"},
		{"/iclock/cdata?SN=ABC1&options=all&DeviceType=acc", "", "OK"},
		{"/iclock/cdata?SN=ABC1&table=ATTLOG&Stamp=9999", row + strings.Replace(row, "7", "8", 1), "OK: 2"},
		{"/iclock/cdata?SN=ABC1&table=OPERLOG&Stamp=9999", "USER PIN=7\tName=x\n", "OK: 1"},
		{"/iclock/cdata?SN=ABC1&table=rtlog", "time=2026-11-24 07:40:00\tpin=7\tevent=0\tinoutstatus=1\tverifytype=4\tindex=3\n", "OK"},
		{"/iclock/cdata?SN=ABC1&table=rtstate", "time=2026-11-24 07:40:00\tsensor=00\trelay=00\talarm=0000000000000000\n", "OK"},
		{"/iclock/cdata?SN=ABC1&table=BIODATA", "not kept", "OK"},
		{"/iclock/cdata?SN=ABC1&table=ATTLOG&Stamp=9999", "\n", "OK: 0"},
		{"/iclock/getrequest?SN=ABC1", "", "OK"},
		{"/iclock/registry?SN=ABC1", "DeviceType=acc,~SerialNumber=ABC1", "RegistryCode="},
		{"/iclock/push?SN=ABC1", "", "ServerVersion=3.1.1\n"},
		{"/iclock/devicecmd?SN=ABC1", "ID=1&Return=0", "OK"},
		{"/secret-two/iclock/cdata?SN=ABC2&table=ATTLOG", row, "OK: 1"},
	} {
		status, text := c.Ask(t, c1.path, "text/plain", c1.body)
		if exact := strings.HasPrefix(c1.want, "OK"); status != 200 || !strings.HasPrefix(text, c1.want) || exact && text != c1.want {
			t.Errorf("%s: %d %q", c1.path, status, text)
		}
	}
	for _, path := range []string{"/iclock/getrequest?SN=ABC9", "/iclock/getrequest?SN=ABC2", "/secret-on/iclock/getrequest?SN=ABC2", "/iclock/getrequest", "/"} {
		if status, _ := c.Ask(t, path, "", ""); status != http.StatusForbidden {
			t.Errorf("%s: %d", path, status)
		}
	}
	c.Mu.Lock()
	defer c.Mu.Unlock()
	got := map[event.Type]int{}
	for i := range c.Events {
		got[c.Events[i].Type]++
	}
	// Handshakes, poll, state and registration; three attendances and one passage.
	if len(c.Dead) != 0 || got[event.TypeDeviceStatus] != 5 || got[event.TypeGateAccess] != 4 {
		t.Fatal(c.Dead, got, c.Topics)
	}
	last := c.Events[len(c.Events)-1]
	if c.Topics[len(c.Topics)-1] != "zkteco/ABC2/ATTLOG/out" || last.Device != "zkteco-abc2" || last.Gate.Direction != event.Out {
		t.Errorf("%s", last.AppendJSON(nil))
	}
}

// TestSentAgain sends a row in two batches: it stays one event.
func TestSentAgain(t *testing.T) {
	t.Parallel()
	c := connect(t, "ABC1 -\n")
	row := "7\t2026-11-24 07:31:05\t0\t15\t0\t0\n"
	for _, body := range []string{row, "6\t2026-11-24 07:30:05\t0\t15\t0\t0\n" + row} {
		if status, _ := c.Ask(t, "/iclock/cdata?SN=ABC1&table=ATTLOG", "", body); status != http.StatusOK {
			t.Error(status)
		}
	}
	c.Mu.Lock()
	defer c.Mu.Unlock()
	if len(c.Events) != 3 || c.Events[0].ID != c.Events[2].ID || c.Events[0].ID == c.Events[1].ID ||
		!c.Events[0].ObservedAt.Equal(c.Events[2].ObservedAt) {
		t.Error("another batch makes another event of a row")
	}
}

// TestOneBadRowTakesNoOther: the terminal sends neither row again.
func TestOneBadRowTakesNoOther(t *testing.T) {
	t.Parallel()
	c := connect(t, "ABC1 -\n")
	body := "7\tyesterday\t255\t15\t0\t0\n8\t2026-11-24 07:31:05\t255\t15\t0\t0\n"
	if _, text := c.Ask(t, "/iclock/cdata?SN=ABC1&table=ATTLOG", "text/plain", body); text != "OK: 2" {
		t.Error(text)
	}
	c.Mu.Lock()
	defer c.Mu.Unlock()
	if len(c.Events) != 1 || len(c.Dead) != 1 || c.Events[0].Gate.Person != "8" {
		t.Error(c.Events, c.Dead)
	}
}
