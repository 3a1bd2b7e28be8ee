package channel

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Message is what a person reads, and what a program needs to know the alarm by.
type Message struct {
	// ID is the same for every try, so that a receiver can leave out what it has.
	ID     string     `json:"id"`
	Title  event.Text `json:"title"`
	Body   event.Text `json:"body"`
	Reason string     `json:"reason"` // raise, escalate, clear, digest, handover, test
	// The alarm; empty for a test or a handover. A digest names its worst one.
	AlarmID   string         `json:"alarm_id"`
	Rule      string         `json:"rule"`
	Severity  event.Severity `json:"severity"`
	Site      event.SiteID   `json:"site"`
	Device    event.DeviceID `json:"device"`
	Kind      event.Kind     `json:"kind"`
	StartedAt time.Time      `json:"started_at"`
	ClearedAt *time.Time     `json:"cleared_at"`
	Link      string         `json:"link"`   // to the page, empty when that is not known
	Alarms    []string       `json:"alarms"` // ids in a digest
	At        time.Time      `json:"at"`
}

// Channel sends messages. It is safe for concurrent use.
type Channel interface {
	// Send delivers m. to is a person's own address; empty is the receiver's.
	Send(ctx context.Context, m *Message, to string) error
	// Close lets go of idle connections.
	Close()
}

// Alerter is a channel that takes alerts of the Alertmanager as they are.
type Alerter interface {
	Alerts(ctx context.Context, alerts []Alert) error
}

// Error is why a message was not taken.
type Error struct {
	Text string
	// After is how long the receiver asks to be left alone; 0 when it does not say.
	After time.Duration
	// Slow says that messages came too fast: all of them shall wait, not this one only.
	Slow bool
	// Lasting says that another try will fail as well, as far as can be seen: a wrong
	// address, signature or password.
	Lasting bool
}

// Error is the text.
func (e *Error) Error() string { return e.Text }

func lasting(format string, args ...any) error {
	return &Error{Text: fmt.Sprintf(format, args...), Lasting: true}
}

// Deps are what channels need from others.
type Deps struct {
	// Speak hands a message to the pages; nil refuses receivers of type voice.
	Speak func(*Message) error
	Now   func() time.Time
}

// New makes the channel of a receiver and reads its secrets.
func New(c Config, d Deps) (Channel, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Type == Voice {
		if d.Speak == nil {
			return nil, errors.New("there is no page to speak")
		}
		return voice{d.Speak}, nil
	}
	secret := ""
	if c.SecretFile != "" {
		var err error
		if secret, err = Secret(c.SecretFile); err != nil {
			return nil, err
		}
	}
	if c.Type == SMTP {
		return newMail(c, secret, d)
	}
	address := c.URL
	if c.URLFile != "" {
		var err error
		if address, err = Secret(c.URLFile); err != nil {
			return nil, err
		}
	}
	p, err := newPoster(c, address)
	if err != nil {
		return nil, err
	}
	switch c.Type {
	case WeCom:
		return &wecom{p}, nil
	case DingTalk:
		return &dingtalk{p, secret, d.Now}, nil
	case Feishu:
		return &feishu{p, secret, d.Now}, nil
	case Alertmanager:
		return &alertmanager{p, d.Now}, nil
	}
	return &webhook{p, secret, d.Now}, nil
}

type voice struct{ speak func(*Message) error }

// Send hands the message to the pages.
func (v voice) Send(_ context.Context, m *Message, _ string) error { return v.speak(m) }

// Close has nothing to let go.
func (voice) Close() {}
