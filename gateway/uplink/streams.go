package uplink

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// The streams of the bus. The dashboard's bus package makes the same ones; a test there
// holds the two equal.
const (
	EventStream   = "CAMPUS_EVENT"
	AnomalyStream = "CAMPUS_ANOMALY"
)

// StreamConfigs returns the streams as this configuration would make them.
func (c *Config) StreamConfigs() []jetstream.StreamConfig {
	return []jetstream.StreamConfig{
		streamConfig(EventStream, "event", c.EventStream),
		streamConfig(AnomalyStream, "anomaly", c.AnomalyStream),
	}
}

func streamConfig(name, word string, c StreamConfig) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:               name,
		Description:        "campusgate: " + word + " records of all gateways, and their marks",
		Subjects:           []string{"campus." + word + ".>", "campus.mark." + word + ".>"},
		Retention:          jetstream.LimitsPolicy,
		Discard:            jetstream.DiscardOld,
		Storage:            jetstream.FileStorage,
		MaxAge:             c.MaxAge,
		MaxBytes:           c.MaxBytes,
		Replicas:           c.Replicas,
		AllowDirect:        true,
		AllowAtomicPublish: true,
	}
}

// ensureStream makes the stream where it is missing, and switches on what the uplink
// needs where it is off. Limits of a stream that exists are left alone.
func ensureStream(ctx context.Context, js jetstream.JetStream, want jetstream.StreamConfig) (jetstream.Stream, error) {
	stream, err := js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = js.CreateStream(ctx, want)
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			stream, err = js.Stream(ctx, want.Name) // somebody was faster, with limits of their own
		}
	}
	if err != nil {
		return nil, fmt.Errorf("look up or make stream %s: %w", want.Name, err)
	}
	have := stream.CachedInfo().Config
	missing := slices.DeleteFunc(slices.Clone(want.Subjects), func(s string) bool { return slices.Contains(have.Subjects, s) })
	if have.AllowAtomicPublish && have.AllowDirect && len(missing) == 0 {
		return stream, nil
	}
	have.AllowAtomicPublish, have.AllowDirect = true, true
	have.Subjects = append(have.Subjects, missing...)
	if stream, err = js.UpdateStream(ctx, have); err != nil {
		return nil, fmt.Errorf("update stream %s: %w", want.Name, err)
	}
	return stream, nil
}
