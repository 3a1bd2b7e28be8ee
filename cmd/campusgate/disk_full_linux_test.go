package main_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// smallDisk mounts a file system of its own, which needs the rights of root.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	err := syscall.Mount("campusgate-test", dir, "tmpfs", 0, "size="+size)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Skipf("a full disk needs a small file system, and mounting one needs root: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill takes the last byte of a file system.
func fill(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 64<<10); len(block) > 0; {
		if _, err = file.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestDiskFull takes the gateway's disk away and gives it back: what was acknowledged
// before is stored, what comes meanwhile waits at the broker, and the process lives.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]string{
		// Below a quarter of it nothing is taken. It is small here because above that
		// quarter records would be given up, which is the journal's policy and another test.
		"by the setting": "65536",
		"to the end":     "0", // the store itself meets the full disk
	} {
		t.Run(name, func(t *testing.T) { fullDisk(t, leave) })
	}
}

func fullDisk(t *testing.T, leave string) {
	w := newWorld(t)
	w.gatewayDir = filepath.Join(smallDisk(t, "80m"), "gateway")
	w.extra = "  journal: {min_free_disk: " + leave + ", max_bytes: 67108864}"
	w.uplink = false // what InfluxDB has confirmed is done
	w.write()
	w.startMosquitto()
	w.startInflux()
	gw := w.startGateway()
	w.answers(w.gatewayURL() + "/readyz")

	p := newPublisher(t, w.mqttURL(), "disk-full")
	l := &lane{random: newRandom(7), seq: map[string]uint64{}}
	want, n := map[string]string{}, 0
	publish := func(count int) {
		t.Helper()
		for range count {
			topic, payload := l.message(n, time.Now())
			n++
			for _, e := range understood(topic, payload) {
				want[e.ID] = topic
			}
			if err := p.send(topic, payload); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	measurements := []event.Type{event.TypeGateAccess, event.TypeTemperatureCheck, event.TypeKitchenReading, event.TypeVehiclePosition}
	everything := func(what string) {
		t.Helper()
		eventually(t, what, func() string {
			gw.mustRun()
			got, err := stored(t, w.reader(), measurements...)
			if err != nil {
				return err.Error()
			}
			return compare(want, got)
		})
	}
	publish(5000)
	everything("all is stored while there is room")
	w.drained() // what a consumer still waits for might go when space is short

	ballast := filepath.Join(filepath.Dir(w.gatewayDir), "ballast")
	fill(t, ballast)
	// More than what was reserved before the disk was full can take.
	eventually(t, "the gateway says that it cannot store", func() string {
		publish(2000)
		gw.mustRun()
		status, body, err := fetch(t, w.gatewayURL()+"/readyz")
		if err != nil || status != 503 {
			return fmt.Sprint(status, string(body), err)
		}
		t.Logf("after %d messages: %s", n, body)
		return ""
	})
	publish(5000) // taken by the broker, which holds it
	gw.mustRun()

	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	everything("all is stored after space has returned")
	w.answers(w.gatewayURL() + "/readyz")
	w.whole()
	if code := gw.signal(terminate); code != 0 {
		t.Errorf("exit code %d", code)
	}
	t.Logf("%d messages, each stored once", n)
}
