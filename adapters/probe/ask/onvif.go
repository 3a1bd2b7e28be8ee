package ask

import (
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // WS-UsernameToken asks for it
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// DeviceInfo is what a camera says of itself.
type DeviceInfo struct {
	Latency time.Duration // of the first answer
	// Skew is our clock minus the camera's; HasClock is false when it does not say a time.
	Skew     time.Duration
	HasClock bool

	Manufacturer, Model, Firmware string
}

// Device asks a camera's ONVIF device service for its clock, which needs no password, and
// then who it is, which does. The UsernameToken is dated by the camera's own clock: cameras
// refuse one that is minutes off, and their clock is just what is in question. What was
// learnt before a fault is returned with it.
func (w *Web) Device(ctx context.Context, address *url.URL, a Access) (DeviceInfo, *Fault) {
	var info DeviceInfo
	began := time.Now()
	body, f := w.soap(ctx, address, a, "", `<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/>`)
	if f != nil {
		return info, f
	}
	ended := time.Now()
	info.Latency = ended.Sub(began)
	clock, ok, f := readClock(body)
	if f != nil {
		return info, f
	}
	if ok {
		// The answer tells whole seconds, of some moment between question and answer.
		info.Skew, info.HasClock = began.Add(ended.Sub(began)/2).Sub(clock.Add(500*time.Millisecond)), true
	}
	head := ""
	if a.User != "" {
		head = usernameToken(a, rand.Text(), time.Now().Add(-info.Skew))
	}
	body, f = w.soap(ctx, address, a, head, `<GetDeviceInformation xmlns="http://www.onvif.org/ver10/device/wsdl"/>`)
	if f != nil {
		return info, f
	}
	return info, readDevice(body, &info)
}

func (w *Web) soap(ctx context.Context, address *url.URL, a Access, head, body string) ([]byte, *Fault) {
	envelope := `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>` +
		head + `</s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
	got, f := w.do(ctx, http.MethodPost, address, "application/soap+xml; charset=utf-8", []byte(envelope), a, maxXML)
	if f != nil && f.Reason == Status && len(got.body) > 0 {
		// A SOAP fault comes with 400 or 500 and says more.
		if said := soapFault(got.body); said != nil {
			return nil, said
		}
	}
	return got.body, f
}

// usernameToken is the header of WSS UsernameToken Profile 1.0 with a password digest.
func usernameToken(a Access, nonce string, at time.Time) string {
	created := at.UTC().Format("2006-01-02T15:04:05.000Z")
	sum := sha1.Sum([]byte(nonce + created + a.Password)) //nolint:gosec // see above
	const ns = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
	return `<w:Security s:mustUnderstand="1" xmlns:w="` + ns + `wssecurity-secext-1.0.xsd" xmlns:u="` + ns + `wssecurity-utility-1.0.xsd"><w:UsernameToken><w:Username>` +
		escape(a.User) + `</w:Username><w:Password Type="` + ns + `username-token-profile-1.0#PasswordDigest">` +
		base64.StdEncoding.EncodeToString(sum[:]) + `</w:Password><w:Nonce EncodingType="` + ns + `soap-message-security-1.0#Base64Binary">` +
		base64.StdEncoding.EncodeToString([]byte(nonce)) + `</w:Nonce><u:Created>` + created + `</u:Created></w:UsernameToken></w:Security>`
}

// readClock reads a GetSystemDateAndTimeResponse; ok is false when it holds no UTC time.
func readClock(body []byte) (clock time.Time, ok bool, f *Fault) {
	var parts [6]int
	seen, answered := 0, false
	names := [6][2]string{{"Date", "Year"}, {"Date", "Month"}, {"Date", "Day"}, {"Time", "Hour"}, {"Time", "Minute"}, {"Time", "Second"}}
	f = walk(body, func(path []string, text string) {
		answered = answered || contains(path, "GetSystemDateAndTimeResponse")
		if !contains(path, "UTCDateTime") {
			return
		}
		for i, name := range names {
			if n, err := strconv.Atoi(text); ends(path, name[0], name[1]) && err == nil && n >= 0 && n < 10000 {
				parts[i] = n
				seen |= 1 << i
			}
		}
	})
	if f != nil {
		return clock, false, f
	}
	if !answered {
		return clock, false, notAnswered(body, "GetSystemDateAndTimeResponse")
	}
	if seen != 1<<6-1 || parts[1] < 1 || parts[1] > 12 || parts[2] < 1 || parts[2] > 31 || parts[3] > 23 || parts[4] > 59 || parts[5] > 60 {
		return clock, false, nil
	}
	return time.Date(parts[0], time.Month(parts[1]), parts[2], parts[3], parts[4], parts[5], 0, time.UTC), true, nil
}

// readDevice reads a GetDeviceInformationResponse.
func readDevice(body []byte, info *DeviceInfo) *Fault {
	answered := false
	f := walk(body, func(path []string, text string) {
		if !contains(path, "GetDeviceInformationResponse") {
			return
		}
		answered = true
		switch path[len(path)-1] {
		case "Manufacturer":
			info.Manufacturer = text
		case "Model":
			info.Model = text
		case "FirmwareVersion":
			info.Firmware = text
		}
	})
	if f == nil && !answered {
		return notAnswered(body, "GetDeviceInformationResponse")
	}
	return f
}

// notAnswered words an envelope without the answer.
func notAnswered(body []byte, name string) *Fault {
	if said := soapFault(body); said != nil {
		return said
	}
	return fault(Malformed, "no %s", name)
}

// soapFault reads a SOAP fault, nil when there is none.
func soapFault(body []byte) *Fault {
	var said *Fault
	reason := ""
	broken := walk(body, func(path []string, text string) {
		if !contains(path, "Fault") {
			return
		}
		if said == nil {
			said = &Fault{Reason: Status}
		}
		if ends(path, "Value") || ends(path, "faultcode") {
			if local := afterColon(text); local == "NotAuthorized" || local == "FailedAuthentication" || local == "InvalidSecurity" {
				said.Reason = Auth
			}
		}
		if ends(path, "Text") || ends(path, "faultstring") {
			reason = text
		}
	})
	if broken == nil && said != nil {
		return fault(said.Reason, "%.100q", reason)
	}
	return nil // what is broken is worded by whoever asked
}

func afterColon(s string) string {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == ':' {
			return s[i+1:]
		}
	}
	return s
}

func contains(path []string, name string) bool {
	for _, p := range path {
		if p == name {
			return true
		}
	}
	return false
}
