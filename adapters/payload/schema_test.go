package payload_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

const schemas = "../../configs/schemas"

// schemaOf names the schema of a channel: heartbeat and status are the same for all kinds.
func schemaOf(a payload.Address) string {
	switch a.Channel {
	case payload.ChannelHeartbeat, payload.ChannelStatus:
		return "any-" + a.Channel + ".json"
	}
	return string(a.Kind) + "-" + a.Channel + ".json"
}

// The schemas say what the adapters read: every good case is valid, every bad one is not.
// Cases named loose-… show what is read beyond the schema (words in capitals).
func TestSchemasAgreeWithCases(t *testing.T) {
	t.Parallel()
	compiler := jsonschema.NewCompiler()
	used := map[string]int{}
	for _, family := range []string{"gate", "temperature", "bus", "kitchen", "camera", "button"} {
		for _, c := range payloadtest.Load(t, filepath.Join("..", family, "testdata", "cases")) {
			a, err := payload.ParseTopic(c.Message.Topic)
			if err != nil || strings.HasPrefix(c.Name, "loose-") || !json.Valid(c.Message.Payload) {
				continue
			}
			switch c.Name {
			case "bad-site", "bad-kind", "bad-channel", "bad-utf8":
				continue // the fault is not one of the payload's structure
			}
			name := schemaOf(a)
			schema, err := compiler.Compile(filepath.Join(schemas, name))
			if err != nil {
				t.Fatal(err)
			}
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader(c.Message.Payload))
			if err != nil {
				t.Fatal(err)
			}
			used[name]++
			err = schema.Validate(value)
			if bad := strings.HasPrefix(c.Name, "bad-"); bad != (err != nil) {
				t.Errorf("%s/%s: %s says %v", family, c.Name, name, err)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(schemas, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no schemas: %v", err)
	}
	for _, file := range files {
		if used[filepath.Base(file)] == 0 {
			t.Errorf("no case for %s", file)
		}
	}
}
