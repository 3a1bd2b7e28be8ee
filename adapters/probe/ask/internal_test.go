package ask

import (
	"bufio"
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestDigest holds the arithmetic to the examples of RFC 7616 (3.9.1) and RFC 2617 (3.5).
func TestDigest(t *testing.T) {
	t.Parallel()
	const cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
	seven := map[string]string{"realm": "http-auth@example.org", "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "qop": "auth, auth-int", "opaque": "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"}
	with := func(algorithm string) map[string]string {
		m := map[string]string{"algorithm": algorithm}
		for k, v := range seven {
			m[k] = v
		}
		return m
	}
	mufasa := Access{User: "Mufasa", Password: "Circle of Life"}
	for name, c := range map[string]struct {
		fields map[string]string
		access Access
		cnonce string
		want   string
	}{
		"MD5":     {with("MD5"), mufasa, cnonce, "8ca523f5e9506fed4657c9700eebdbec"},
		"SHA-256": {with("SHA-256"), mufasa, cnonce, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
		"RFC 2617": {
			map[string]string{"realm": "testrealm@host.com", "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093", "qop": "auth"},
			Access{User: "Mufasa", Password: "Circle Of Life"},
			"0a4f113b", "6629fae49393a05397450978507c4ef1",
		},
		"no qop": {
			map[string]string{"realm": "testrealm@host.com", "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093"},
			Access{User: "Mufasa", Password: "CircleOfLife"},
			"0a4f113b", "1949323746fe6a43ef61f9606e7febea",
		},
	} {
		got := digest(c.fields, c.access, "GET", "/dir/index.html", c.cnonce)
		if !strings.HasSuffix(got, `response="`+c.want+`"`) {
			t.Errorf("%s: %s", name, got)
		}
		if strings.Contains(got, c.access.Password) {
			t.Errorf("%s: holds the password", name)
		}
	}
}

func TestChallenges(t *testing.T) {
	t.Parallel()
	got := challenges([]string{
		`Digest realm="a, \"b\"", nonce="n=1", qop="auth,auth-int", algorithm=SHA-256, stale=TRUE`,
		`Basic realm="x", Digest realm="y", nonce=z`, `Negotiate`, "=,,=", strings.Repeat("x", maxChallenge+1),
	})
	if len(got) != 4 || got[0].fields["realm"] != `a, "b"` || got[0].fields["nonce"] != "n=1" || got[0].fields["stale"] != "TRUE" ||
		got[1].scheme != "basic" || got[2].fields["nonce"] != "z" || got[3].scheme != "negotiate" {
		t.Fatalf("%+v", got)
	}
	a := Access{User: "u", Password: "passwords"}
	for name, c := range map[string]struct {
		all  []challenge
		want string
	}{
		"the strongest": {got, "algorithm=SHA-256"},
		"basic":         {got[1:2], "Basic "},
		"none":          {got[3:], ""},
		"auth-int":      {challenges([]string{`Digest realm="r", nonce="n", qop="auth-int"`}), ""},
		"unknown hash":  {challenges([]string{`Digest realm="r", nonce="n", algorithm=SHA-512-256`}), ""},
		"no nonce":      {challenges([]string{`Digest realm="r"`}), ""},
	} {
		header, ok := authorization(c.all, a, "GET", "/")
		if ok != (c.want != "") || !strings.Contains(header, c.want) {
			t.Errorf("%s: %q", name, header)
		}
	}
	if header, _ := authorization(challenges([]string{"Digest realm=\"a\\\"\r\nX: y\", nonce=\"n\""}), a, "GET", "/"); strings.ContainsAny(header, "\r\n") {
		t.Errorf("a header of a camera's making: %q", header)
	}
}

func TestVideoCodec(t *testing.T) {
	t.Parallel()
	for sdp, want := range map[string]string{
		"m=video 0 RTP/AVP 96\r\na=rtpmap:96 h265/90000\r\nm=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000": "H265",
		"m=audio 0 RTP/AVP 0\na=rtpmap:0 PCMU/8000\nm=video 0 RTP/AVP 26":                               "JPEG",
		"m=video 0 RTP/AVP 97\r\na=rtpmap:97 VP9/90000":                                                 "codec",
		"m=audio 0 RTP/AVP 0":  "no stream",
		"":                     "no stream",
		"m=video 0 RTP/AVP 96": "codec",
	} {
		codec, f := videoCodec([]byte(sdp))
		if f != nil {
			codec = string(f.Reason)
		}
		if codec != want {
			t.Errorf("%q: %s, want %s", sdp, codec, want)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add("RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 3\r\n\r\nabc")
	f.Add("RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\n\r\n")
	f.Add("HTTP/1.1 200 OK\r\n\r\n")
	f.Add("RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := readAnswer(bufio.NewReaderSize(strings.NewReader(text), maxLine))
		if len(a.body) > maxSDP || len(a.authenticate) > maxChallenges {
			t.Fatal("not bounded")
		}
		var fault *Fault
		if errors.As(err, &fault) && len(fault.Error()) > 300 {
			t.Fatalf("a long error: %s", fault)
		}
		header, _ := authorization(challenges(a.authenticate), Access{User: "user", Password: "secret-password"}, "DESCRIBE", "rtsp://c/1")
		if strings.ContainsAny(header, "\r\n") {
			t.Fatalf("a header of two lines: %q", header)
		}
		_, _ = videoCodec(a.body)
	})
}

func FuzzXML(f *testing.F) {
	f.Add([]byte(`<Envelope><Body><GetSystemDateAndTimeResponse><UTCDateTime><Time><Hour>1</Hour><Minute>2</Minute><Second>3</Second></Time><Date><Year>2026</Year><Month>11</Month><Day>24</Day></Date></UTCDateTime></GetSystemDateAndTimeResponse></Body></Envelope>`))
	f.Add([]byte(`<CMSearchResult><responseStatusStrg>MORE</responseStatusStrg><numOfMatches>1</numOfMatches><matchList><searchMatchItem><timeSpan><startTime>2026-11-24T00:00:00Z</startTime><endTime>2026-11-24T01:00:00Z</endTime></timeSpan></searchMatchItem></matchList></CMSearchResult>`))
	f.Add([]byte(`<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><a>&z;</a>`))
	f.Add([]byte(`<s:Fault><s:Code><s:Value>ter:NotAuthorized</s:Value></s:Code></s:Fault>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		clock, ok, fault := readClock(body)
		if ok && (fault != nil || clock.Year() > 10000) {
			t.Fatal(clock, fault)
		}
		var info DeviceInfo
		_ = readDevice(body, &info)
		if len(info.Model) > 3*maxValue || len(info.Firmware) > 3*maxValue {
			t.Fatal("not bounded")
		}
		r, fault := readSearch(body, time.UTC)
		if fault == nil && (len(r.spans) > maxSpans || r.matches > maxSpans || r.matches < 0) {
			t.Fatal("not bounded")
		}
		for _, s := range r.spans {
			if s.To.Before(s.From) {
				t.Fatal(s)
			}
		}
		if fault != nil && len(fault.Error()) > 300 {
			t.Fatalf("a long error: %s", fault)
		}
	})
}
