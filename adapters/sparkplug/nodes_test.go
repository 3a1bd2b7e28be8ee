package sparkplug_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/adapters/sparkplug"
	"github.com/campusgate/campusgate/gateway/event"
)

// metrics of a message: name, alias, datatype and an integer's bits; what is empty or zero
// is left out.
type said struct {
	name            string
	alias, datatype uint64
	bits            uint64
}

func message(seq int, metrics ...said) []byte {
	varint := func(b []byte, field protowire.Number, n uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), n)
	}
	b := varint(nil, 1, 1795478400000)
	for _, m := range metrics {
		var one []byte
		if m.name != "" {
			one = protowire.AppendString(protowire.AppendTag(one, 1, protowire.BytesType), m.name)
		}
		if m.alias != 0 {
			one = varint(one, 2, m.alias)
		}
		if m.datatype != 0 {
			one = varint(one, 4, m.datatype)
		}
		one = varint(one, 11, m.bits)
		b = protowire.AppendBytes(protowire.AppendTag(b, 2, protowire.BytesType), one)
	}
	if seq >= 0 {
		b = varint(b, 3, uint64(seq))
	}
	return b
}

// story is a broker's side of a conversation with node n of group g.
type story struct {
	t   *testing.T
	d   *sparkplug.Decoder
	now time.Time
}

func tell(t *testing.T) *story {
	return &story{t, sparkplug.New(), payloadtest.Received()}
}

// hears decodes a message and returns its events, or the error, and what is asked then.
func (s *story) hears(kind, who string, body []byte) (got, asked string) {
	s.t.Helper()
	m := payload.Message{Topic: "spBv1.0/g/" + kind + "/" + who, Payload: body, Received: s.now}
	events, err := s.d.Decode(nil, m, event.Clock{})
	topic, command, ask := s.d.Ask(m)
	if ask {
		if !bytes.Contains(command, []byte("Node Control/Rebirth")) {
			s.t.Errorf("%s asked for %q", topic, command)
		}
		if _, err := s.d.Decode(nil, payload.Message{Topic: topic, Payload: command, Received: s.now}, event.Clock{}); err != nil {
			s.t.Errorf("the command cannot be read: %v", err)
		}
	}
	if err != nil {
		return "error: " + err.Error(), topic
	}
	return summary(events), topic
}

func (s *story) want(kind, who string, body []byte, want, wantAsked string) {
	s.t.Helper()
	got, asked := s.hears(kind, who, body)
	if got != want || asked != wantAsked {
		s.t.Errorf("%s %s: got %q, asked %q; want %q, %q", kind, who, got, asked, want, wantAsked)
	}
}

const rebirth = "spBv1.0/g/NCMD/n"

func TestAliasesComeFromBirths(t *testing.T) {
	t.Parallel()
	s := tell(t)
	s.want("NBIRTH", "n", message(0, said{"bdSeq", 0, 8, 4}, said{"Level", 1, 0, 7}), "n up; n level 7", "")
	s.want("DBIRTH", "n/d", message(1, said{"Offset", 2, 3, 5}), "n-d up; n-d offset 5", "")
	s.want("NDATA", "n", message(2, said{alias: 1, bits: 9}), "n level 9", "")
	// The birth says that alias 2 is an Int32, so these bits are -1.
	s.want("DDATA", "n/d", message(3, said{alias: 2, bits: 0xFFFFFFFF}), "n-d offset -1", "")
	s.want("DDATA", "n/d", message(4, said{alias: 3, bits: 1}), "error: metric 0: alias 3 is not known: no birth said its name", rebirth)
	// A birth says everything anew: what the one before it named is gone.
	s.now = s.now.Add(time.Hour)
	s.want("NBIRTH", "n", message(0, said{"Level", 5, 0, 7}), "n up; n level 7", "")
	s.want("NDATA", "n", message(1, said{alias: 1, bits: 9}), "error: metric 0: alias 1 is not known: no birth said its name", rebirth)
}

func TestRebirthIsAskedForOnceInAMinute(t *testing.T) {
	t.Parallel()
	s := tell(t)
	s.want("NDATA", "n", message(7, said{"Level", 0, 0, 1}), "n level 1", rebirth) // its birth was not heard
	s.want("NDATA", "n", message(8, said{"Level", 0, 0, 2}), "n level 2", "")
	s.now = s.now.Add(time.Minute)
	s.want("NDATA", "n", message(9, said{"Level", 0, 0, 3}), "n level 3", rebirth)
	s.want("NBIRTH", "n", message(0), "n up", "")
	s.now = s.now.Add(time.Hour)
	s.want("NDATA", "n", message(1, said{"Level", 0, 0, 4}), "n level 4", "")
	s.want("NDATA", "n", message(1, said{"Level", 0, 0, 4}), "n level 4", "") // a redelivery
	s.want("NDATA", "n", message(3, said{"Level", 0, 0, 5}), "n level 5", rebirth)
}

func TestSequenceGoesRound(t *testing.T) {
	t.Parallel()
	s := tell(t)
	s.want("NBIRTH", "n", message(255), "n up", "")
	s.want("NDATA", "n", message(0, said{"Level", 0, 0, 4}), "n level 4", "")
}

func TestDeathOfANode(t *testing.T) {
	t.Parallel()
	s := tell(t)
	s.want("NBIRTH", "n", message(0, said{"bdSeq", 0, 8, 4}), "n up", "")
	s.want("DBIRTH", "n/d1", message(1), "n-d1 up", "")
	s.want("DBIRTH", "n/d2", message(2), "n-d2 up", "")
	s.want("NDEATH", "n", message(-1, said{"bdSeq", 0, 8, 3}), "", "") // of the connection before
	for range 2 {                                                      // a redelivery says the same
		s.want("NDEATH", "n", message(-1, said{"bdSeq", 0, 8, 4}), "n down; n-d1 unknown; n-d2 unknown", "")
	}
	s.want("DDATA", "n/d1", message(3, said{"Level", 0, 0, 4}), "n-d1 level 4", rebirth)
}

func TestMemoryOfBirthsIsBounded(t *testing.T) {
	t.Parallel()
	s := tell(t)
	for i := range 10_050 {
		s.hears("NBIRTH", fmt.Sprint("x", i), message(0, said{"Level", 1, 0, 7}))
	}
	known := 0
	for i := range 10_050 {
		if got, _ := s.hears("NDATA", fmt.Sprint("x", i), message(1, said{alias: 1, bits: 9})); !strings.HasPrefix(got, "error") {
			known++
		}
	}
	// Each that was forgotten pushes another one out when it is heard.
	if known < 9_000 || known > 10_000 {
		t.Errorf("%d nodes are remembered", known)
	}
}
