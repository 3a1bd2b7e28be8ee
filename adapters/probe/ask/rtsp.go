package ask

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Bounds of an RTSP answer.
const (
	maxLine    = 4 << 10
	maxHeaders = 64
	maxSDP     = 64 << 10
)

// StreamInfo is what a camera says of a stream.
type StreamInfo struct {
	Latency time.Duration // from the first packet to the description
	Codec   string        // as RFC 4566 names it, for instance "H264"
}

// Stream asks whether an RTSP URL gives video: OPTIONS, then DESCRIBE. Nothing is played.
func Stream(ctx context.Context, address *url.URL, a Access) (StreamInfo, *Fault) {
	began := time.Now()
	conn, err := dialRTSP(ctx, address, a)
	if err != nil {
		return StreamInfo{}, network(err)
	}
	defer func() { _ = conn.Close() }() // nothing is left to be said
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	plain := *address
	plain.User, plain.Fragment = nil, ""
	s := session{conn: conn, in: bufio.NewReaderSize(conn, maxLine), url: plain.String(), access: a}
	if _, f := s.ask("OPTIONS", ""); f != nil {
		return StreamInfo{}, f
	}
	answer, f := s.ask("DESCRIBE", "Accept: application/sdp\r\n")
	if f != nil {
		return StreamInfo{}, f
	}
	info := StreamInfo{Latency: time.Since(began)}
	info.Codec, f = videoCodec(answer.body)
	return info, f
}

func dialRTSP(ctx context.Context, address *url.URL, a Access) (net.Conn, error) {
	port := address.Port()
	var d net.Dialer
	if address.Scheme == "rtsps" {
		if port == "" {
			port = "322"
		}
		return (&tls.Dialer{NetDialer: &d, Config: tlsConfig(a.InsecureTLS, address.Hostname())}).
			DialContext(ctx, "tcp", net.JoinHostPort(address.Hostname(), port))
	}
	if port == "" {
		port = "554"
	}
	return d.DialContext(ctx, "tcp", net.JoinHostPort(address.Hostname(), port))
}

func tlsConfig(insecure bool, name string) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, ServerName: name, InsecureSkipVerify: insecure} //nolint:gosec // said by the configuration
}

// session is one connection.
type session struct {
	conn   net.Conn
	in     *bufio.Reader
	url    string
	access Access
	serial int

	known []challenge // the last challenge: OPTIONS may have been asked for it
}

// ask makes a request, with credentials when the camera wants them.
func (s *session) ask(method, headers string) (answer, *Fault) {
	fresh := false // s.known is the answer to this request
	for try := 0; ; try++ {
		header := ""
		if s.known != nil {
			text, ok := authorization(s.known, s.access, method, s.url)
			if !ok {
				return answer{}, fault(Auth, "no way of authentication that is known here")
			}
			header = "Authorization: " + text + "\r\n"
		}
		got, f := s.once(method, headers+header)
		if f != nil {
			return answer{}, f
		}
		switch code := got.code; {
		case code == 401:
			if f := again(&s.known, got.authenticate, s.access, fresh && header != "", try); f != nil {
				return answer{}, f
			}
			fresh = true
		case code >= 200 && code < 300:
			return got, nil
		case method == "OPTIONS": // it speaks; whether there is a stream DESCRIBE will say
			return got, nil
		case code >= 300 && code < 400:
			return answer{}, fault(Redirect, "%d", code)
		case code == 403:
			return answer{}, fault(Auth, "403")
		case code == 404, code == 453, code == 454, code == 503, code == 415:
			return answer{}, fault(NoStream, "%d", code)
		default:
			return answer{}, fault(Status, "%d", code)
		}
	}
}

func (s *session) once(method, headers string) (answer, *Fault) {
	s.serial++
	serial := strconv.Itoa(s.serial)
	request := method + " " + s.url + " RTSP/1.0\r\nCSeq: " + serial + "\r\nUser-Agent: campusgate\r\n" + headers + "\r\n"
	if _, err := io.WriteString(s.conn, request); err != nil {
		return answer{}, network(err)
	}
	got, err := readAnswer(s.in)
	if err != nil {
		return answer{}, network(err)
	}
	if got.serial != "" && got.serial != serial {
		return answer{}, fault(Malformed, "CSeq %.20q, not %s", got.serial, serial)
	}
	return got, nil
}

// answer is an RTSP response.
type answer struct {
	code         int
	serial       string
	authenticate []string
	body         []byte
}

// readAnswer reads one response of RFC 2326, 7. Everything is bounded.
func readAnswer(in *bufio.Reader) (answer, error) {
	line, err := readLine(in)
	if err != nil {
		return answer{}, err
	}
	version, rest, _ := strings.Cut(line, " ")
	word, _, _ := strings.Cut(rest, " ")
	code, err := strconv.Atoi(word)
	if !strings.HasPrefix(version, "RTSP/") || err != nil || code < 100 || code > 599 {
		return answer{}, fault(Malformed, "the first line is %.40q", line)
	}
	a, length := answer{code: code}, 0
	for n := 0; ; n++ {
		line, err := readLine(in)
		if err != nil {
			return answer{}, err
		}
		if line == "" {
			break
		}
		if n == maxHeaders {
			return answer{}, fault(TooLarge, "more than %d headers", maxHeaders)
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "cseq":
			a.serial = value
		case "www-authenticate":
			if len(a.authenticate) < maxChallenges {
				a.authenticate = append(a.authenticate, value)
			}
		case "content-length":
			if length, err = strconv.Atoi(value); err != nil || length < 0 {
				return answer{}, fault(Malformed, "Content-Length %.20q", value)
			}
		}
	}
	if length > maxSDP {
		return answer{}, fault(TooLarge, "a description of %d bytes", length)
	}
	a.body = make([]byte, length)
	if _, err := io.ReadFull(in, a.body); err != nil {
		return answer{}, err
	}
	return a, nil
}

func readLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", fault(TooLarge, "a line of more than %d bytes", maxLine)
	}
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

// videoCodec finds the coding of the first video of a session description (RFC 4566).
func videoCodec(sdp []byte) (string, *Fault) {
	video, codec := false, ""
	for line := range bytes.Lines(sdp) {
		text := strings.TrimSpace(string(line[:min(len(line), maxLine)]))
		if media, ok := strings.CutPrefix(text, "m="); ok {
			if video {
				break
			}
			fields := strings.Fields(media)
			video = len(fields) > 0 && fields[0] == "video"
			if video && len(fields) > 3 && fields[3] == "26" {
				codec = "JPEG" // a static payload type needs no rtpmap (RFC 3551, 6)
			}
			continue
		}
		if rtpmap, ok := strings.CutPrefix(text, "a=rtpmap:"); ok && video {
			_, coding, _ := strings.Cut(rtpmap, " ")
			name, _, _ := strings.Cut(strings.TrimSpace(coding), "/")
			codec = strings.ToUpper(name)
		}
	}
	if !video {
		return "", fault(NoStream, "the description has no video")
	}
	switch codec {
	case "H264", "H265", "JPEG", "MP4V-ES", "H266", "SVAC", "PS", "MP2P":
		return codec, nil
	}
	return "", fault(Codec, "%.20q", codec)
}
