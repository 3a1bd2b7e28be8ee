package event

import "encoding/json"

// AppendBinary appends the journal form of the event.
func (e *Event) AppendBinary(dst []byte) ([]byte, error) {
	b, err := json.Marshal(e)
	return append(dst, b...), err
}

// UnmarshalBinary reads the journal form of an event.
func (e *Event) UnmarshalBinary(b []byte) error { return json.Unmarshal(b, e) }

// AppendJSON appends the bus and web form of the event.
func (e *Event) AppendJSON(dst []byte) []byte {
	b, _ := json.Marshal(e)
	return append(dst, b...)
}

// AppendBinary appends the journal form of the anomaly.
func (a *Anomaly) AppendBinary(dst []byte) ([]byte, error) {
	b, err := json.Marshal(a)
	return append(dst, b...), err
}

// UnmarshalBinary reads the journal form of an anomaly.
func (a *Anomaly) UnmarshalBinary(b []byte) error { return json.Unmarshal(b, a) }
