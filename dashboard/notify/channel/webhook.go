package channel

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"
)

// Headers of a webhook.
const (
	HeaderTimestamp = "X-Campusgate-Timestamp" // Unix seconds
	HeaderSignature = "X-Campusgate-Signature" // "sha256=" and Signature in hex
	HeaderDelivery  = "X-Campusgate-Delivery"  // the message's id, the same for every try
)

// webhook posts the message as JSON and signs it. Whoever takes it computes Signature over
// the body as it came, compares in constant time, refuses a timestamp more than five minutes
// from its own clock, and answers 2xx also for an id that it has already.
type webhook struct {
	*poster
	secret string
	now    func() time.Time
}

// Send posts the message.
func (w *webhook) Send(ctx context.Context, m *Message, _ string) error {
	_, err := w.post(ctx, m, func(r *http.Request, body []byte) {
		stamp := strconv.FormatInt(w.now().Unix(), 10)
		r.Header.Set(HeaderTimestamp, stamp)
		r.Header.Set(HeaderSignature, "sha256="+Signature(w.secret, stamp, body))
		r.Header.Set(HeaderDelivery, m.ID)
	})
	return err
}

// Signature is the hex of HMAC-SHA256(secret, timestamp + "." + body).
func Signature(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// alertmanager posts to the API v2 of a Prometheus Alertmanager.
type alertmanager struct {
	*poster
	now func() time.Time
}

// firingFor is until when an alert stands that nobody ends: an Alertmanager forgets one
// without an end after five minutes, and an alarm is sent once, not every minute.
const firingFor = 7 * 24 * time.Hour

// Alert is one alert of the API v2.
type Alert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

// Send posts one alert; an end of it when the alarm is over.
func (a *alertmanager) Send(ctx context.Context, m *Message, _ string) error {
	alert := Alert{
		Labels:       map[string]string{"alertname": m.Rule, "alarm": m.AlarmID, "severity": string(m.Severity), "site": string(m.Site)},
		Annotations:  map[string]string{"summary": m.Title.ZH, "summary_en": m.Title.EN, "description": m.Body.ZH, "description_en": m.Body.EN},
		StartsAt:     m.StartedAt,
		EndsAt:       a.now().Add(firingFor).UTC(),
		GeneratorURL: m.Link,
	}
	for name, value := range map[string]string{"device": string(m.Device), "kind": string(m.Kind)} {
		if value != "" { // an empty label is none
			alert.Labels[name] = value
		}
	}
	if alert.Labels["alertname"] == "" {
		alert.Labels["alertname"] = "campusgate_" + m.Reason
	}
	if alert.StartsAt.IsZero() {
		alert.StartsAt = m.At
	}
	if m.ClearedAt != nil {
		alert.EndsAt = *m.ClearedAt
	} else if m.Reason == "test" {
		alert.EndsAt = a.now().Add(time.Minute).UTC()
	}
	return a.Alerts(ctx, []Alert{alert})
}

// Alerts posts alerts as they are.
func (a *alertmanager) Alerts(ctx context.Context, alerts []Alert) error {
	_, err := a.post(ctx, alerts, func(r *http.Request, _ []byte) { r.URL = r.URL.JoinPath("api", "v2", "alerts") })
	return err
}
