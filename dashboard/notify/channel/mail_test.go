package channel_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/campusgate/campusgate/dashboard/notify/channel"
)

const mailPassword = "mail-password"

// office is a mail server. It takes mail from who has logged in.
type office struct {
	mu     sync.Mutex
	auth   []string // mechanism of each login
	from   []string
	to     [][]string
	mails  [][]byte
	refuse error // of RCPT
}

type session struct {
	o    *office
	in   bool
	from string
	to   []string
}

func (o *office) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{o: o}, nil }

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

func (s *session) Auth(mech string) (sasl.Server, error) {
	check := func(user, password string) error {
		if user != "alarm" || password != mailPassword {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "no"}
		}
		s.in = true
		s.o.mu.Lock()
		s.o.auth = append(s.o.auth, mech)
		s.o.mu.Unlock()
		return nil
	}
	if mech == sasl.Login {
		return &loginServer{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
}

// loginServer is the server's side of AUTH LOGIN (draft-murchison-sasl-login).
type loginServer struct {
	check func(user, password string) error
	step  int
	user  string
}

func (l *loginServer) Next(response []byte) ([]byte, bool, error) {
	l.step++
	switch l.step {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if !s.in {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	s.to = append(s.to, to)
	return s.o.refuse
}

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	s.o.from, s.o.to, s.o.mails = append(s.o.from, s.from), append(s.o.to, s.to), append(s.o.mails, b)
	return err
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

// certificate is one for 127.0.0.1, signed by itself, and the file it stands in.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, path
}

func postOffice(t *testing.T, implicit bool) (o *office, addr, ca string) {
	t.Helper()
	cert, ca := certificate(t)
	o = &office{}
	server := smtp.NewServer(o)
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	server.ErrorLog = log.New(io.Discard, "", 0)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = listener.Addr().String()
	if implicit {
		listener = tls.NewListener(listener, server.TLSConfig)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		server.Close()
		<-done
	})
	return o, addr, ca
}

func mailChannel(t *testing.T, addr, ca, security, auth, password string) channel.Channel {
	t.Helper()
	c, err := channel.New(channel.Config{
		Name: "mail", Type: channel.SMTP, SecretFile: file(t, password), CAFile: ca, Timeout: 10 * time.Second,
		Mail: channel.MailConfig{Addr: addr, TLS: security, Auth: auth, Username: "alarm", From: "alarm@county.example", To: []string{"centre@county.example"}},
	}, channel.Deps{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// A real server over implicit TLS and STARTTLS, with both ways to log in: header and text
// arrive as they were.
func TestMailArrives(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ security, auth, mechanism string }{
		{"implicit", "plain", sasl.Plain}, {"starttls", "login", sasl.Login}, {"starttls", "plain", sasl.Plain},
	} {
		o, addr, ca := postOffice(t, c.security == "implicit")
		ch := mailChannel(t, addr, ca, c.security, c.auth, mailPassword)
		if err := ch.Send(t.Context(), message(), ""); err != nil {
			t.Fatalf("%v: %v", c, err)
		}
		if err := ch.Send(t.Context(), message(), "zhang@county.example"); err != nil {
			t.Fatalf("%v: %v", c, err)
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.auth[0] != c.mechanism || o.from[0] != "alarm@county.example" || o.to[0][0] != "centre@county.example" || o.to[1][0] != "zhang@county.example" || len(o.to[1]) != 1 {
			t.Errorf("%v: auth %v from %v to %v", c, o.auth, o.from, o.to)
		}
		m, err := mail.ReadMessage(strings.NewReader(string(o.mails[0])))
		if err != nil {
			t.Fatal(err)
		}
		subject, err := (&mime.WordDecoder{}).DecodeHeader(m.Header.Get("Subject"))
		if err != nil || subject != "【紧急】城关小学：燃气超限 / [CRITICAL] Chengguan primary: gas" {
			t.Errorf("subject %q %v", subject, err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
		if err != nil || !strings.Contains(string(body), "设备：") || m.Header.Get("Message-Id") != "<"+message().ID+"@county.example>" {
			t.Errorf("header %v, body %s, %v", m.Header, body, err)
		}
	}
}

func TestMailIsRefused(t *testing.T) {
	t.Parallel()
	o, addr, ca := postOffice(t, true)
	var e *channel.Error
	err := mailChannel(t, addr, ca, "implicit", "plain", "wrong-password").Send(t.Context(), message(), "")
	if !errors.As(err, &e) || !e.Lasting {
		t.Errorf("a wrong password: %v", err)
	}
	for code, lasting := range map[int]bool{550: true, 451: false} {
		o.mu.Lock()
		o.refuse = &smtp.SMTPError{Code: code, Message: "zhang@county.example has no room"}
		o.mu.Unlock()
		err := mailChannel(t, addr, ca, "implicit", "plain", mailPassword).Send(t.Context(), message(), "")
		if !errors.As(err, &e) || e.Lasting != lasting || strings.Contains(err.Error(), "zhang@") {
			t.Errorf("%d: %v", code, err)
		}
	}
	// A certificate that nobody vouches for is refused.
	if err := mailChannel(t, addr, "", "implicit", "plain", mailPassword).Send(t.Context(), message(), ""); err == nil {
		t.Error("an unknown certificate was taken")
	}
}

// A title that comes from a device adds no header.
func TestMailHeaderIsOneLine(t *testing.T) {
	t.Parallel()
	o, addr, ca := postOffice(t, true)
	m := message()
	m.Title.ZH = "厨房\r\nBcc: someone@evil.example\r\n\r\nbody"
	if err := mailChannel(t, addr, ca, "implicit", "plain", mailPassword).Send(t.Context(), m, ""); err != nil {
		t.Fatal(err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	read, err := mail.ReadMessage(strings.NewReader(string(o.mails[0])))
	if err != nil || read.Header.Get("Bcc") != "" || len(o.to[0]) != 1 {
		t.Errorf("%v %v to %v", read.Header, err, o.to)
	}
}
