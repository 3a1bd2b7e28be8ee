package ask

import (
	"crypto/md5" //nolint:gosec // the digest that cameras speak
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// Access is what opens a camera.
type Access struct {
	User, Password string
	// InsecureTLS takes any certificate.
	InsecureTLS bool
}

// challenge is one scheme of a WWW-Authenticate header.
type challenge struct {
	scheme string // "basic" or "digest"
	fields map[string]string
}

// Bounds of a challenge.
const (
	maxChallenges = 8
	maxFields     = 32
	maxChallenge  = 4 << 10
)

// challenges reads WWW-Authenticate headers; a header may hold several challenges.
func challenges(headers []string) []challenge {
	var out []challenge
	for _, text := range headers {
		if len(text) > maxChallenge {
			continue
		}
		for text != "" && len(out) < maxChallenges {
			text = strings.TrimLeft(text, " \t,")
			word, rest, _ := strings.Cut(text, " ")
			if key, _, pair := strings.Cut(word, "="); !pair && key != "" {
				out = append(out, challenge{scheme: strings.ToLower(word), fields: map[string]string{}})
				text = rest
				continue
			}
			key, value, left, ok := parameter(text)
			if !ok {
				break
			}
			if n := len(out); n > 0 && len(out[n-1].fields) < maxFields {
				out[n-1].fields[key] = value
			}
			text = left
		}
	}
	return out
}

// parameter reads key=value or key="value" from the front of a text.
func parameter(text string) (key, value, rest string, ok bool) {
	key, rest, ok = strings.Cut(text, "=")
	if !ok {
		return "", "", "", false
	}
	key, rest = strings.ToLower(strings.TrimSpace(key)), strings.TrimLeft(rest, " \t")
	if !strings.HasPrefix(rest, `"`) {
		value, rest, _ = strings.Cut(rest, ",")
		return key, strings.TrimSpace(value), rest, true
	}
	var b strings.Builder
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] == '\\' && i+1 < len(rest):
			i++
			b.WriteByte(rest[i])
		case rest[i] == '"':
			return key, b.String(), rest[i+1:], true
		default:
			b.WriteByte(rest[i])
		}
	}
	return "", "", "", false
}

// maxTries is how often a request is made: without credentials, with them, and once more
// for each nonce that was too old.
const maxTries = 4

// again takes in the challenges of a 401, and tells when there is no sense in another try.
// refused is whether credentials were sent for a challenge that this request was given:
// then it is the password that is wrong, unless the camera says that the nonce alone is.
func again(known *[]challenge, headers []string, a Access, refused bool, try int) *Fault {
	fresh := challenges(headers)
	stale := false
	for _, c := range fresh {
		stale = stale || strings.EqualFold(c.fields["stale"], "true")
	}
	switch {
	case a.User == "":
		return fault(Auth, "credentials are wanted")
	case len(fresh) == 0, refused && !stale, try+1 >= maxTries:
		return fault(Auth, "the credentials are refused")
	}
	*known = fresh
	return nil
}

// authorization answers the strongest challenge of those it can; ok is false when there is
// none.
func authorization(all []challenge, a Access, method, uri string) (header string, ok bool) {
	best, rank := challenge{}, 0
	for _, c := range all {
		r := 0
		switch algorithm := strings.ToUpper(c.fields["algorithm"]); {
		case c.scheme == "basic":
			r = 1
		case c.scheme == "digest" && c.fields["nonce"] == "":
		case c.scheme == "digest" && (algorithm == "" || algorithm == "MD5" || algorithm == "MD5-SESS"):
			r = 2
		case c.scheme == "digest" && (algorithm == "SHA-256" || algorithm == "SHA-256-SESS"):
			r = 3
		}
		if qop := c.fields["qop"]; r > 1 && qop != "" && !offers(qop, "auth") {
			r = 0
		}
		if r > rank {
			best, rank = c, r
		}
	}
	switch rank {
	case 0:
		return "", false
	case 1:
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(a.User+":"+a.Password)), true
	}
	return digest(best.fields, a, method, uri, rand.Text()), true
}

func offers(list, word string) bool {
	for item := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(item), word) {
			return true
		}
	}
	return false
}

// digest computes the Authorization header of RFC 7616, 3.4, or without qop that of RFC
// 2069. cnonce is used where the challenge wants one.
func digest(f map[string]string, a Access, method, uri, cnonce string) string {
	algorithm := f["algorithm"]
	hash := md5Hex
	if strings.HasPrefix(strings.ToUpper(algorithm), "SHA-256") {
		hash = sha256Hex
	}
	secret := hash(a.User + ":" + f["realm"] + ":" + a.Password)
	session := strings.HasSuffix(strings.ToUpper(algorithm), "-SESS")
	if session {
		secret = hash(secret + ":" + f["nonce"] + ":" + cnonce)
	}
	const count = "00000001" // a nonce is used once
	middle := f["nonce"]
	if f["qop"] != "" {
		middle += ":" + count + ":" + cnonce + ":auth"
	}
	response := hash(secret + ":" + middle + ":" + hash(method+":"+uri))

	var b strings.Builder
	field := func(name, value string) { b.WriteString(name + `="` + quote(value) + `", `) }
	b.WriteString("Digest ")
	field("username", a.User)
	field("realm", f["realm"])
	field("nonce", f["nonce"])
	field("uri", uri)
	if algorithm != "" {
		b.WriteString("algorithm=" + token(algorithm) + ", ")
	}
	if opaque, ok := f["opaque"]; ok {
		field("opaque", opaque)
	}
	if f["qop"] != "" {
		b.WriteString("qop=auth, nc=" + count + ", ")
	}
	if f["qop"] != "" || session {
		field("cnonce", cnonce)
	}
	b.WriteString(`response="` + response + `"`)
	return b.String()
}

// quote makes a text safe inside quotes and a header.
func quote(s string) string {
	s = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", "", "\n", "").Replace(s)
	return s
}

func token(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return -1
	}, s)
}

func md5Hex(s string) string {
	h := md5.Sum([]byte(s)) //nolint:gosec // the digest that cameras speak
	return hex.EncodeToString(h[:])
}

func sha256Hex(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}
