package detect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
)

// named are "s3/<prefix><from>" to "s3/<prefix><to>".
func named(prefix string, from, to int) []string {
	var names []string
	for i := from; i <= to; i++ {
		names = append(names, fmt.Sprintf("s3/%s%d", prefix, i))
	}
	return names
}

// shown are the anomalies that stand for themselves at some time, as told writes them, and
// their clearing.
func shown(out []event.Anomaly) []string {
	var own []event.Anomaly
	for _, a := range out {
		if a.CausedBy == "" {
			own = append(own, a)
		}
	}
	return told(own)
}

func TestTree(t *testing.T) {
	t.Parallel()
	switched := []string{"s3/cn1", "s3/k1", "s3/t1"}
	behind := append(named("ca", 1, 6), switched...)
	rest := append(named("cb", 1, 6), "s3/g1", "s3/g2", "s3/gw")
	for _, c := range []struct {
		name  string
		steps []step
		want  []string
	}{
		{
			name: "the recorder that reports explains its channels",
			steps: script(beats("09:00", "10:00", time.Minute, append(rest, "s3/k1", "s3/t1")...),
				beats("09:00", "09:10", time.Minute, append(named("ca", 1, 6), "s3/cn1")...), until("10:00")),
			want: []string{"09:12:41 raised camera_down s3/cn1 215 x1"},
		},
		{
			name: "it is back, and its channels a little later",
			steps: script(beats("09:00", "10:00", time.Minute, append(rest, "s3/k1", "s3/t1")...),
				beats("09:00", "09:10", time.Minute, append(named("ca", 1, 6), "s3/cn1")...),
				beats("09:30", "10:00", time.Minute, "s3/cn1"), beats("09:30:30", "10:00", time.Minute, named("ca", 1, 6)...)),
			want: []string{
				"09:12:41 raised camera_down s3/cn1 215 x1",
				"09:31:00 cleared camera_down s3/cn1 215 x1",
			},
		},
		{
			name: "it is back, and half of its channels are not",
			steps: script(beats("09:00", "10:00", time.Minute, append(rest, "s3/k1", "s3/t1")...),
				beats("09:00", "09:10", time.Minute, append(named("ca", 1, 6), "s3/cn1")...),
				beats("09:30", "10:00", time.Minute, "s3/cn1"), beats("09:30:30", "10:00", time.Minute, named("ca", 1, 2)...)),
			want: []string{
				"09:12:41 raised camera_down s3/cn1 215 x1",
				"09:31:00 updated camera_mass_outage s3/ 6 x6",
				"09:31:00 cleared camera_down s3/cn1 215 x1",
				"09:31:00 updated camera_mass_outage s3/ 4 x6",
			},
		},
		{
			name: "a recorder that lives explains nothing",
			steps: script(beats("09:00", "10:00", time.Minute, append(rest, switched...)...),
				beats("09:00", "09:10", time.Minute, named("ca", 1, 6)...), until("09:20")),
			want: []string{"09:12:09 raised camera_mass_outage s3/ 5 x5", "09:12:40 updated camera_mass_outage s3/ 6 x6"},
		},
		{
			name: "all on a switch that does not report, and what hangs below it",
			steps: script(beats("09:00", "10:00", time.Minute, rest...),
				beats("09:00", "09:10", time.Minute, behind...), until("09:20")),
			want: []string{"09:12:12 raised switch_outage s3/sw 2 x3", "09:12:43 updated switch_outage s3/sw 3 x3"},
		},
		{
			name: "all on a recorder that does not report, by different periods",
			steps: script(beats("09:00", "10:00", time.Minute, append(slices.Clone(behind), "s3/g1", "s3/g2", "s3/gw")...),
				beats("09:00", "09:10", 20*time.Second, named("cb", 1, 3)...), beats("09:00", "09:10", time.Minute, named("cb", 4, 6)...), until("09:20")),
			want: []string{"09:12:06 raised switch_outage s3/nvr2 2 x6", "09:12:37 updated switch_outage s3/nvr2 3 x6", "09:13:15 updated switch_outage s3/nvr2 6 x6"},
		},
		{
			name: "one of it lives",
			steps: script(beats("09:00", "10:00", time.Minute, append(behind, "s3/g1", "s3/g2", "s3/gw", "s3/cb6")...),
				beats("09:00", "09:10", time.Minute, named("cb", 1, 3)...), until("09:20")),
			want: []string{
				"09:12:35 raised camera_down s3/cb1 215 x1", "09:12:36 raised camera_down s3/cb2 215 x1", "09:12:37 raised camera_down s3/cb3 215 x1",
			},
		},
		{
			name: "the switch is back, one camera is not",
			steps: script(beats("09:00", "10:00", time.Minute, append(behind, "s3/g1", "s3/g2", "s3/gw")...),
				beats("09:00", "09:10", time.Minute, named("cb", 1, 6)...), beats("09:30", "10:00", time.Minute, named("cb", 2, 6)...)),
			want: []string{
				"09:12:06 raised switch_outage s3/nvr2 2 x6",
				"09:12:37 updated switch_outage s3/nvr2 6 x6",
				"09:31:02 updated camera_down s3/cb1 215 x1",
				"09:31:02 cleared switch_outage s3/nvr2 1 x6",
			},
		},
		{
			name: "the gateway explains what goes with it, and nothing later",
			steps: script(beats("09:00", "10:00", time.Minute, append(slices.Clone(behind), named("cb", 1, 6)...)...),
				beats("09:00", "09:10", time.Minute, "s3/gw", "s3/g1"),
				beats("09:00", "09:30", time.Minute, "s3/g2"), until("09:50")),
			want: []string{"09:12:35 raised device_silent s3/gw 215 x1", "09:32:35 raised device_silent s3/g2 215 x1"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out := play(newEngine(t, detect.DefaultConfig()), c.steps)
			checkStream(t, out)
			if got := shown(out); !slices.Equal(got, c.want) {
				t.Errorf("got\n\t%s\nwant\n\t%s\nall\n\t%s", strings.Join(got, "\n\t"), strings.Join(c.want, "\n\t"), strings.Join(told(out), "\n\t"))
			}
		})
	}
}
