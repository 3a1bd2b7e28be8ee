package jt808

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
)

// Bounds of the work on datagrams: an address always meets the same worker, so that its
// messages keep their order.
const (
	udpWorkers = 8
	udpQueue   = 256
	maxUDP     = 64 << 10
)

type datagram struct {
	data []byte
	from netip.AddrPort
}

// readUDP takes datagrams until the socket is closed.
func (l *Listener) readUDP(ctx context.Context) {
	queues := make([]chan datagram, udpWorkers)
	for i := range queues {
		queue := make(chan datagram, udpQueue)
		queues[i] = queue
		l.work.Go(func() { l.datagrams(ctx, queue) })
	}
	defer func() {
		for _, queue := range queues {
			close(queue)
		}
	}()
	buffer := make([]byte, maxUDP)
	for {
		n, from, err := l.udp.ReadFromUDPAddrPort(buffer)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				l.fail(ctx, err)
				return
			}
			continue // an ICMP answer to something that we sent
		}
		shard := uint(from.Port())
		for _, c := range from.Addr().As16() {
			shard = shard*31 + uint(c)
		}
		select {
		case queues[shard%udpWorkers] <- datagram{data: bytes.Clone(buffer[:n]), from: from}:
		default:
			l.met.refused.WithLabelValues(refusedBusy).Inc() // the terminal sends again
		}
	}
}

// datagrams delivers together what waits together.
func (l *Listener) datagrams(ctx context.Context, queue chan datagram) {
	for d := range queue {
		b := l.batches.get()
		l.takeDatagram(b, d)
	fill:
		for len(b.answers) < l.cfg.MaxBatch {
			select {
			case next, ok := <-queue:
				if !ok {
					break fill
				}
				l.takeDatagram(b, next)
			default:
				break fill
			}
		}
		l.finish(ctx, b, nil)
		l.batches.put(b)
	}
}

// takeDatagram takes the messages of a datagram, most often one.
func (l *Listener) takeDatagram(b *batch, d datagram) {
	c := &link{udp: l.udp, from: d.from, serial: &l.serial}
	s := NewScanner(bytes.NewReader(d.data), len(d.data))
	for {
		frame, err := s.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				l.met.refused.WithLabelValues(refusedSyntax).Inc()
			}
			break
		}
		l.take(b, c, nil, frame)
	}
	l.met.skipped.Add(float64(s.Garbage()))
}
