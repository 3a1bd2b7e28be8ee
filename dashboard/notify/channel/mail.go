package channel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

const maxMail = 100_000 // bytes of a mail's text

// mailer is a mail server: one connection for each message, which is what a few mails a minute need.
type mailer struct {
	from string
	to   []string
	host string
	port int
	opts []mail.Option
	now  func() time.Time
}

func newMail(c Config, password string, d Deps) (*mailer, error) {
	host, port, err := net.SplitHostPort(c.Mail.Addr)
	if err != nil {
		return nil, fmt.Errorf("mail.addr: %w", err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("mail.addr: port %q is no number", port)
	}
	t, err := c.tlsConfig()
	if err != nil {
		return nil, err
	}
	t.ServerName = host
	m := &mailer{from: c.Mail.From, to: c.Mail.To, host: host, port: n, now: d.Now}
	m.opts = []mail.Option{mail.WithPort(n), mail.WithTimeout(c.Patience()), mail.WithTLSConfig(t), mail.WithoutNoop()}
	switch c.Mail.TLS {
	case "implicit":
		m.opts = append(m.opts, mail.WithSSL())
	case "starttls":
		m.opts = append(m.opts, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		m.opts = append(m.opts, mail.WithTLSPolicy(mail.NoTLS))
	}
	switch c.Mail.Auth {
	case "plain", "login":
		// Without TLS only on the loopback, which Validate has seen to.
		kind := map[string]mail.SMTPAuthType{"plain": mail.SMTPAuthPlain, "login": mail.SMTPAuthLogin}[c.Mail.Auth]
		if c.Mail.TLS == "none" {
			kind = map[string]mail.SMTPAuthType{"plain": mail.SMTPAuthPlainNoEnc, "login": mail.SMTPAuthLoginNoEnc}[c.Mail.Auth]
		}
		m.opts = append(m.opts, mail.WithSMTPAuth(kind), mail.WithUsername(c.Mail.Username), mail.WithPassword(password))
	}
	return m, nil
}

// Send hands one mail to the server.
func (m *mailer) Send(ctx context.Context, msg *Message, to string) error {
	recipients := m.to
	if to != "" {
		recipients = []string{to}
	}
	if len(recipients) == 0 {
		return lasting("there is nobody to write to: the receiver has no mail.to")
	}
	out := mail.NewMsg()
	if err := out.From(m.from); err != nil {
		return lasting("the sender's address is refused")
	}
	if err := out.To(recipients...); err != nil {
		return lasting("a receiver's address is refused")
	}
	// The title is one line: what a device calls itself must not add a header.
	out.Subject(strings.Join(strings.Fields(Cut(msg.Title.ZH+" / "+msg.Title.EN, 400)), " "))
	out.SetDateWithValue(m.now())
	_, domain, _ := strings.Cut(strings.TrimSuffix(m.from, ">"), "@")
	out.SetMessageIDWithValue(msg.ID + "@" + domain)
	out.SetBodyString(mail.TypeTextPlain, Cut(plain(msg), maxMail))
	client, err := mail.NewClient(m.host, m.opts...)
	if err != nil {
		return lasting("mail client: %v", err)
	}
	if err := client.DialAndSendWithContext(ctx, out); err != nil {
		return mailError(err)
	}
	return nil
}

// Close has nothing to let go: every mail has its connection.
func (*mailer) Close() {}

// mailError tells a reply of 5xx from the rest (RFC 5321, 4.2.1), and leaves addresses out.
func mailError(err error) error {
	var sent *mail.SendError
	if errors.As(err, &sent) {
		e := &Error{Text: fmt.Sprintf("mail server refused: %v (code %d)", sent.Reason, sent.ErrorCode())}
		e.Lasting = !sent.IsTemp() && sent.ErrorCode() >= 500
		return e
	}
	return &Error{Text: Mask(Cut(err.Error(), 300)), Lasting: strings.Contains(err.Error(), "535 ")}
}
