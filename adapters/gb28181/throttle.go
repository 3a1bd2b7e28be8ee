package gb28181

import (
	"net"
	"sync"
	"time"
)

const (
	// freeTries is how many wrong passwords a host has in a minute before it must wait. A
	// recorder whose password was changed tries a few times in a minute.
	freeTries = 10
	tryWindow = time.Minute
	// maxHosts bounds the memory. A host is counted only when it answered a challenge that
	// was sent to it, so that invented senders fill nothing.
	maxHosts = 10_000
)

// throttle holds back hosts that guess passwords.
type throttle struct {
	mu   sync.Mutex
	from map[string]*tries
}

type tries struct {
	since time.Time
	wrong int
}

// held reports whether a host must wait.
func (t *throttle) held(host string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.from[host]
	return k != nil && k.wrong >= freeTries && now.Sub(k.since) < tryWindow
}

// failed counts a wrong password.
func (t *throttle) failed(host string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.from[host]
	if k == nil {
		if t.from == nil {
			t.from = make(map[string]*tries)
		}
		if len(t.from) >= maxHosts {
			t.forget(now)
		}
		k = &tries{since: now}
		t.from[host] = k
	}
	if now.Sub(k.since) >= tryWindow {
		*k = tries{since: now}
	}
	k.wrong++
}

// forget drops the hosts whose minute is over, or all when that helps nothing.
func (t *throttle) forget(now time.Time) {
	for host, k := range t.from {
		if now.Sub(k.since) >= tryWindow {
			delete(t.from, host)
		}
	}
	if len(t.from) >= maxHosts {
		clear(t.from)
	}
}

func hostOf(addr string) string {
	if host, _, err := net.SplitHostPort(addr); err == nil {
		return host
	}
	return addr
}
