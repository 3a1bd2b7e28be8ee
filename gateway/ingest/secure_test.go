package ingest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/ingest"
)

// authority signs certificates for a test.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	a.cert, a.key = a.issue(name, &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// issue writes name.crt and name.key.
func (a *authority) issue(name string, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.Subject = pkix.Name{CommonName: name}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(name+".crt", "CERTIFICATE", der)
	a.write(name+".key", "PRIVATE KEY", keyDER)
	return cert, key
}

func (a *authority) write(name, kind string, der []byte) {
	a.t.Helper()
	if err := os.WriteFile(a.file(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

func TestTLSWithClientCertificate(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "ca")
	ca.issue("server", &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	ca.issue("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	m := startMosquitto(t, fmt.Sprintf("\n\ncafile %s\ncertfile %s\nkeyfile %s\nrequire_certificate true\n",
		ca.file("ca.crt"), ca.file("server.crt"), ca.file("server.key")))
	b := brokerConfig("main", "ssl://"+m.addr())
	b.CAFile, b.CertFile, b.KeyFile = ca.file("ca.crt"), ca.file("client.crt"), ca.file("client.key")
	sink := newMemory()
	in := start(t, config(t, b), sink).ready()
	p, err := ingest.NewPublisher(ingest.PublisherConfig{Broker: ingest.BrokerConfig{
		Name: "test", URL: b.URL, ClientID: "device", CAFile: b.CAFile, CertFile: b.CertFile, KeyFile: b.KeyFile,
	}})
	if err != nil {
		t.Fatal(err)
	}
	send(t, p, topic, 1, 1001)
	eventually(t, "1000 events", func() bool { n, _ := sink.events(); return n == 1000 })
	if err := p.Close(within(t)); err != nil {
		t.Error(err)
	}
	in.stop()

	other := newAuthority(t, "other") // a broker that is not ours must not get a byte
	b.CAFile = other.file("other.crt")
	in = start(t, config(t, b), newMemory())
	eventually(t, "refused", func() bool {
		h := in.Health()
		return h.State == event.Failed && strings.Contains(h.Reason, "certificate")
	})
}

// passwords is a password file of Mosquitto's: $7$iterations$salt$hash.
func passwords(t *testing.T, user, password string) string {
	t.Helper()
	salt := []byte("twelve bytes")
	hash, err := pbkdf2.Key(sha512.New, password, salt, 101, 64)
	if err != nil {
		t.Fatal(err)
	}
	line := fmt.Sprintf("%s:$7$101$%s$%s\n", user, base64.StdEncoding.EncodeToString(salt), base64.StdEncoding.EncodeToString(hash))
	path := filepath.Join(t.TempDir(), "passwords")
	if err := os.WriteFile(path, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWrongPasswordThenRightOne(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "password_file "+passwords(t, "gateway", "right")+"\nallow_anonymous false")
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := brokerConfig("main", m.url())
	b.Username, b.PasswordFile = "gateway", secret
	in := start(t, config(t, b), newMemory())
	eventually(t, "refused", func() bool {
		h := in.Health()
		return h.State == event.Failed && strings.Contains(h.Reason, "refuses user name, password")
	})
	if strings.Contains(in.log.String()+in.Health().Reason, "hunter2") {
		t.Fatal("the password is in the log")
	}
	if err := os.WriteFile(secret, []byte("right\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	in.ready() // the file is read again at the next try
	eventually(t, "healthy", func() bool { return in.Health().State == event.OK })

	p, err := ingest.NewPublisher(ingest.PublisherConfig{Broker: ingest.BrokerConfig{Name: "x", URL: m.url(), ClientID: "d"}})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "publisher refused", func() bool {
		err := p.Stats().Err
		return err != nil && strings.Contains(err.Error(), "refuses")
	})
	_ = p.Close(within(t))
}
