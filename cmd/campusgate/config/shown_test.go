package config_test

import (
	"strings"
	"testing"

	"github.com/campusgate/campusgate/cmd/campusgate/config"
)

func TestShownHasNoSecrets(t *testing.T) {
	t.Parallel()
	text, err := config.Shown(struct {
		URL      string            `yaml:"url"`
		Webhook  string            `yaml:"webhook"`
		Password string            `yaml:"password"`
		Token    string            `yaml:"token"`
		File     string            `yaml:"password_file"`
		Headers  map[string]string `yaml:"headers"`
	}{
		"nats://user:leak-1@bus:4222", "https://example.org/send?access_token=leak-2&x=1", "leak-3", "leak: \"4\"", "/run/secrets/bus", map[string]string{"x_secret": "leak-5"},
	})
	if err != nil || strings.Contains(text, "leak") {
		t.Errorf("%v:\n%s", err, text)
	}
	for _, want := range []string{"/run/secrets/bus", "bus:4222", "&x=1", config.Hidden} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestDefaultsAreShownWhole(t *testing.T) {
	t.Parallel()
	text, err := config.Shown(config.Default())
	if err != nil || !strings.Contains(text, "alarm_retention: 26280h0m0s") || strings.Contains(text, config.Hidden) {
		t.Errorf("%v:\n%s", err, text)
	}
}
