package live

// attach subscribes a client: from here on it knows the state up to the present sequence
// number and is told everything after it. All under the channel's lock.
func (c *Channel) attach(cl *client, from *since) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flushLocked()
	c.detachLocked(cl)
	key := cl.viewer.Scope.Key()
	g := c.groups[key]
	if g == nil {
		g = &group{scope: cl.viewer.Scope, sent: c.seq, clients: map[*client]*sub{}}
		c.groups[key] = g
	}
	if g.sent < c.seq {
		// The others of the group have not heard of ops that were not theirs. Say so, that
		// the next frame is contiguous for them and for the new one.
		frames := c.deltas(nil, g.sent+1, c.seq)
		for other, s := range g.clients {
			other.deliver(s, frames, nil, c.seq, 0)
		}
		g.sent = c.seq
	}
	s := &sub{channel: c, to: c.seq}
	var frames []*frame
	if from != nil && c.resumable(from) {
		var missed []*entry
		for i := from.Seq + 1; i <= c.seq; i++ {
			if e := c.ring[i-c.ringAt]; e.seen && g.scope.Allows(e.site) {
				missed = append(missed, e)
			}
		}
		frames = c.deltas(missed, from.Seq+1, c.seq)
		c.hub.metrics.resumed.Inc()
	} else {
		frames = c.snapshot(g)
		c.hub.metrics.snapshots.Inc()
	}
	if cl.subscribe(s, frames) {
		g.clients[cl] = s
	} else if len(g.clients) == 0 {
		delete(c.groups, key)
	}
}

func (c *Channel) resumable(from *since) bool {
	if c.cfg.Mode != Lossless || from.Epoch != c.hub.epochNow() || from.Seq > c.seq {
		return false
	}
	return from.Seq == c.seq || (len(c.ring) > 0 && from.Seq+1 >= c.ringAt)
}

func (c *Channel) detach(cl *client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.detachLocked(cl)
}

func (c *Channel) detachLocked(cl *client) {
	key := cl.viewer.Scope.Key()
	g := c.groups[key]
	if g == nil {
		return
	}
	delete(g.clients, cl)
	if len(g.clients) == 0 {
		delete(c.groups, key)
	}
	cl.unsubscribe(c)
}

// catchUp sends clients that lagged what they missed, once their queue has emptied.
func (c *Channel) catchUp() {
	if c.cfg.Mode == Lossless {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, g := range c.groups {
		for cl, s := range g.clients {
			from, to, keys, skipped, ok := cl.missed(s)
			if !ok {
				continue
			}
			var frames []*frame
			if c.cfg.Mode == Feed {
				f, err := newFrame(skipText(c.cfg.Name, from, to, skipped), 0, 0)
				if err != nil {
					continue
				}
				frames = []*frame{f}
			} else {
				entries := make([]*entry, 0, len(keys))
				for key := range keys {
					e := c.rows[key]
					if e == nil {
						e = &entry{key: key, wire: appendOp(nil, &Op{Kind: Remove, Key: key})}
					}
					entries = append(entries, e)
				}
				frames = c.deltas(entries, from, to)
			}
			cl.recover(s, frames, to)
		}
	}
}
