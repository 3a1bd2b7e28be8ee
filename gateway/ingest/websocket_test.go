package ingest_test

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// websocketBridge carries MQTT from websockets (RFC 6455) to a broker: Debian's Mosquitto
// cannot open a websocket listener everywhere. It returns the ws:// URL.
func websocketBridge(t *testing.T, broker string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to, err := net.Dial("tcp", broker)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer to.Close()
		from, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer from.Close()
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		_, _ = io.WriteString(from, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Accept: "+base64.StdEncoding.EncodeToString(sum[:])+"\r\n\r\n")
		go func() {
			defer from.Close()
			b := make([]byte, 32<<10)
			for {
				n, err := to.Read(b)
				if err != nil {
					return
				}
				head := binary.BigEndian.AppendUint16([]byte{0x82, 126}, uint16(n))
				if _, err := from.Write(append(head, b[:n]...)); err != nil {
					return
				}
			}
		}()
		for {
			payload, err := readFrame(rw.Reader)
			if err != nil {
				return
			}
			if _, err := to.Write(payload); err != nil {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http") + "/mqtt"
}

// readFrame reads one masked frame; anything but a binary one ends the connection.
func readFrame(r *bufio.Reader) ([]byte, error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	if head[0]&0x0f != 2 {
		return nil, io.EOF
	}
	length := uint64(head[1] & 0x7f)
	if extra := map[uint64]int{126: 2, 127: 8}[length]; extra > 0 {
		more := make([]byte, extra)
		if _, err := io.ReadFull(r, more); err != nil {
			return nil, err
		}
		length = 0
		for _, b := range more {
			length = length<<8 | uint64(b)
		}
	}
	b := make([]byte, 4+length)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	payload := b[4:]
	for i := range payload {
		payload[i] ^= b[i%4]
	}
	return payload, nil
}
