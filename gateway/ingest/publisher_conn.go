package ingest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"
)

// run connects until the publisher is closed.
func (p *Publisher) run() {
	pause := backoff{low: p.cfg.ReconnectMin, high: p.cfg.ReconnectMax}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p.wg.Go(func() {
		<-p.halt
		cancel()
	})
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-p.halt:
			return
		case <-timer.C:
		}
		began := time.Now()
		err := p.connection(ctx)
		p.mu.Lock()
		was := p.connected
		p.connected, p.lastErr = false, err
		closed := p.closed
		p.mu.Unlock()
		if closed {
			return
		}
		if was {
			p.cfg.Logger.Warn().Err(err).Str("broker", p.cfg.Broker.Name).Msg("publisher lost its connection")
		}
		if time.Since(began) > steadyAfter {
			pause.reset()
		}
		timer.Reset(pause.next())
	}
}

// connection makes one connection and serves it until it dies.
func (p *Publisher) connection(ctx context.Context) error {
	password, err := p.dial.password()
	if err != nil {
		return err
	}
	conn, err := p.dial.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	b := &p.cfg.Broker
	f := newFramer(maxControlBytes)
	if err := p.shakeHands(conn, f, password); err != nil {
		return err
	}
	p.unacked()

	dead := make(chan struct{})
	writeErr := make(chan error, 1)
	go func() { writeErr <- p.write(conn, b.keepAlive(), dead) }()
	err = p.read(conn, f, 2*b.keepAlive()+5*time.Second)
	close(dead)
	_ = conn.Close()
	if werr := <-writeErr; werr != nil && errors.Is(err, net.ErrClosed) {
		err = werr
	}
	return err
}

func (p *Publisher) shakeHands(conn net.Conn, f *framer, password string) error {
	b := &p.cfg.Broker
	hello := appendConnect(nil, connect{
		clientID: p.clientID(), username: b.Username, password: password,
		keepAlive: uint16(min(b.keepAlive()/time.Second, 65535)), will: p.cfg.Will,
	})
	if err := conn.SetDeadline(time.Now().Add(b.connectTimeout())); err != nil {
		return err
	}
	if _, err := conn.Write(hello); err != nil {
		return fmt.Errorf("write CONNECT: %w", err)
	}
	for {
		fr, ok, err := f.next()
		switch {
		case err != nil:
			return err
		case ok && fr.kind() != typeConnack:
			return malformed("packet of type %d before CONNACK", fr.kind())
		case ok && fr.body[1] != 0:
			return connectError(fr.body[1], nil, fmt.Errorf("broker refuses the connection: CONNACK %d", fr.body[1]))
		case ok:
			return conn.SetDeadline(time.Time{})
		}
		if _, err := f.fill(conn); err != nil {
			return fmt.Errorf("read CONNACK: %w", err)
		}
	}
}

func (p *Publisher) read(conn net.Conn, f *framer, limit time.Duration) error {
	var deadlineSet time.Time
	var pace pace
	for {
		taken := 0
		for {
			fr, ok, err := f.next()
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			if fr.kind() == typePuback {
				taken++
				if err := p.acked(binary.BigEndian.Uint16(fr.body)); err != nil {
					return err
				}
			}
		}
		now := time.Now()
		if wait := pace.linger(now, taken); wait > 0 {
			// Brokers write each PUBACK by itself.
			time.Sleep(wait) //nolint:forbidigo // longLinger at most, shorter than a timer with a way out is worth
		}
		if now.Sub(deadlineSet) > limit/16 {
			deadlineSet = now
			p.mu.Lock() // Close ends the connection with a deadline of its own
			if !p.closed {
				_ = conn.SetReadDeadline(now.Add(limit))
			}
			p.mu.Unlock()
		}
		if _, err := f.fill(conn); err != nil {
			return fmt.Errorf("read from broker: %w", err)
		}
	}
}

// write sends what is queued, many packets a write, and pings. When it ends, so does read.
func (p *Publisher) write(conn net.Conn, keepAlive time.Duration, dead <-chan struct{}) (err error) {
	defer func() {
		if err != nil {
			_ = conn.Close()
		}
	}()
	ping := time.NewTicker(keepAlive)
	defer ping.Stop()
	for {
		select {
		case <-dead:
			return nil
		case <-p.halt:
			_ = conn.SetWriteDeadline(time.Now().Add(goodbye))
			if _, err := conn.Write(append(p.take(), typeDisconnect<<4, 0)); err != nil {
				return err
			}
			closeWrite(conn) // and read to the end, see link.linger
			return conn.SetReadDeadline(time.Now().Add(goodbye))
		case <-ping.C:
			p.mu.Lock()
			p.out = append(p.out, typePingreq<<4, 0)
			p.mu.Unlock()
		case <-p.wake:
		}
		b := p.take()
		if len(b) == 0 {
			continue
		}
		_ = conn.SetWriteDeadline(time.Now().Add(writeTimeout))
		_, err := conn.Write(b)
		p.mu.Lock()
		if cap(b) <= 4*maxUnwritten {
			p.spare = b
		}
		p.mu.Unlock()
		if err != nil {
			return fmt.Errorf("write to broker: %w", err)
		}
	}
}

// take takes what is to be written.
func (p *Publisher) take() []byte {
	p.mu.Lock()
	b := p.out
	p.out, p.spare = p.spare[:0], nil
	p.mu.Unlock()
	notify(p.drained)
	return b
}
