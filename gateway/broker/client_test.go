package broker_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// client speaks just enough MQTT 3.1.1 to look the broker in the eye.
type client struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// Packet types in the first byte's upper half.
const (
	connack = 2
	publish = 3
	puback  = 4
	suback  = 9
)

func dialRaw(t *testing.T, addr string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return &client{t, conn, bufio.NewReaderSize(conn, 1<<16)}
}

// login connects and returns the CONNACK's return code and session-present flag.
func (c *client) login(id, user, password string, clean bool) (code byte, present bool) {
	flags := byte(0)
	payload := str(nil, id)
	if user != "" {
		flags |= 0xc0
		payload = str(str(payload, user), password)
	}
	if clean {
		flags |= 2
	}
	body := append(str(nil, "MQTT"), 4, flags, 0, 60)
	c.write(packet(0x10, append(body, payload...)))
	kind, body := c.read()
	if kind>>4 != connack || len(body) != 2 {
		c.t.Fatalf("got packet %x, want CONNACK", kind)
	}
	return body[1], body[0] == 1
}

// subscribe returns the granted QoS.
func (c *client) subscribe(filter string, qos byte) byte {
	body := append(str([]byte{0, 1}, filter), qos)
	c.write(packet(0x82, body))
	kind, body := c.read()
	if kind>>4 != suback {
		c.t.Fatalf("got packet %x, want SUBACK", kind)
	}
	return body[2]
}

func (c *client) publish(topic string, payload []byte, qos byte, id uint16, retain bool) {
	first := byte(0x30) | qos<<1
	if retain {
		first |= 1
	}
	body := str(nil, topic)
	if qos > 0 {
		body = binary.BigEndian.AppendUint16(body, id)
	}
	c.write(packet(first, append(body, payload...)))
}

// publishAcked publishes with QoS 1 and waits for the acknowledgement.
func (c *client) publishAcked(topic string, payload []byte) {
	c.publish(topic, payload, 1, 7, false)
	if kind, _ := c.read(); kind>>4 != puback {
		c.t.Fatalf("got packet %x, want PUBACK", kind)
	}
}

type message struct {
	topic   string
	payload []byte
	id      uint16
	retain  bool
}

// receive reads the next PUBLISH and acknowledges it.
func (c *client) receive(ack bool) message {
	kind, body := c.read()
	if kind>>4 != publish {
		c.t.Fatalf("got packet %x, want PUBLISH", kind)
	}
	n := int(binary.BigEndian.Uint16(body))
	m := message{topic: string(body[2 : 2+n]), retain: kind&1 == 1}
	body = body[2+n:]
	if kind&6 != 0 {
		m.id = binary.BigEndian.Uint16(body)
		body = body[2:]
	}
	m.payload = body
	if ack && m.id != 0 {
		c.write(packet(0x40, binary.BigEndian.AppendUint16(nil, m.id)))
	}
	return m
}

// hasMore reports whether anything arrives within a time.
func (c *client) hasMore(within time.Duration) bool {
	_ = c.conn.SetReadDeadline(time.Now().Add(within))
	_, err := c.in.Peek(1)
	_ = c.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	return err == nil
}

func (c *client) close() { _ = c.conn.Close() }

// waitClosed reads until the server closes the connection.
func (c *client) waitClosed() {
	_, err := io.Copy(io.Discard, c.in)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Fatal("server did not close the connection")
	}
}

func (c *client) write(b []byte) {
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) read() (byte, []byte) {
	first, err := c.in.ReadByte()
	if err != nil {
		c.t.Fatal(err)
	}
	n, err := binary.ReadUvarint(c.in) // MQTT's remaining length is the same coding
	if err != nil {
		c.t.Fatal(err)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(c.in, body); err != nil {
		c.t.Fatal(err)
	}
	return first, body
}

func packet(first byte, body []byte) []byte {
	return append(binary.AppendUvarint([]byte{first}, uint64(len(body))), body...)
}

func str(dst []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(s))), s...)
}
