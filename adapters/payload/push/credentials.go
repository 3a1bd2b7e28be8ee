package push

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // the digest that devices speak
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Open is the secret of a device whose firmware can send none: its address alone counts.
const Open = "-"

// nonceLife is how long a device may use a nonce.
const nonceLife = 10 * time.Minute

// Credential is one device of the file.
type Credential struct {
	Address, Secret string
	// Words go to the end of the topic: a direction, or camera.
	Words []string
}

// Credentials knows who may push.
type Credentials struct {
	devices map[string]Credential
	key     [32]byte
	realm   string
	now     func() time.Time
}

// ReadCredentials reads a credentials file.
func ReadCredentials(path, realm string, now func() time.Time) (*Credentials, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("credentials_file: %w", err)
	}
	c := &Credentials{devices: map[string]Credential{}, realm: realm, now: now}
	if _, err := rand.Read(c.key[:]); err != nil {
		return nil, fmt.Errorf("random key: %w", err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		// The secret is never part of the error.
		if err := c.add(fields); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
	}
	return c, nil
}

func (c *Credentials) add(fields []string) error {
	address := fields[0]
	switch _, twice := c.devices[address]; {
	case len(fields) < 2:
		return fmt.Errorf("%.80q has no secret", address)
	case twice:
		return fmt.Errorf("%.80q stands here twice", address)
	case len(address) > 64 || strings.ContainsAny(address, "/+#:\"") || address == event.In || address == event.Out:
		return fmt.Errorf("%.80q is no address: up to 64 characters without / + # : \"", address)
	case fields[1] != Open && len(fields[1]) < 8:
		return fmt.Errorf("the secret of %.80q has fewer than 8 characters", address)
	}
	for _, word := range fields[2:] {
		if word != event.In && word != event.Out && word != string(event.KindCamera) {
			return fmt.Errorf("%.80q of %.80q is none of in, out, camera", word, address)
		}
	}
	c.devices[address] = Credential{Address: address, Secret: fields[1], Words: fields[2:]}
	return nil
}

// ByAddress finds a device that need not prove itself, and one that has shown its secret.
func (c *Credentials) ByAddress(address, secret string) (Credential, bool) {
	d, ok := c.devices[address]
	return d, ok && (d.Secret == Open || same(d.Secret, secret))
}

// ByRequest finds the device of a request by Basic or Digest authentication, or by
// /<realm>/<address>/<secret> as its path.
func (c *Credentials) ByRequest(r *http.Request) (Credential, bool) {
	if user, password, ok := r.BasicAuth(); ok {
		return c.ByAddress(user, password)
	}
	if text, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Digest "); ok {
		return c.digest(r, text)
	}
	levels := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(levels) < 2 || levels[0] != c.realm {
		return Credential{}, false
	}
	return c.ByAddress(levels[1], strings.Join(levels[2:], "/"))
}

// Challenge asks a device to prove itself.
func (c *Credentials) Challenge(w http.ResponseWriter) {
	w.Header().Add("WWW-Authenticate", fmt.Sprintf(`Digest realm=%q, qop="auth", algorithm=MD5, nonce=%q`, c.realm, c.nonce(c.now())))
	w.Header().Add("WWW-Authenticate", fmt.Sprintf("Basic realm=%q", c.realm))
	http.Error(w, "unauthorized", http.StatusUnauthorized)
}

// nonce is a time and its seal, so that nothing need be kept for devices that ask.
func (c *Credentials) nonce(t time.Time) string {
	text := strconv.FormatInt(t.Unix(), 16)
	seal := hmac.New(sha256.New, c.key[:])
	seal.Write([]byte(text))
	return text + "-" + hex.EncodeToString(seal.Sum(nil)[:16])
}

func (c *Credentials) digest(r *http.Request, text string) (Credential, bool) {
	p := parameters(text)
	d, ok := c.devices[p["username"]]
	made, _, _ := strings.Cut(p["nonce"], "-")
	seconds, err := strconv.ParseInt(made, 16, 64)
	if !ok || err != nil || d.Secret == Open {
		return Credential{}, false
	}
	t := time.Unix(seconds, 0)
	if !same(c.nonce(t), p["nonce"]) || c.now().Sub(t) > nonceLife || p["uri"] != r.RequestURI || p["realm"] != c.realm {
		return Credential{}, false
	}
	middle := p["nonce"]
	if p["qop"] != "" {
		middle += ":" + p["nc"] + ":" + p["cnonce"] + ":" + p["qop"]
	}
	want := sum(sum(d.Address+":"+c.realm+":"+d.Secret) + ":" + middle + ":" + sum(r.Method+":"+p["uri"]))
	return d, same(want, strings.ToLower(p["response"]))
}

// parameters reads key=value and key="value", separated by commas.
func parameters(text string) map[string]string {
	p := map[string]string{}
	for len(text) > 0 && len(p) < 32 {
		key, rest, ok := strings.Cut(strings.TrimLeft(text, ", "), "=")
		if !ok {
			break
		}
		var value string
		if quoted, is := strings.CutPrefix(rest, `"`); is {
			value, text, _ = strings.Cut(quoted, `"`)
		} else {
			value, text, _ = strings.Cut(rest, ",")
		}
		p[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
	}
	return p
}

func sum(s string) string {
	h := md5.Sum([]byte(s)) //nolint:gosec // the digest that devices speak
	return hex.EncodeToString(h[:])
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
