package uplink_test

import (
	"bytes"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// cuttingProxy forwards TCP and cuts each connection after a random number of bytes, in
// the middle of a batch as well as between a batch and its acknowledgement.
type cuttingProxy struct {
	listener net.Listener
	target   string
	cuts     atomic.Int64
	calm     atomic.Bool
	wg       sync.WaitGroup
	mu       sync.Mutex
	conns    map[net.Conn]bool
	random   *rand.Rand
}

func newCuttingProxy(t *testing.T, target string) *cuttingProxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &cuttingProxy{listener: l, target: target, conns: map[net.Conn]bool{}, random: rand.New(rand.NewPCG(7, 8))}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		for c := range p.conns {
			_ = c.Close()
		}
		p.mu.Unlock()
		p.wg.Wait()
	})
	return p
}

func (p *cuttingProxy) addr() string { return p.listener.Addr().String() }

func (p *cuttingProxy) accept() {
	for {
		in, err := p.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = in.Close()
			continue
		}
		p.mu.Lock()
		p.conns[in], p.conns[out] = true, true
		up, down := 2000+p.random.IntN(60_000), 1200+p.random.IntN(6000)
		p.mu.Unlock()
		p.wg.Go(func() { p.copy(out, in, up) })
		p.wg.Go(func() { p.copy(in, out, down) })
	}
}

func (p *cuttingProxy) copy(dst, src net.Conn, limit int) {
	defer func() { _ = src.Close(); _ = dst.Close() }()
	buf := make([]byte, 1024)
	for {
		n, err := src.Read(buf)
		if err != nil {
			return
		}
		if limit -= n; limit < 0 && !p.calm.Load() {
			p.cuts.Add(1)
			return // what was read is lost
		}
		if _, err := dst.Write(buf[:n]); err != nil {
			return
		}
	}
}
