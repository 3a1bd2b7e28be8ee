package ingest

import "encoding/binary"

// appendLength appends a remaining length (MQTT 3.1.1, section 2.2.3).
func appendLength(b []byte, n int) []byte {
	for n >= 0x80 {
		b = append(b, byte(n)|0x80)
		n >>= 7
	}
	return append(b, byte(n))
}

func appendString(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
	return append(b, s...)
}

// appendPublish appends a PUBLISH (section 3.3); id is ignored with QoS 0.
func appendPublish(b []byte, topic string, qos byte, retain bool, id uint16, payload []byte) []byte {
	header := byte(typePublish<<4) | qos<<1
	if retain {
		header |= 1
	}
	n := 2 + len(topic) + len(payload)
	if qos > 0 {
		n += 2
	}
	b = appendLength(append(b, header), n)
	b = appendString(b, topic)
	if qos > 0 {
		b = binary.BigEndian.AppendUint16(b, id)
	}
	return append(b, payload...)
}

// Will is the message that the broker publishes when a connection breaks.
type Will struct {
	Topic   string
	Payload []byte
	QoS     byte // 0 or 1
	Retain  bool
}

type connect struct {
	clientID, username, password string
	keepAlive                    uint16 // seconds
	will                         *Will
}

// appendConnect appends a CONNECT with a clean session (section 3.1).
func appendConnect(b []byte, c connect) []byte {
	flags := byte(2)
	body := appendString(nil, "MQTT")
	body = append(body, 4, 0)
	body = binary.BigEndian.AppendUint16(body, c.keepAlive)
	body = appendString(body, c.clientID)
	if c.will != nil {
		flags |= 4 | c.will.QoS<<3
		if c.will.Retain {
			flags |= 0x20
		}
		body = appendString(body, c.will.Topic)
		body = appendString(body, string(c.will.Payload))
	}
	if c.username != "" {
		flags |= 0xc0
		body = appendString(body, c.username)
		body = appendString(body, c.password)
	}
	body[7] = flags
	b = appendLength(append(b, typeConnect<<4), len(body))
	return append(b, body...)
}
