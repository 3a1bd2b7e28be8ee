package jt808

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// maxText is the longest text in bytes that is kept of a terminal.
const maxText = 200

// Registration is the body of 0x0100.
type Registration struct {
	Province, City uint16 // GB/T 2260: 11 to 65; the last four digits of the county's code
	Manufacturer   string
	Model          string
	TerminalID     string
	// PlateColour as in JT/T 415: 1 blue, 2 yellow, 3 black, 4 white, 9 other; 0 none yet,
	// then Plate is the vehicle's identification number.
	PlateColour uint8
	Plate       string
}

// widths of manufacturer, model and terminal id in bytes.
type widths [3]int

// The three editions of a registration (2011 clause 8.4, 2013 clause 8.5, 2019 clause 8.8).
func registration2011() widths { return widths{5, 8, 7} }
func registration2013() widths { return widths{5, 20, 7} }
func registration2019() widths { return widths{11, 30, 30} }

func (w widths) size() int { return 4 + w[0] + w[1] + w[2] + 1 }

// ParseRegister reads the body of 0x0100. 2011 and 2013 have the same header: a body that
// is too short for 2013, or one in which the plate of 2013 would begin amid the text, is
// read as of 2011. A terminal with the header of 2019 that sends a shorter body is read
// likewise.
func ParseRegister(h Header, body []byte) (Registration, error) {
	edition := registration2013()
	switch {
	case h.Version2019 && len(body) >= registration2019().size():
		edition = registration2019()
	case len(body) < registration2013().size() || !plausibleColour(body[registration2013().size()-1]):
		edition = registration2011()
	}
	if len(body) < edition.size() {
		return Registration{}, fmt.Errorf("a registration of %d bytes, must be %d or more", len(body), edition.size())
	}
	r := Registration{Province: binary.BigEndian.Uint16(body), City: binary.BigEndian.Uint16(body[2:])}
	b := body[4:]
	for i, field := range [...]*string{&r.Manufacturer, &r.Model, &r.TerminalID} {
		*field = gbk(b[:edition[i]])
		b = b[edition[i]:]
	}
	r.PlateColour, r.Plate = b[0], gbk(b[1:])
	return r, nil
}

// plausibleColour tells the colours of JT/T 415 from text. 2019 goes up to 93 and 94, for
// farm vehicles and new energy.
func plausibleColour(c byte) bool { return c <= 9 || c >= 91 && c <= 94 }

// Authentication is the body of 0x0102.
type Authentication struct {
	Code     string
	IMEI     string // 2019
	Software string // 2019: version of the software
}

// ParseAuthenticate reads the body of 0x0102 (2013 clause 8.8).
func ParseAuthenticate(h Header, body []byte) (Authentication, error) {
	const imei = 15
	if !h.Version2019 || len(body) == 0 || int(body[0])+1 > len(body) {
		if len(body) == 0 {
			return Authentication{}, errors.New("an authentication without a code")
		}
		return Authentication{Code: gbk(body)}, nil
	}
	n := int(body[0])
	a := Authentication{Code: gbk(body[1 : 1+n])}
	if rest := body[1+n:]; len(rest) >= imei {
		a.IMEI, a.Software = gbk(rest[:imei]), gbk(rest[imei:])
	}
	return a, nil
}

// Parameter is one parameter of a terminal (2013 clauses 8.9, 8.12). Numbers are big-endian.
type Parameter struct {
	ID    uint32
	Value []byte
}

// Parameters that are read of a terminal.
const (
	ParamStrategy = 0x0020 // DWORD: reports by 0 time, 1 distance, 2 both
	ParamInterval = 0x0029 // DWORD, s: time between two reports
)

// maxInterval is the longest time between two reports that is believed.
const maxInterval = 24 * time.Hour

// reportPeriod is how often a terminal with these parameters reports, 0 when they do not
// say, or when it reports by distance.
func reportPeriod(parameters []Parameter) time.Duration {
	var period time.Duration
	for _, p := range parameters {
		if len(p.Value) != 4 {
			continue
		}
		switch n := binary.BigEndian.Uint32(p.Value); {
		case p.ID == ParamStrategy && n == 1:
			return 0
		case p.ID == ParamInterval && n <= uint32(maxInterval/time.Second):
			period = time.Duration(n) * time.Second
		}
	}
	return period
}

// ParseParameters reads the body of 0x0104: the serial number of the query and the
// parameters, whose values lie in body. The count is not believed; parameters before
// damage are returned with the error.
func ParseParameters(body []byte) (query uint16, parameters []Parameter, err error) {
	if len(body) < 3 {
		return 0, nil, fmt.Errorf("parameters of %d bytes, must be 3 or more", len(body))
	}
	query = binary.BigEndian.Uint16(body)
	for b := body[3:]; len(b) > 0; {
		if len(b) < 5 || len(b) < 5+int(b[4]) {
			return query, parameters, fmt.Errorf("parameter %d overruns the body", len(parameters)+1)
		}
		n := int(b[4])
		parameters = append(parameters, Parameter{binary.BigEndian.Uint32(b), b[5 : 5+n : 5+n]})
		b = b[5+n:]
	}
	return query, parameters, nil
}

// Results of reading a driver's card.
const (
	CardRead     = 0
	CardNoKey    = 1 // the card's key was not accepted
	CardLocked   = 2
	CardPulled   = 3
	CardChecksum = 4
)

// Driver is the body of 0x0702, without the names in it.
type Driver struct {
	Out    bool      // the card was pulled out: end of duty
	Time   time.Time // zero when the terminal's clock is not set; always in 2011
	Result uint8     // Card…
	// Certificate is the number of the driver's certificate, empty when the card was not
	// read or pulled out. It is personal data.
	Certificate string
}

// ParseDriver reads the body of 0x0702; 2019 adds an identity number at its end. 2011 has
// neither state nor time: it begins with the length of the name, and is taken for what has
// no valid state and time at its beginning.
func ParseDriver(body []byte) (Driver, error) {
	const (
		fixed       = 7 // state, time
		certificate = 20
		idNumber    = 20 // 2011
		longer      = 40 // the certificate in 2011
	)
	if len(body) == 0 {
		return Driver{}, errors.New("a driver's card without a body")
	}
	if len(body) < fixed || !isTime(body[1:fixed]) || body[0] != 1 && body[0] != 2 {
		at := 1 + int(body[0]) + idNumber
		if len(body) < at+longer {
			return Driver{}, fmt.Errorf("a driver's card of %d bytes with neither state and time nor a name of %d bytes",
				len(body), body[0])
		}
		return Driver{Certificate: gbk(body[at : at+longer])}, nil
	}
	d := Driver{Out: body[0] == 2}
	d.Time, _ = parseTime(body[1:])
	if len(body) == fixed {
		if d.Out {
			return d, nil
		}
		return d, errors.New("a driver's card without its result")
	}
	d.Result = body[fixed]
	if d.Result != CardRead || len(body) < fixed+2 {
		return d, nil
	}
	at := fixed + 2 + int(body[fixed+1])
	if len(body) < at+certificate {
		return d, errors.New("a driver's card that ends before the certificate's number")
	}
	d.Certificate = gbk(body[at : at+certificate])
	return d, nil
}

// isTime reports whether b may be a time, also one of a clock that is not set.
func isTime(b []byte) bool {
	for i, c := range b {
		if c>>4 > 9 || c&15 > 9 || i == 1 && c > 0x12 || i == 2 && c > 0x31 || i == 3 && c > 0x23 || i > 3 && c > 0x59 {
			return false
		}
	}
	return true
}

// gbk reads a text in GBK (GB 18030, which contains it) without what fills its field: zeros
// before or after it, and spaces.
func gbk(b []byte) string {
	b = bytes.Trim(b, "\x00 ")
	if len(b) == 0 {
		return ""
	}
	s, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b[:min(len(b), maxText)])
	if err != nil {
		return ""
	}
	return clean(string(s))
}

// clean leaves what can be shown, at most maxText bytes of it.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError || r == 0x7f {
			return -1
		}
		return r
	}, s)
	for len(s) > maxText {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}
