package dashboard_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/campusgate/campusgate/dashboard"
)

// selfSigned writes a certificate for 127.0.0.1 and returns its files and a pool that trusts it.
func selfSigned(t *testing.T) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(cert)
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "EC PRIVATE KEY", keyDER), pool
}

func TestServesTLS(t *testing.T) {
	t.Parallel()
	cfg := dashboard.DefaultConfig()
	cfg.HTTP.Addr, cfg.DataDir = "127.0.0.1:0", t.TempDir()
	var pool *x509.CertPool
	cfg.HTTP.CertFile, cfg.HTTP.KeyFile, pool = selfSigned(t)
	d, err := dashboard.New(cfg, dashboard.Deps{County: county(t), Bus: newBus(), Accounts: accounts()[:1]})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := &world{Dashboard: d}
	defer w.stop(t)
	b := w.visit(t)
	b.client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: pool}
	res := b.request(http.MethodPost, "/api/v1/login", `{"username":"admin","password":"`+password+`"}`)
	if res.StatusCode != http.StatusOK || len(res.Cookies()) != 2 || !res.Cookies()[0].Secure || !res.Cookies()[1].Secure {
		t.Fatalf("login: %d %v", res.StatusCode, res.Cookies())
	}
	if res.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security")
	}
	dialer := websocket.Dialer{Jar: b.client.Jar, TLSClientConfig: &tls.Config{RootCAs: pool}}
	ws, _, err := dialer.DialContext(t.Context(), "wss"+strings.TrimPrefix(w.URL(), "https")+"/api/v1/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	if h := frame(t, ws, "hello"); string(h["role"]) != `"admin"` {
		t.Errorf("hello %s", h["role"])
	}
}
