package adapters_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestSamples runs our devices' adapter over the messages of real devices that lie beside
// the repository in ../shared/samples (make check-samples): none is taken for one of ours,
// each is refused with an error that says why. What the vendors' adapters make of them is
// checked in their own folders.
func TestSamples(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "shared", "samples")
	families, err := os.ReadDir(root)
	if err != nil {
		t.Skipf("no samples beside the repository: %v", err)
	}
	received := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	t.Logf("%-22s %8s %8s %8s", "family", "samples", "decoded", "refused")
	for _, family := range families {
		if !family.IsDir() {
			continue
		}
		files, err := filepath.Glob(filepath.Join(root, family.Name(), "*"))
		if err != nil {
			t.Fatal(err)
		}
		samples, decoded, refused := 0, 0, 0
		for _, file := range files {
			if strings.HasSuffix(file, ".md") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			samples++
			m := adapters.Message{Topic: "vendor/" + family.Name() + "/d1", Payload: text, Received: received}
			events, err := adapters.Campus().Decode(nil, m, event.Clock{})
			switch {
			case err == nil:
				decoded++
				t.Errorf("%s: taken for %d events of ours", file, len(events))
			case err.Error() == "":
				t.Errorf("%s: refused without a reason", file)
			default:
				refused++
			}
		}
		t.Logf("%-22s %8d %8d %8d", family.Name(), samples, decoded, refused)
	}
}
