package jt808

import (
	"encoding/binary"
	"fmt"
	"time"
)

// positionSize is the fixed part of a position in bytes (2013 table 23).
const positionSize = 28

// Additional items of a position that are read (2013 clause 8.18).
const (
	itemRecorderSpeed = 0x03 // WORD, 0.1 km/h, of the driving recorder
	itemConfirm       = 0x04 // WORD, the alarm that an operator must confirm
	itemSatellites    = 0x31 // BYTE
)

// Position is the body of 0x0200.
type Position struct {
	Alarms, Status uint32
	// Lat and Lon are degrees with their sign, whether or not the terminal has a fix.
	Lat, Lon  float64
	AltitudeM int     // metres; a height below the sea comes as a negative WORD
	SpeedKMH  float64 // by satellite
	Heading   int     // degrees as sent
	// Time is zero when the terminal's clock is not set or says what is no time.
	Time time.Time
	// RecorderKMH is the speed by the driving recorder, -1 when it is not sent.
	RecorderKMH float64
	Satellites  int
	ConfirmID   uint16 // alarm that an operator must confirm; 0 none
	// Damaged says that the additional items do not fill the body: the last ones are lost.
	Damaged bool
}

// ParsePosition reads the body of 0x0200. Unknown items and those of another length than
// the standard's are passed over: vendors use the same ids for other things.
func ParsePosition(body []byte) (Position, error) {
	if len(body) < positionSize {
		return Position{}, fmt.Errorf("a position of %d bytes, must be %d or more", len(body), positionSize)
	}
	p := Position{
		Alarms: binary.BigEndian.Uint32(body), Status: binary.BigEndian.Uint32(body[4:]),
		Lat: float64(binary.BigEndian.Uint32(body[8:])) / 1e6, Lon: float64(binary.BigEndian.Uint32(body[12:])) / 1e6,
		AltitudeM: int(int16(binary.BigEndian.Uint16(body[16:]))),
		SpeedKMH:  float64(binary.BigEndian.Uint16(body[18:])) / 10, Heading: int(binary.BigEndian.Uint16(body[20:])),
		RecorderKMH: -1,
	}
	if p.Status&StatusSouth != 0 {
		p.Lat = -p.Lat
	}
	if p.Status&StatusWest != 0 {
		p.Lon = -p.Lon
	}
	p.Time, _ = parseTime(body[22:])
	p.items(body[positionSize:])
	return p, nil
}

func (p *Position) items(b []byte) {
	for len(b) > 0 {
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			p.Damaged = true
			return
		}
		id, value := b[0], b[2:2+int(b[1])]
		b = b[2+len(value):]
		switch {
		case id == itemRecorderSpeed && len(value) == 2:
			p.RecorderKMH = float64(binary.BigEndian.Uint16(value)) / 10
		case id == itemConfirm && len(value) == 2:
			p.ConfirmID = binary.BigEndian.Uint16(value)
		case id == itemSatellites && len(value) == 1:
			p.Satellites = int(value[0])
		}
	}
}

// zone is the time of every message but 0x8004: GMT+8 (2013 clause 4.3).
const zone = 8 * time.Hour

// firstYear is when the standard came out: an older time is that of a clock that was never
// set.
const firstYear = 2011

// parseTime reads YYMMDDhhmmss in BCD.
func parseTime(b []byte) (time.Time, bool) {
	var n [6]int
	for i := range n {
		high, low := b[i]>>4, b[i]&15
		if high > 9 || low > 9 {
			return time.Time{}, false
		}
		n[i] = int(high)*10 + int(low)
	}
	year, month, day, hour, minute, second := 2000+n[0], time.Month(n[1]), n[2], n[3], n[4], n[5]
	if year < firstYear || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	if t.Day() != day {
		return time.Time{}, false // no such day in that month
	}
	return t.Add(-zone), true
}

const (
	batchHead     = 3 // count WORD, type BYTE
	batchBackfill = 1 // the type of what was kept while there was no connection
)

// nextItem cuts the next position off a batch (0x0704) after its count, which is not
// believed, and its type. It is nil at the end, and where an item overruns the body.
func nextItem(b []byte) (item, rest []byte) {
	if len(b) < 2 {
		return nil, nil
	}
	n := int(binary.BigEndian.Uint16(b))
	if b = b[2:]; n > len(b) {
		return nil, nil
	}
	return b[:n], b[n:]
}
