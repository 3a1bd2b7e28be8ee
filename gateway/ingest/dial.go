package ingest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// dialer opens connections to one broker. Files are read at every dial, so a certificate
// or password that was renewed takes effect at the next connection.
type dialer struct {
	cfg *BrokerConfig
}

// dial opens the connection: TCP, then TLS or websocket as the URL says.
func (d dialer) dial(ctx context.Context) (net.Conn, error) {
	u, err := url.Parse(d.cfg.URL)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.cfg.connectTimeout())
	defer cancel()
	secure, _ := scheme(d.cfg.URL)
	var tlsConfig *tls.Config
	if secure {
		if tlsConfig, err = d.tlsConfig(u.Hostname()); err != nil {
			return nil, err
		}
	}
	if u.Scheme == "ws" || u.Scheme == "wss" {
		return mqtt.NewWebsocket(u.String(), tlsConfig, d.cfg.connectTimeout(), nil, nil)
	}
	var plain net.Dialer
	conn, err := plain.DialContext(ctx, "tcp", u.Host)
	if err != nil || !secure {
		return conn, err
	}
	tlsConn := tls.Client(conn, tlsConfig)
	if err := tlsConn.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return tlsConn, nil
}

func (d dialer) tlsConfig(host string) (*tls.Config, error) {
	c := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if d.cfg.CAFile != "" {
		pem, err := os.ReadFile(d.cfg.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read ca_file: no certificate in %s", d.cfg.CAFile)
		}
	}
	if d.cfg.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(d.cfg.CertFile, d.cfg.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read cert_file and key_file: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// password returns the first line of the password file, "" without one.
func (d dialer) password() (string, error) {
	if d.cfg.PasswordFile == "" {
		return "", nil
	}
	b, err := os.ReadFile(d.cfg.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("read password_file: %w", err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	line = strings.TrimSuffix(line, "\r")
	if line == "" {
		return "", errors.New("read password_file: the first line is empty")
	}
	return line, nil
}
