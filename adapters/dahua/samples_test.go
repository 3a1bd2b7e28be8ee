package dahua_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/dahua"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

// TestSamples reads messages of real devices to what their sources say they mean.
func TestSamples(t *testing.T) {
	t.Parallel()
	payloadtest.Samples(t, dahua.New(), "dahua_access", "dahua/d1", map[string]string{
		"001_batch_offline_json.json":    "gate d1 backfill 2023-11-14T22:13:20Z in face granted REDACTED_USER_ID/; ",
		"003_eventmanager_multiline.txt": "gate d1 in manual granted 1011/; ",
		"005_breakin.txt":                "gate d1 2026-09-29T20:50:00Z in manual forced /; ",
		"007_no_time.txt":                "gate d1 in manual granted 1001/; ",
		"009_nested_quotes.txt":          "gate d1 in card granted /000ABC; ",
		"011_cardrec_cgi.txt":            "gate d1 #1 36.5 normal; gate d1 #1 in face granted /; ",
	})
}
