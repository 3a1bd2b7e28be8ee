package live

import (
	"encoding/json"
	"strconv"

	"github.com/gorilla/websocket"

	"github.com/campusgate/campusgate/gateway/event"
)

// Protocol is the websocket subprotocol.
const Protocol = "campus.live.v1"

// Close codes. 4000 to 4399 tell the browser to reconnect, 4400 to 4999 not to.
const (
	CloseRestart   = 4001 // the server stops or restarts
	CloseSlow      = 4008 // did not keep up with a lossless channel
	CloseResync    = 4009 // the state was rebuilt
	CloseLoggedOut = 4401 // the session has ended
	CloseScope     = 4403 // what the account may see has changed
	CloseReload    = 4426 // the page is too old for this server
)

// OpKind is how an op changes its row.
type OpKind byte

// The kinds of op. Add and Change carry the whole row; Remove carries none.
const (
	Add    OpKind = '+'
	Change OpKind = '~'
	Remove OpKind = '-'
)

// Op is one change of a channel.
type Op struct {
	Kind OpKind
	// Key names the row within its channel.
	Key string
	// Site says whose it is; empty or event.CountySite: only for who sees the whole county.
	Site event.SiteID
	// Row is the row's JSON; the hub keeps it. Nil when Kind is Remove.
	Row []byte
}

// Scope is what a person may see. The zero of any implementation must allow nothing.
type Scope interface {
	Allows(event.SiteID) bool
	// Key is the same for scopes that allow the same sites; frames are shared by it.
	Key() string
	// Sites lists the sites, ["*"] for the whole county.
	Sites() []string
}

// inbound is what a browser may say.
type inbound struct {
	T     string `json:"t"`
	Ch    string `json:"ch"`
	Since *since `json:"since"`
}

type since struct {
	Epoch string `json:"epoch"`
	Seq   uint64 `json:"seq"`
}

type hello struct {
	T     string   `json:"t"`
	Epoch string   `json:"epoch"`
	Now   int64    `json:"now"`
	HB    int64    `json:"hb"`
	Build string   `json:"build"`
	Role  string   `json:"role"`
	Scope []string `json:"scope"`
}

type heartbeat struct {
	T     string            `json:"t"`
	Now   int64             `json:"now"`
	Seq   map[string]uint64 `json:"seq"`
	LagMS int64             `json:"lag_ms"`
}

type refusal struct {
	T      string `json:"t"`
	Ch     string `json:"ch"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// frame is one outbound websocket message, shared by all clients that get it.
type frame struct {
	message *websocket.PreparedMessage
	size    int
	ops     int
	at      int64 // Unix nanoseconds of the oldest publication in it; 0 = not measured
}

func newFrame(text []byte, ops int, at int64) (*frame, error) {
	message, err := websocket.NewPreparedMessage(websocket.TextMessage, text)
	if err != nil {
		return nil, err
	}
	return &frame{message: message, size: len(text), ops: ops, at: at}, nil
}

// appendString appends s as a JSON string. Keys are plain names nearly always.
func appendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			b, err := json.Marshal(s)
			if err != nil {
				return append(dst, `""`...)
			}
			return append(dst, b...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// appendOp appends ["+","key",row].
func appendOp(dst []byte, op *Op) []byte {
	dst = append(dst, '[', '"', byte(op.Kind), '"', ',')
	dst = appendString(dst, op.Key)
	if op.Kind != Remove {
		dst = append(dst, ',')
		dst = append(dst, op.Row...)
	}
	return append(dst, ']')
}

func deltaHead(ch string, from, to uint64) []byte {
	b := append([]byte(`{"t":"d","ch":"`), ch...)
	b = append(b, `","from":`...)
	b = strconv.AppendUint(b, from, 10)
	b = append(b, `,"to":`...)
	b = strconv.AppendUint(b, to, 10)
	return append(b, `,"ops":[`...)
}

func skipText(ch string, from, to, n uint64) []byte {
	b := append([]byte(`{"t":"skip","ch":"`), ch...)
	b = append(b, `","from":`...)
	b = strconv.AppendUint(b, from, 10)
	b = append(b, `,"to":`...)
	b = strconv.AppendUint(b, to, 10)
	b = append(b, `,"n":`...)
	b = strconv.AppendUint(b, n, 10)
	return append(b, '}')
}

func snapHead(ch string, seq uint64, part, of int) []byte {
	b := append([]byte(`{"t":"snap","ch":"`), ch...)
	b = append(b, `","seq":`...)
	b = strconv.AppendUint(b, seq, 10)
	b = append(b, `,"part":`...)
	b = strconv.AppendInt(b, int64(part), 10)
	b = append(b, `,"of":`...)
	b = strconv.AppendInt(b, int64(of), 10)
	return append(b, `,"rows":[`...)
}

// join puts parts between head and "]}", with commas.
func join(head []byte, parts [][]byte) []byte {
	size := len(head) + len(parts) + 2
	for _, p := range parts {
		size += len(p)
	}
	b := make([]byte, 0, size)
	b = append(b, head...)
	for i, p := range parts {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, p...)
	}
	return append(b, ']', '}')
}
