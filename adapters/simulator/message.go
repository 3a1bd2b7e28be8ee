package simulator

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Message is what one device publishes at one time.
type Message struct {
	At      time.Time
	Topic   string
	Payload []byte
	Site    event.SiteID
	Device  event.DeviceID
	// Type is what the gateway makes of it; empty for one that no adapter understands.
	Type event.Type
	// lane is the same for all messages of one device: they are published in order.
	lane int
}

// timeFormat gives milliseconds, as a good terminal does.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

// fields writes the members of a payload.
type fields struct{ b []byte }

func startFields(at time.Time, seq uint64) fields {
	b := make([]byte, 0, 256)
	b = append(b, `{"ts":"`...)
	b = at.AppendFormat(b, timeFormat)
	b = append(b, `","seq":`...)
	return fields{strconv.AppendUint(b, seq, 10)}
}

func (f *fields) key(name string) {
	f.b = append(f.b, ',', '"')
	f.b = append(append(f.b, name...), '"', ':')
}

// str leaves out an empty text.
func (f *fields) str(name, value string) {
	if value == "" {
		return
	}
	f.key(name)
	for i := range len(value) {
		if c := value[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			if quoted, err := json.Marshal(value); err == nil {
				f.b = append(f.b, quoted...)
			}
			return
		}
	}
	f.b = append(append(append(f.b, '"'), value...), '"')
}

func (f *fields) num(name string, value float64, places int) {
	f.key(name)
	f.b = strconv.AppendFloat(f.b, value, 'f', places, 64)
}

func (f *fields) int(name string, value int) {
	f.key(name)
	f.b = strconv.AppendInt(f.b, int64(value), 10)
}

func (f *fields) bool(name string, value bool) {
	f.key(name)
	f.b = strconv.AppendBool(f.b, value)
}

func (f *fields) end() []byte { return append(f.b, '}') }
