package gb28181

import (
	"bufio"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // GB/T 28181-2016 9.1 asks for it
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// nonceLife is how long an answer to a challenge is taken.
const nonceLife = 5 * time.Minute

// credentials is the content of an Authorization header.
type credentials struct {
	username, realm, nonce, uri, response, algorithm, qop, nc, cnonce string
}

// parseCredentials reads a digest Authorization header.
func parseCredentials(header string) (credentials, bool) {
	var c credentials
	scheme, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	if !strings.EqualFold(scheme, "Digest") {
		return c, false
	}
	for rest != "" {
		var name, value string
		name, rest, _ = strings.Cut(rest, "=")
		rest = strings.TrimLeft(rest, " \t")
		if strings.HasPrefix(rest, `"`) {
			var ok bool
			if value, rest, ok = strings.Cut(rest[1:], `"`); !ok {
				return c, false
			}
			_, rest, _ = strings.Cut(rest, ",")
		} else {
			value, rest, _ = strings.Cut(rest, ",")
		}
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.Trim(name, " \t,")) {
		case "username":
			c.username = value
		case "realm":
			c.realm = value
		case "nonce":
			c.nonce = value
		case "uri":
			c.uri = value
		case "response":
			c.response = value
		case "algorithm":
			c.algorithm = value
		case "qop":
			c.qop = value
		case "nc":
			c.nc = value
		case "cnonce":
			c.cnonce = value
		}
	}
	return c, c.username != "" && c.response != "" && c.nonce != ""
}

// answers tells whether the credentials prove the password (RFC 2617, MD5).
func (c *credentials) answers(method, password string) bool {
	if c.algorithm != "" && !strings.EqualFold(c.algorithm, "MD5") {
		return false
	}
	middle := c.nonce
	if c.qop != "" {
		middle += ":" + c.nc + ":" + c.cnonce + ":" + c.qop
	}
	want := sum(sum(c.username+":"+c.realm+":"+password) + ":" + middle + ":" + sum(method+":"+c.uri))
	return subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(c.response))) == 1
}

func sum(s string) string {
	b := md5.Sum([]byte(s)) //nolint:gosec // see above
	return hex.EncodeToString(b[:])
}

// nonce makes a challenge for one device at one host that needs no memory: a time and its seal.
func (l *Listener) nonce(id, host string, at time.Time) string {
	when := strconv.FormatInt(at.Unix(), 16)
	seal := hmac.New(sha256.New, l.key)
	_, _ = io.WriteString(seal, when+" "+id+" "+host) // a hash does not fail
	return when + hex.EncodeToString(seal.Sum(nil)[:12])
}

// fresh tells whether a nonce is ours, for this device and host, and not too old.
func (l *Listener) fresh(nonce, id, host string, now time.Time) bool {
	const seal = 24
	if len(nonce) <= seal || len(nonce) > 2*seal {
		return false
	}
	seconds, err := strconv.ParseInt(nonce[:len(nonce)-seal], 16, 63)
	if err != nil {
		return false
	}
	at := time.Unix(seconds, 0)
	return hmac.Equal([]byte(nonce), []byte(l.nonce(id, host, at))) && now.Sub(at) <= nonceLife
}

// parsePasswords reads lines of "<id or *> <password>"; '#' begins a comment line.
func parsePasswords(r io.Reader) (map[string]string, error) {
	passwords := map[string]string{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		id, password, ok := strings.Cut(line, " ")
		if !ok || (id != "*" && !isID(id)) {
			return nil, fmt.Errorf("line %d is not \"<20 digits or *> <password>\"", n)
		}
		passwords[id] = strings.TrimSpace(password)
	}
	return passwords, lines.Err()
}
