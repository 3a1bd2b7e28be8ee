package influx_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
)

// keys lists the keys of all faults in err.
func keys(err error) []string {
	var out []string
	var fault *event.Fault
	switch joined, ok := err.(interface{ Unwrap() []error }); {
	case ok:
		for _, e := range joined.Unwrap() {
			out = append(out, keys(e)...)
		}
	case errors.As(err, &fault):
		out = append(out, fault.Key)
	case err != nil:
		out = append(out, "?"+err.Error())
	}
	slices.Sort(out)
	return out
}

func TestSettings(t *testing.T) {
	t.Parallel()
	if err := errors.Join(influx.DefaultWriterConfig().Validate(), influx.DefaultReaderConfig().Validate(), influx.DefaultEmbeddedConfig().Validate()); err != nil {
		t.Errorf("defaults: %v", err)
	}
	for want, change := range map[string]func(*influx.WriterConfig){
		"url":                   func(c *influx.WriterConfig) { c.URL = "tcp://influx:8086" },
		"password_file":         func(c *influx.WriterConfig) { c.Username = "gate" },
		"database":              func(c *influx.WriterConfig) { c.Database = `x"; DROP DATABASE y` },
		"workers":               func(c *influx.WriterConfig) { c.Workers = 17 },
		"batch_lines":           func(c *influx.WriterConfig) { c.BatchLines = 0 },
		"flush_interval":        func(c *influx.WriterConfig) { c.FlushInterval = -1 },
		"request_timeout":       func(c *influx.WriterConfig) { c.RequestTimeout = time.Hour },
		"retry_max":             func(c *influx.WriterConfig) { c.RetryMax = c.RetryMin - 1 },
		"retention.gate":        func(c *influx.WriterConfig) { c.Retention["gate"] = time.Hour },
		"retention.gate_access": func(c *influx.WriterConfig) { c.Retention["gate_access"] = time.Minute },
		"url,username": func(c *influx.WriterConfig) {
			c.URL, c.Username, c.PasswordFile, c.TokenFile = "http://u:secret@h", "u", "f", "g"
		},
	} {
		c := influx.DefaultWriterConfig()
		change(&c)
		_, err := influx.NewWriter(c, influx.WriterDeps{Sources: []influx.Source{newMemory()}, Log: zerolog.Nop()})
		if got := strings.Join(keys(err), ","); got != want {
			t.Errorf("faults %s, want %s", got, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("a password is shown: %v", err)
		}
	}
	r := influx.DefaultReaderConfig()
	r.LookBack, r.MaxRows, r.QueryTimeout = 0, 0, 0
	if got := strings.Join(keys(r.Validate()), ","); got != "look_back,max_rows,query_timeout" {
		t.Errorf("reader faults %s", got)
	}
	c := influx.DefaultWriterConfig()
	c.TokenFile = "/nowhere/token"
	if _, err := influx.NewWriter(c, influx.WriterDeps{Sources: []influx.Source{newMemory()}, Log: zerolog.Nop()}); err == nil || !strings.Contains(err.Error(), "token_file") {
		t.Errorf("missing token file: %v", err)
	}
}
