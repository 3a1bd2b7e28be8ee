// Package jt808test is a terminal of JT/T 808 for tests of a platform: it registers,
// authenticates, reports and reads what it is sent, over TCP or UDP.
package jt808test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/campusgate/campusgate/adapters/jt808"
)

// Patience is how long a terminal waits for an answer.
const Patience = 30 * time.Second

// What a terminal registers with.
const (
	number = "T000001"
	plate  = "浙A12345"
)

// ErrNoAnswer says that no answer came within the terminal's patience.
var ErrNoAnswer = errors.New("no answer")

// Message is what a terminal was sent.
type Message struct {
	jt808.Header
	Body []byte
}

// Terminal is one terminal. It is for one goroutine, but one other may send.
type Terminal struct {
	Phone       string
	Version2019 bool
	// Number and Plate are what it registers with: at most 7 bytes, and what GBK can write.
	Number, Plate string
	// Code is what Authenticate shows; Register sets it.
	Code string
	// Patience is how long it waits for an answer.
	Patience time.Duration

	Conn    net.Conn
	scanner *jt808.Scanner // made at the first message
	serial  uint16
	out     []byte
}

// Dial connects a terminal; network is tcp or udp.
func Dial(network, addr, phone string) (*Terminal, error) {
	dialer := net.Dialer{Timeout: Patience}
	conn, err := dialer.DialContext(context.Background(), network, addr)
	if err != nil {
		return nil, err
	}
	return New(conn, phone), nil
}

// New makes a terminal on a connection.
func New(conn net.Conn, phone string) *Terminal {
	return &Terminal{Phone: phone, Number: number, Plate: plate, Patience: Patience, Conn: conn}
}

// Close ends the connection.
func (t *Terminal) Close() { _ = t.Conn.Close() }

// Header is the header of the terminal's next message.
func (t *Terminal) Header(id uint16) jt808.Header {
	h := jt808.Header{ID: id, Version2019: t.Version2019, Phone: t.Phone, Serial: t.serial}
	if t.Version2019 {
		h.ProtocolVersion = 1
	}
	t.serial++
	return h
}

// Send writes a message and returns its serial.
func (t *Terminal) Send(id uint16, body []byte) (uint16, error) {
	h := t.Header(id)
	t.out = jt808.AppendMessage(t.out[:0], h, body)
	_, err := t.Conn.Write(t.out)
	return h.Serial, err
}

// Receive reads the next message, for at most the terminal's patience.
func (t *Terminal) Receive() (Message, error) {
	if t.scanner == nil {
		t.scanner = jt808.NewScanner(t.Conn, 0)
	}
	if err := t.Conn.SetReadDeadline(time.Now().Add(t.Patience)); err != nil {
		return Message{}, err
	}
	frame, err := t.scanner.Next()
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return Message{}, ErrNoAnswer
	}
	if err != nil {
		return Message{}, err
	}
	h, body, err := jt808.ParseMessage(frame, jt808.ChecksumStrict, nil)
	return Message{h, body}, err
}

// Answer is the result of the next message, which must be the platform's general answer to
// a message. Questions after the parameters are passed over.
func (t *Terminal) Answer(id, serial uint16) (byte, error) {
	m, err := t.Receive()
	for err == nil && m.ID == jt808.IDQueryParameters {
		m, err = t.Receive()
	}
	if err != nil {
		return 0, err
	}
	if m.ID != jt808.IDPlatformAnswer || len(m.Body) != 5 ||
		binary.BigEndian.Uint16(m.Body) != serial || binary.BigEndian.Uint16(m.Body[2:]) != id {
		return 0, fmt.Errorf("0x%04x % x is no answer to 0x%04x number %d", m.ID, m.Body, id, serial)
	}
	return m.Body[4], nil
}

// Ask sends a message and returns the result of its general answer.
func (t *Terminal) Ask(id uint16, body []byte) (byte, error) {
	serial, err := t.Send(id, body)
	if err != nil {
		return 0, err
	}
	return t.Answer(id, serial)
}

// Register registers the terminal and keeps its code.
func (t *Terminal) Register() (byte, error) {
	serial, err := t.Send(jt808.IDRegister, registration(t.Version2019, t.Number, t.Plate))
	if err != nil {
		return 0, err
	}
	m, err := t.Receive()
	if err != nil {
		return 0, err
	}
	if m.ID != jt808.IDRegisterAnswer || len(m.Body) < 3 || binary.BigEndian.Uint16(m.Body) != serial {
		return 0, fmt.Errorf("0x%04x % x is no answer to a registration", m.ID, m.Body)
	}
	t.Code = string(m.Body[3:])
	return m.Body[2], nil
}

// Authenticate shows the code.
func (t *Terminal) Authenticate() (byte, error) {
	body := []byte(t.Code)
	if t.Version2019 {
		body = append([]byte{byte(len(t.Code))}, t.Code...)
		body = append(body, make([]byte, 15+20)...)
	}
	return t.Ask(jt808.IDAuthenticate, body)
}

// Login registers and authenticates.
func (t *Terminal) Login() error {
	for _, step := range []func() (byte, error){t.Register, t.Authenticate} {
		result, err := step()
		if err != nil {
			return err
		}
		if result != 0 {
			return fmt.Errorf("refused with %d", result)
		}
	}
	return nil
}

// Registration is the body of 0x0100 of a terminal of 2013 or 2019.
func Registration(version2019 bool) []byte { return registration(version2019, number, plate) }

func registration(version2019 bool, number, plate string) []byte {
	maker, model, id := 5, 20, 7
	if version2019 {
		maker, model, id = 11, 30, 30
	}
	b := []byte{0, 33, 1, 24}
	for _, f := range []struct {
		text string
		size int
	}{{"CGTST", maker}, {"BUS-1", model}, {number, id}} {
		field := make([]byte, f.size)
		copy(field, f.text)
		b = append(b, field...)
	}
	b = append(b, 2) // yellow
	text, err := simplifiedchinese.GBK.NewEncoder().String(plate)
	if err != nil {
		text = plate // no plate: sent as it is
	}
	return append(b, text...)
}

// Position is the body of 0x0200.
type Position struct {
	Alarm, Status uint32 // Status bit 1: with a fix
	Lat, Lon      float64
	SpeedKMH      float64
	Heading       uint16
	Time          time.Time
	Extra         []byte // TLVs
}

// Append writes it.
func (p Position) Append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, p.Alarm)
	b = binary.BigEndian.AppendUint32(b, p.Status)
	b = binary.BigEndian.AppendUint32(b, uint32(math.Round(p.Lat*1e6)))
	b = binary.BigEndian.AppendUint32(b, uint32(math.Round(p.Lon*1e6)))
	b = binary.BigEndian.AppendUint16(b, 12)
	b = binary.BigEndian.AppendUint16(b, uint16(math.Round(p.SpeedKMH*10)))
	b = binary.BigEndian.AppendUint16(b, p.Heading)
	t := p.Time.In(time.FixedZone("CST", 8*3600))
	for _, n := range []int{t.Year() % 100, int(t.Month()), t.Day(), t.Hour(), t.Minute(), t.Second()} {
		b = append(b, byte(n/10<<4|n%10))
	}
	return append(b, p.Extra...)
}

// Batch is the body of 0x0704; kind 1 is what was kept while there was no network.
func Batch(kind byte, positions ...Position) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(len(positions)))
	b = append(b, kind)
	for _, p := range positions {
		item := p.Append(nil)
		b = binary.BigEndian.AppendUint16(b, uint16(len(item)))
		b = append(b, item...)
	}
	return b
}

// Rest gives back the buffers: a terminal of which there are many sends nothing for a while.
// It must not be between two messages of its platform.
func (t *Terminal) Rest() {
	t.out = nil
	t.scanner = nil
}
