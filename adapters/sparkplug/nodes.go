package sparkplug

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Limits of what is remembered of births.
const (
	maxNodes    = 10_000
	maxDevices  = 2_000   // of a node
	maxAliases  = 500_000 // of all nodes together
	maxName     = 200     // bytes
	rebirthEach = time.Minute
)

// nodes remembers of each node what its births said. It only ever helps: whatever is
// forgotten, or was never heard, a rebirth says again.
type nodes struct {
	mu      sync.Mutex
	of      map[string]*node // by group and node
	aliases int
}

// node is what one edge node's births said.
type node struct {
	alive   bool
	bdSeq   uint64 // of the birth; a death with another one is of an earlier connection
	hasBd   bool
	seq     uint8 // of the last message
	names   map[uint64]named
	devices map[event.DeviceID]struct{}
	// behind is the first fault since the last birth: only a rebirth tells what was missed.
	behind  bool
	askedAt time.Time
}

// named is a metric that later messages call by its alias, which is unique among all
// metrics of a node and its devices.
type named struct {
	name     string
	datatype uint64
}

// get returns the node of a key, making room for it when it is new.
func (n *nodes) get(key string) *node {
	if found := n.of[key]; found != nil {
		return found
	}
	if n.of == nil {
		n.of = make(map[string]*node)
	}
	n.shrink(maxNodes-1, maxAliases)
	found := &node{}
	n.of[key] = found
	return found
}

// shrink forgets nodes, any of them, until no more than so many are left.
func (n *nodes) shrink(count, aliases int) {
	for key, old := range n.of {
		if len(n.of) <= count && n.aliases <= aliases {
			return
		}
		n.aliases -= len(old.names)
		delete(n.of, key)
	}
}

// follow takes in what a message says about its node, and gives metrics that come under an
// alias their names. It returns an error when an alias is not known; then, and when messages
// are missing before this one, the node is behind.
func (n *nodes) follow(c *message, kind string, p *wirePayload) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	of := n.get(c.edge)
	switch kind {
	case "NBIRTH":
		n.aliases -= len(of.names)
		*of = node{alive: true, askedAt: of.askedAt, seq: p.seq}
		for i := range p.metrics {
			if m := &p.metrics[i]; string(m.name) == "bdSeq" && m.integer {
				of.bdSeq, of.hasBd = m.bits, true
			}
		}
		n.learn(of, p.metrics)
		return nil
	case "DBIRTH":
		if of.devices == nil {
			of.devices = make(map[event.DeviceID]struct{})
		}
		if len(of.devices) < maxDevices {
			of.devices[c.device] = struct{}{}
		}
		n.learn(of, p.metrics)
	}
	of.count(p)
	for i := range p.metrics {
		m := &p.metrics[i]
		if len(m.name) > 0 || !m.hasAlias {
			continue
		}
		known, ok := of.names[m.alias]
		if !ok {
			of.behind = true
			return fmt.Errorf("metric %d: alias %d is not known: no birth said its name", i, m.alias)
		}
		m.name = []byte(known.name)
		if m.datatype == 0 && known.datatype != 0 {
			m.datatype = known.datatype
			if m.integer {
				m.value = integer(m.bits, m.datatype)
			}
		}
	}
	return nil
}

// learn keeps the names of a birth's aliases.
func (n *nodes) learn(of *node, metrics []metric) {
	for i := range metrics {
		m := &metrics[i]
		if !m.hasAlias || len(m.name) == 0 || len(m.name) > maxName {
			continue
		}
		if of.names == nil {
			of.names = make(map[uint64]named)
		}
		if _, known := of.names[m.alias]; !known {
			if n.aliases >= maxAliases {
				continue // asked for by its alias, it is not known
			}
			n.aliases++
		}
		of.names[m.alias] = named{string(m.name), m.datatype}
	}
}

// count compares a message's seq, 0 to 255 over all messages of a node and its devices but
// deaths, with the one before it. The same again is a redelivery.
func (of *node) count(p *wirePayload) {
	if !of.alive {
		of.behind = true
		return
	}
	if p.hasSeq && p.seq != of.seq {
		of.behind = of.behind || p.seq != of.seq+1
		of.seq = p.seq
	}
}

// death reports whether a node's death is that of its present connection, and the devices
// that nobody can hear any more. The broker may send the last will of an earlier connection
// after the birth of the next one.
func (n *nodes) death(c *message, p *wirePayload) (died bool, devices []event.DeviceID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	of := n.get(c.edge)
	for i := range p.metrics {
		if m := &p.metrics[i]; of.hasBd && string(m.name) == "bdSeq" && m.integer && m.bits != of.bdSeq {
			return false, nil
		}
	}
	of.alive = false
	return true, slices.Sorted(maps.Keys(of.devices))
}

// behind reports whether a node should be asked for a rebirth now: at most once in a minute.
func (n *nodes) behind(key string, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	of := n.of[key]
	if of == nil || !of.behind || now.Sub(of.askedAt) < rebirthEach {
		return false
	}
	of.askedAt = now
	return true
}
