package sparkplug

import (
	"errors"
	"fmt"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Limits of a payload.
const (
	maxPayload = 1 << 20
	// maxMetrics bounds the events of one message; a birth lists everything a node has.
	maxMetrics = 2000
	maxMillis  = 1e14
)

// Numbers of datatypes (Sparkplug 3.0, 6.4.16) that change how a value is read.
const (
	typeInt8, typeInt16, typeInt32, typeInt64 = 1, 2, 3, 4
	typeBoolean                               = 11
	typeDateTime                              = 13
)

// wirePayload is what is read of a payload.
type wirePayload struct {
	at      time.Time
	metrics []metric
	hasSeq  bool
	seq     uint8
}

// metric is what is read of a metric. Its name points into the payload, or is a copy that a birth left.
type metric struct {
	name       []byte
	hasAlias   bool
	alias      uint64
	at         time.Time
	datatype   uint64
	historical bool
	null       bool
	hasValue   bool
	integer    bool // value came as an integer: bits holds it
	bits       uint64
	value      float64
}

// eachField walks the fields of a protobuf message. visit gets varints and fixed numbers in
// n, texts and nested messages in b.
func eachField(b []byte, visit func(num protowire.Number, typ protowire.Type, n uint64, b []byte) error) error {
	for len(b) > 0 {
		num, typ, size := protowire.ConsumeTag(b)
		if size < 0 {
			return errors.New("broken field tag")
		}
		b = b[size:]
		var n uint64
		var content []byte
		switch typ {
		case protowire.VarintType:
			n, size = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, size = protowire.ConsumeFixed32(b)
			n = uint64(v)
		case protowire.Fixed64Type:
			n, size = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			content, size = protowire.ConsumeBytes(b)
		default: // groups are not in the schema; without them there is no recursion
			return fmt.Errorf("field %d has wire type %d, which Sparkplug does not use", num, typ)
		}
		if size < 0 {
			return fmt.Errorf("field %d is cut short", num)
		}
		b = b[size:]
		if err := visit(num, typ, n, content); err != nil {
			return err
		}
	}
	return nil
}

// want says whether a field has the wire type of the schema.
func want(num protowire.Number, got, expected protowire.Type) error {
	if got != expected {
		return fmt.Errorf("field %d has wire type %d, not %d", num, got, expected)
	}
	return nil
}

func millis(n uint64) (time.Time, error) {
	switch {
	case n == 0:
		return time.Time{}, nil
	case n > maxMillis:
		return time.Time{}, fmt.Errorf("timestamp %d is out of range", n)
	}
	return time.UnixMilli(int64(n)), nil
}

// parsePayload reads the message Payload: 1 timestamp, 2 metrics, 3 seq, 4 uuid, 5 body.
func parsePayload(b []byte) (p wirePayload, err error) {
	if len(b) > maxPayload {
		return p, fmt.Errorf("payload has %d bytes, more than %d", len(b), maxPayload)
	}
	err = eachField(b, func(num protowire.Number, typ protowire.Type, n uint64, content []byte) (err error) {
		switch num {
		case 1:
			if err = want(num, typ, protowire.VarintType); err == nil {
				p.at, err = millis(n)
			}
		case 2:
			if err = want(num, typ, protowire.BytesType); err != nil {
				return err
			}
			if len(p.metrics) == maxMetrics {
				return fmt.Errorf("more than %d metrics", maxMetrics)
			}
			var m metric
			if m, err = parseMetric(content); err != nil {
				return fmt.Errorf("metric %d: %w", len(p.metrics), err)
			}
			p.metrics = append(p.metrics, m)
		case 3:
			p.hasSeq, p.seq = true, uint8(n)
			return want(num, typ, protowire.VarintType)
		}
		return err
	})
	return p, err
}

// parseMetric reads the message Metric: 1 name, 2 alias, 3 timestamp, 4 datatype, 5 is_historical,
// 7 is_null, 10 int, 11 long, 12 float, 13 double, 14 boolean.
func parseMetric(b []byte) (m metric, err error) {
	err = eachField(b, func(num protowire.Number, typ protowire.Type, n uint64, content []byte) (err error) {
		expected := protowire.VarintType
		switch num {
		case 1:
			expected = protowire.BytesType
		case 12:
			expected = protowire.Fixed32Type
		case 13:
			expected = protowire.Fixed64Type
		case 2, 3, 4, 5, 7, 10, 11, 14:
		default:
			return nil
		}
		if err := want(num, typ, expected); err != nil {
			return err
		}
		switch num {
		case 1:
			m.name = content
		case 2:
			m.hasAlias, m.alias = true, n
		case 3:
			m.at, err = millis(n)
		case 4:
			m.datatype = n
		case 5:
			m.historical = n != 0
		case 7:
			m.null = n != 0
		case 10, 11:
			m.hasValue, m.integer, m.bits = true, true, n
		case 12:
			m.hasValue, m.integer, m.value = true, false, float64(math.Float32frombits(uint32(n)))
		case 13:
			m.hasValue, m.integer, m.value = true, false, math.Float64frombits(n)
		case 14:
			m.hasValue, m.integer, m.value = true, false, 0
			if n != 0 {
				m.value = 1
			}
		}
		return err
	})
	if m.integer {
		m.value = integer(m.bits, m.datatype)
	}
	return m, err
}

// integer reads signed types, which the schema's unsigned fields carry as two's complement.
func integer(bits, datatype uint64) float64 {
	switch datatype {
	case typeInt8:
		return float64(int8(bits))
	case typeInt16:
		return float64(int16(bits))
	case typeInt32:
		return float64(int32(bits))
	case typeInt64:
		return float64(int64(bits))
	}
	return float64(bits)
}

// rebirth is the payload of the command: the metric "Node Control/Rebirth", true.
func rebirth(at time.Time) []byte {
	var m []byte
	m = protowire.AppendString(protowire.AppendTag(m, 1, protowire.BytesType), "Node Control/Rebirth")
	m = protowire.AppendVarint(protowire.AppendTag(m, 4, protowire.VarintType), typeBoolean)
	m = protowire.AppendVarint(protowire.AppendTag(m, 14, protowire.VarintType), 1)
	var p []byte
	p = protowire.AppendVarint(protowire.AppendTag(p, 1, protowire.VarintType), uint64(at.UnixMilli()))
	return protowire.AppendBytes(protowire.AppendTag(p, 2, protowire.BytesType), m)
}
