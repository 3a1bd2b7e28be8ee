package gb28181_test

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// device is a recorder over UDP or TCP.
type device struct {
	t       *testing.T
	g       *gateway
	network string
	conn    net.Conn
	in      *bufio.Reader
	id      string
	cseq    int
	pending []string // what came while something else was awaited
}

func connect(g *gateway, network, id string) *device {
	g.t.Helper()
	conn, err := net.Dial(network, g.listener.Addr())
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(2 * patience)); err != nil {
		g.t.Fatal(err)
	}
	return &device{t: g.t, g: g, network: network, conn: conn, in: bufio.NewReaderSize(conn, 1<<16), id: id}
}

func (d *device) write(raw string) {
	d.t.Helper()
	if _, err := io.WriteString(d.conn, raw); err != nil {
		d.t.Fatal(err)
	}
}

func (d *device) read() string {
	d.t.Helper()
	if d.network == "udp" {
		b := make([]byte, 1<<16)
		n, err := d.conn.Read(b)
		if err != nil {
			d.t.Fatal(err)
		}
		return string(b[:n])
	}
	var raw bytes.Buffer
	length := 0
	for {
		line, err := d.in.ReadString('\n')
		if err != nil {
			d.t.Fatal(err)
		}
		raw.WriteString(line)
		if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "Content-Length") {
			length, _ = strconv.Atoi(strings.TrimSpace(value))
		}
		if line == "\r\n" {
			break
		}
	}
	if _, err := io.CopyN(&raw, d.in, int64(length)); err != nil {
		d.t.Fatal(err)
	}
	return raw.String()
}

// await returns the next message that holds all the words, and keeps the others.
func (d *device) await(words ...string) string {
	d.t.Helper()
	holds := func(m string) bool {
		for _, w := range words {
			if !strings.Contains(m, w) {
				return false
			}
		}
		return true
	}
	for i, m := range d.pending {
		if holds(m) {
			d.pending = append(d.pending[:i], d.pending[i+1:]...)
			return m
		}
	}
	for {
		m := d.read()
		if holds(m) {
			return m
		}
		d.pending = append(d.pending, m)
	}
}

func (d *device) request(method, headers, body string) string {
	d.cseq++
	return fmt.Sprintf("%s sip:%s@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/%s %s;rport;branch=z9hG4bK%d\r\n"+
		"From: <sip:%s@3301851100>;tag=7\r\nTo: <sip:%s@3301851100>\r\nCall-ID: c%d@nvr\r\nCSeq: %d %s\r\n"+
		"Max-Forwards: 70\r\n%sContent-Length:   %d\r\n\r\n%s",
		method, server, strings.ToUpper(d.network), d.conn.LocalAddr(), d.cseq, d.id, server, d.cseq, d.cseq, method, headers, len(body), body)
}

// ask sends a request and returns the answer to it.
func (d *device) ask(method, headers, body string) string {
	d.t.Helper()
	d.write(d.request(method, headers, body))
	return d.await("SIP/2.0 ", fmt.Sprintf("CSeq: %d %s\r\n", d.cseq, method))
}

func (d *device) message(body string) string {
	d.t.Helper()
	return d.ask("MESSAGE", "Content-Type: Application/MANSCDP+xml\r\n", "<?xml version=\"1.0\" encoding=\"GB2312\"?>\r\n"+body)
}

func hash(s string) string { b := md5.Sum([]byte(s)); return hex.EncodeToString(b[:]) }

func (d *device) register(expires int, password string) string {
	d.t.Helper()
	headers := fmt.Sprintf("Contact: <sip:%s@%s>\r\nExpires: %d\r\n", d.id, d.conn.LocalAddr(), expires)
	challenge := d.ask("REGISTER", headers, "")
	if !strings.HasPrefix(challenge, "SIP/2.0 401 ") {
		return challenge
	}
	found := regexp.MustCompile(`realm="([^"]+)",nonce="([^"]+)"`).FindStringSubmatch(challenge)
	if found == nil {
		d.t.Fatalf("no challenge in %s", challenge)
	}
	uri := "sip:" + server + "@127.0.0.1"
	response := hash(hash(d.id+":"+found[1]+":"+password) + ":" + found[2] + ":" + hash("REGISTER:"+uri))
	return d.ask("REGISTER", headers+fmt.Sprintf(
		"Authorization: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", response=\"%s\", algorithm=MD5\r\n",
		d.id, found[1], found[2], uri, response), "")
}

func status(t *testing.T, answer, want string) {
	t.Helper()
	if !strings.HasPrefix(answer, "SIP/2.0 "+want+" ") {
		t.Fatalf("got %q, want %s", answer, want)
	}
}
