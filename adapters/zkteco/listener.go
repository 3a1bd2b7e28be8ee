package zkteco

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/push"
)

// Config is how the listener is set.
type Config = push.Config

// DefaultConfig listens on loopback.
func DefaultConfig() Config { return push.Defaults("127.0.0.1:7663") }

// Listener answers ADMS terminals. These send no password: a terminal is known by its
// serial number (secret "-"), or where its firmware takes a path before /iclock by
// /<secret>/iclock/…. One that is not in the file gets 403, which makes it keep its rows.
type Listener struct{ *push.Server }

var _ payload.Listener = (*Listener)(nil)

// NewListener checks the configuration and opens nothing.
func NewListener(cfg Config, deps payload.ListenerDeps) (*Listener, error) {
	s, err := push.NewServer(cfg, deps, push.Protocol{Name: Name, Who: who, Refuse: refuse, Read: read, Split: rows})
	if err != nil {
		return nil, err
	}
	return &Listener{s}, nil
}

// split parts a path into the secret before /iclock and the rest.
func split(path string) (secret, rest string, ok bool) {
	i := strings.Index(path, "/iclock/")
	if i < 0 {
		return "", "", false
	}
	return strings.TrimPrefix(path[:i], "/"), path[i:], true
}

func who(c *push.Credentials, r *http.Request) (push.Credential, bool) {
	secret, _, ok := split(r.URL.Path)
	if !ok {
		return push.Credential{}, false
	}
	return c.ByAddress(r.URL.Query().Get("SN"), secret)
}

func refuse(_ *push.Credentials, w http.ResponseWriter) {
	http.Error(w, "forbidden", http.StatusForbidden)
}

// read makes a message of what holds observations. Users, fingerprints and pictures are
// answered, so that the terminal does not send them for ever, and not kept.
func read(r *http.Request, who push.Credential, body []byte) (topic string, content []byte, keep bool, answer string) {
	_, path, _ := split(r.URL.Path)
	query := r.URL.Query()
	table := tableOf(r.Method, path, query)
	content, answer = body, "OK"
	switch strings.ToLower(table) {
	case "handshake":
		keep, answer = true, options(who.Address, query.Get("DeviceType"))
	case "getrequest", "ping":
		keep = true
	case "registry":
		keep, answer = true, "RegistryCode="+registryCode(who.Address)
	case "push":
		return "", nil, false, accessOptions(who.Address)
	case "attlog", "operlog":
		keep, answer = true, fmt.Sprintf("OK: %d", countRows(body))
	case "rtlog", "rtstate":
		keep = true
	}
	// An upload of nothing is answered and is no message.
	keep = keep && (r.Method == http.MethodGet || len(bytes.TrimSpace(body)) > 0)
	if r.Method == http.MethodGet {
		content = []byte("GET " + path + "?" + r.URL.RawQuery)
	}
	topic = strings.Join(append([]string{Name, who.Address, table}, who.Words...), "/")
	return topic, content, keep, answer
}

// rows divides a table of passages: a terminal that is told "OK: 2" sends neither row again,
// so one that cannot be read must not take the other with it.
func rows(topic string, content []byte) [][]byte {
	if table := push.PlaceOf(Name, topic).Rest; len(table) == 0 || !passages(strings.ToLower(table[0])) || countRows(content) < 2 {
		return [][]byte{content}
	}
	var out [][]byte
	for _, line := range bytes.Split(content, []byte("\n")) {
		if len(bytes.TrimSpace(line)) > 0 {
			out = append(out, line)
		}
	}
	return out
}

func passages(table string) bool { return table == "attlog" || table == "rtlog" }

func countRows(body []byte) int {
	n := 0
	for _, line := range bytes.Split(body, []byte("\n")) {
		if len(bytes.TrimSpace(line)) > 0 {
			n++
		}
	}
	return n
}

// options answers the handshake. An attendance terminal is told to push at once and to go
// on where it stands; an access controller is told OK, and registers.
func options(serial, kind string) string {
	if strings.EqualFold(kind, "acc") {
		return "OK"
	}
	return "GET OPTION FROM: " + serial + "\n" +
		"ATTLOGStamp=9999\nOPERLOGStamp=9999\nATTPHOTOStamp=9999\nErrorDelay=30\nDelay=10\n" +
		"TransTimes=00:00;12:00\nTransInterval=1\nTransFlag=TransData AttLog\tOpLog\n" +
		"TimeZone=8\nRealtime=1\nEncrypt=None\nServerVer=2.4.1\nPushProtVer=2.4.1\n"
}

// accessOptions answers an access controller's request for its parameters.
func accessOptions(serial string) string {
	return "ServerVersion=3.1.1\nServerName=campusgate\nPushVersion=3.1.1\nErrorDelay=30\nRequestDelay=10\n" +
		"TransTimes=00:00;12:00\nTransInterval=1\nTransTables=Transaction\nRealtime=1\nSessionID=" +
		registryCode(serial) + "\nTimeoutSec=30\n"
}

// registryCode is the same for a terminal each time, so that nothing need be kept.
func registryCode(serial string) string {
	sum := sha256.Sum256([]byte("campusgate " + serial))
	return hex.EncodeToString(sum[:8])
}
