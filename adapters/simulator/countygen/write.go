package countygen

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	"github.com/campusgate/campusgate/gateway/event"
)

// The registries are written by hand and not by a YAML library: one line for each device
// keeps 2,700 of them readable, and their differences too.

func write(head string, c *event.County) []byte {
	var b bytes.Buffer
	b.WriteString(head)
	fmt.Fprintf(&b, "name: %s\nzone: %s\nsites:\n", text(c.Name), c.Zone)
	for i := range c.Sites {
		writeSite(&b, &c.Sites[i])
	}
	b.WriteString("routes:\n")
	for i := range c.Routes {
		writeRoute(&b, &c.Routes[i])
	}
	return b.Bytes()
}

func writeSite(b *bytes.Buffer, s *event.Site) {
	fmt.Fprintf(b, "  - id: %s\n    name: %s\n    kind: %s\n    township: %s\n", s.ID, text(s.Name), s.Kind, s.Township)
	fmt.Fprintf(b, "    lat: %s\n    lon: %s\n", degrees(s.Lat), degrees(s.Lon))
	if s.Pupils > 0 {
		fmt.Fprintf(b, "    pupils: %d\n", s.Pupils)
	}
	if s.PolicePost {
		b.WriteString("    police_post: true\n")
	}
	if h := hours(s.Hours); h != "" {
		fmt.Fprintf(b, "    hours: %s\n", h)
	}
	b.WriteString("    devices:\n")
	for i := range s.Devices {
		writeDevice(b, &s.Devices[i])
	}
}

func writeDevice(b *bytes.Buffer, d *event.Device) {
	fmt.Fprintf(b, "      - {id: %s, kind: %s, name: %s", d.ID, d.Kind, text(d.Name))
	for _, f := range []struct{ key, value string }{
		{"place", d.Place}, {"duty", d.Duty}, {"parent", string(d.Parent)}, {"plate", d.Plate}, {"route", d.Route},
	} {
		if f.value != "" {
			fmt.Fprintf(b, ", %s: %s", f.key, f.value)
		}
	}
	if d.Capacity > 0 {
		fmt.Fprintf(b, ", capacity: %d", d.Capacity)
	}
	b.WriteString("}\n")
}

func writeRoute(b *bytes.Buffer, r *event.Route) {
	fmt.Fprintf(b, "  - id: %s\n    name: %s\n    departures: [%s]\n    corridor_m: %g\n    line:\n",
		r.ID, text(r.Name), quoted(r.Departures), r.CorridorM)
	for _, p := range r.Line {
		fmt.Fprintf(b, "      - %s\n", point(p))
	}
	b.WriteString("    stops:\n")
	for _, s := range r.Stops {
		fmt.Fprintf(b, "      - {name: %s, point: %s, after_min: %g}\n", text(s.Name), point(s.Point), s.AfterMin)
	}
}

func text(t event.Text) string {
	return fmt.Sprintf("{zh: %s, en: %s}", t.ZH, t.EN)
}

func point(p event.Point) string {
	return fmt.Sprintf("{lat: %s, lon: %s}", degrees(p.Lat), degrees(p.Lon))
}

// degrees writes five places: a metre.
func degrees(v float64) string { return fmt.Sprintf("%.5f", v) }

func round(v float64) float64 { return math.Round(v*1e5) / 1e5 }

func hours(h event.Hours) string {
	var parts []string
	for _, f := range []struct{ key, value string }{
		{"open", h.Open},
		{"class_from", h.ClassFrom},
		{"class_to", h.ClassTo},
		{"lunch_from", h.LunchFrom},
		{"lunch_to", h.LunchTo},
		{"close", h.Close},
	} {
		if f.value != "" {
			parts = append(parts, fmt.Sprintf("%s: %q", f.key, f.value))
		}
	}
	if h.Days != nil {
		parts = append(parts, "days: ["+strings.Join(h.Days, ", ")+"]")
	}
	if parts == nil {
		return ""
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func quoted(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(out, ", ")
}
