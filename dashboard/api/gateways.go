package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/campusgate/campusgate/dashboard/auth"
)

// DeadLetter is a message that nobody could read, or that the database refused.
type DeadLetter struct {
	Gateway  string    `json:"gateway"`
	ID       uint64    `json:"id"`
	Time     time.Time `json:"time"`
	Broker   string    `json:"broker"`
	Topic    string    `json:"topic"`
	Adapter  string    `json:"adapter"`
	Reason   string    `json:"reason"`
	Source   string    `json:"source"`
	QoS      int       `json:"qos"`
	Retained bool      `json:"retained"`
	Payload  []byte    `json:"payload" doc:"base64"`
	// PayloadBytes is the length of the whole payload; a long one is cut in this list.
	PayloadBytes int  `json:"payload_bytes" doc:"Of the whole payload."`
	Truncated    bool `json:"truncated" doc:"The payload above is only its beginning; campusgate replay --list shows all."`
}

type deadLettersInput struct {
	Gateway string `query:"gateway" maxLength:"64" doc:"Default: the only one."`
	After   uint64 `query:"after" doc:"The last id that is known."`
	Cursor  string `query:"cursor" maxLength:"40"`
	Limit   int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type replayInput struct {
	Body struct {
		Gateway string   `json:"gateway,omitempty" maxLength:"64"`
		IDs     []uint64 `json:"ids" minItems:"1" maxItems:"1000"`
	}
}

// Replayed says what became of dead letters.
type Replayed struct {
	Replayed int    `json:"replayed"`
	Failed   int    `json:"failed"`
	Detail   string `json:"detail"`
}

// Questions to a gateway, the payloads of campus.rpc.<gateway>.<verb>.
type (
	deadLettersQuestion struct {
		After uint64 `json:"after"`
		Limit int    `json:"limit"`
	}
	deadLettersAnswer struct {
		Items []DeadLetter `json:"items"`
		Next  uint64       `json:"next"` // 0 at the end; an answer may hold fewer than asked for
	}
	replayQuestion struct {
		IDs []uint64 `json:"ids"`
	}
)

const gatewayTimeout = 10 * time.Second

func (a *API) gatewayRoutes() {
	handle(a, http.MethodGet, "/gateways", "Gateways and what they say of themselves", everyone(),
		func(_ context.Context, id auth.Identity, _ *nothing) (*body[list[Gateway]], error) {
			if !id.Scope.All() {
				return nil, countyOnly()
			}
			return page(a.deps.Gateways.Gateways(), ""), nil
		})
	handle(a, http.MethodGet, "/dead-letters", "Messages that could not be read or stored, oldest first", []auth.Role{auth.Admin, auth.Operator}, a.deadLetters)
	handle(a, http.MethodPost, "/dead-letters/replay", "Try dead letters again", []auth.Role{auth.Admin}, a.replay)
}

// countyOnly refuses who sees some sites only: a gateway serves many.
func countyOnly() *Problem {
	return problem(http.StatusForbidden, codeForbidden, "this is for those who see the whole county")
}

func (a *API) deadLetters(ctx context.Context, id auth.Identity, in *deadLettersInput) (*body[list[DeadLetter]], error) {
	if !id.Scope.All() {
		return nil, countyOnly()
	}
	gateway, err := a.gateway(in.Gateway)
	if err != nil {
		return nil, err
	}
	if in.Cursor != "" {
		if _, err := fmt.Sscanf(in.Cursor, "%d", &in.After); err != nil {
			return nil, invalid("query.cursor", "want what the answer before this one said")
		}
	}
	var answer deadLettersAnswer
	if err := a.ask(ctx, gateway, "dead-letters", deadLettersQuestion{in.After, in.Limit}, &answer); err != nil {
		return nil, err
	}
	for i := range answer.Items {
		answer.Items[i].Gateway = gateway
	}
	next := ""
	if answer.Next > 0 {
		next = fmt.Sprint(answer.Next)
	}
	return page(answer.Items, next), nil
}

func (a *API) replay(ctx context.Context, id auth.Identity, in *replayInput) (*body[Replayed], error) {
	if !id.Scope.All() {
		return nil, countyOnly()
	}
	gateway, err := a.gateway(in.Body.Gateway)
	if err != nil {
		return nil, err
	}
	var answer Replayed
	if err := a.ask(ctx, gateway, "replay", replayQuestion{in.Body.IDs}, &answer); err != nil {
		return nil, err
	}
	a.deps.Log.Info().Str("user", id.Username).Str("gateway", gateway).Int("asked", len(in.Body.IDs)).
		Int("replayed", answer.Replayed).Msg("dead letters replayed")
	return &body[Replayed]{answer}, nil
}

// gateway checks a name, or takes the only one.
func (a *API) gateway(name string) (string, error) {
	known := a.deps.Gateways.Gateways()
	for _, g := range known {
		if g.ID == name || name == "" && len(known) == 1 {
			return g.ID, nil
		}
	}
	if name == "" && len(known) > 1 {
		return "", invalid("query.gateway", "say which gateway")
	}
	if name == "" {
		return "", problem(http.StatusServiceUnavailable, codeUnavailable, "no gateway has reported yet")
	}
	return "", notFound()
}

func (a *API) ask(ctx context.Context, gateway, verb string, question, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, gatewayTimeout)
	defer cancel()
	payload, err := json.Marshal(question)
	if err != nil {
		return err
	}
	reply, err := a.deps.Gateways.Request(ctx, gateway, verb, payload)
	if err != nil {
		return a.unavailable("gateway "+gateway, err)
	}
	if err := json.Unmarshal(reply, answer); err != nil {
		return a.unavailable("gateway "+gateway, fmt.Errorf("read its answer: %w", err))
	}
	return nil
}
