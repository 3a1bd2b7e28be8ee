package inspection

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Algorithm is the version of Pick. A change of what Pick returns is a new version, and
// Verify must go on knowing the old ones.
const Algorithm = 1

// Limits of a draw.
const (
	MaxSeed       = 64    // bytes
	maxPopulation = 20000 // subjects
	maxDraw       = 500   // subjects: what is drawn is to be looked at by people
)

// Topic is what an inspection is about.
type Topic string

// The topics. Words are stored and sent: never rename.
const (
	Cameras  Topic = "camera"  // one camera
	Kitchens Topic = "kitchen" // the kitchen of a site
	Guards   Topic = "guard"   // guards and police post of a site
)

// Topics lists the topics.
func Topics() []Topic { return []Topic{Cameras, Kitchens, Guards} }

// Subject is what may be drawn: a device, or a whole site (Device empty).
type Subject struct {
	Township string         `json:"township"`
	Site     event.SiteID   `json:"site"`
	Device   event.DeviceID `json:"device"`
}

func compare(a, b Subject) int {
	return cmp.Or(cmp.Compare(a.Township, b.Township), cmp.Compare(a.Site, b.Site), cmp.Compare(a.Device, b.Device))
}

// line is how a subject is written where it is hashed. Names have neither tab nor newline.
func (s Subject) line() string {
	return s.Township + "\t" + string(s.Site) + "\t" + string(s.Device) + "\n"
}

// Stratum is a township in a draw.
type Stratum struct {
	Township   string `json:"township"`
	Population int    `json:"population"`
	Drawn      int    `json:"drawn"`
}

// Draw is a random draw with all that is needed to do it again.
type Draw struct {
	ID         string    `json:"id"`
	At         time.Time `json:"at"`
	By         string    `json:"by"`
	Topic      Topic     `json:"topic"`
	Algorithm  int       `json:"algorithm" doc:"Version of the rule by which seed and population give the result."`
	Seed       string    `json:"seed"`
	Given      bool      `json:"given" doc:"Somebody chose the seed; else the machine's random source did."`
	Size       int       `json:"size"`
	Townships  []string  `json:"townships" doc:"Which were drawn from; empty: all."`
	Note       string    `json:"note"`
	Digest     string    `json:"digest" doc:"SHA-256 of the population: one line township TAB site TAB device for each subject, sorted."`
	Strata     []Stratum `json:"strata"`
	Drawn      []Subject `json:"drawn"`
	Population []Subject `json:"population,omitempty" doc:"Sorted; left out of lists."`
}

// Population returns what may be drawn of a topic, sorted: of the sites that allows allows,
// in the townships (nil: all).
func Population(c *event.County, topic Topic, townships []string, allows func(event.SiteID) bool) []Subject {
	var out []Subject
	for i := range c.Sites {
		s := &c.Sites[i]
		if !allows(s.ID) || len(townships) > 0 && !slices.Contains(townships, s.Township) {
			continue
		}
		one := Subject{Township: strings.NewReplacer("\t", " ", "\n", " ").Replace(s.Township), Site: s.ID}
		switch topic {
		case Cameras:
			for j := range s.Devices {
				if s.Devices[j].Kind == event.KindCamera {
					one.Device = s.Devices[j].ID
					out = append(out, one)
				}
			}
		case Kitchens:
			if slices.ContainsFunc(s.Devices, func(d event.Device) bool { return d.Kind == event.KindKitchen }) {
				out = append(out, one)
			}
		case Guards:
			if s.Kind != event.SiteDepot && s.Kind != event.SiteCentre {
				out = append(out, one)
			}
		}
	}
	slices.SortFunc(out, compare)
	return out
}

// Digest names a sorted population.
func Digest(population []Subject) string {
	h := sha256.New()
	for _, s := range population {
		h.Write([]byte(s.line()))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Strata shares a draw of size among the townships of a sorted population: one each, and
// the rest by the method of Sainte-Laguë (the next goes where population / (2·drawn + 1) is
// greatest; the first by name of equals). An error says what sizes are possible.
func Strata(population []Subject, size int) ([]Stratum, error) {
	var out []Stratum
	for _, s := range population {
		if n := len(out); n == 0 || out[n-1].Township != s.Township {
			out = append(out, Stratum{Township: s.Township, Drawn: 1})
		}
		out[len(out)-1].Population++
	}
	switch most := min(len(population), maxDraw); {
	case len(population) == 0:
		return nil, &Invalid{"topic", "one of which there is something to draw here"}
	case len(population) > maxPopulation:
		return nil, &Invalid{"townships", fmt.Sprintf("fewer: at most %d can be drawn from, these have %d", maxPopulation, len(population))}
	case size < len(out) || size > most:
		return nil, &Invalid{"size", fmt.Sprintf("%d (one for each township) to %d", len(out), most)}
	}
	for left := size - len(out); left > 0; left-- {
		best := -1
		for i := range out {
			if s := &out[i]; s.Drawn < s.Population &&
				(best < 0 || s.Population*(2*out[best].Drawn+1) > out[best].Population*(2*s.Drawn+1)) {
				best = i
			}
		}
		out[best].Drawn++
	}
	return out, nil
}

// Pick draws. Within each township the subjects are put in the order of
//
//	SHA-256(seed LF topic LF township TAB site TAB device LF)
//
// and the first ones are taken, so that the result can be checked with any tool. The
// population must be sorted; the result is.
func Pick(seed string, topic Topic, population []Subject, strata []Stratum) []Subject {
	var out []Subject
	for at, i := 0, 0; i < len(strata); i++ {
		type ticket struct {
			hash [sha256.Size]byte
			Subject
		}
		tickets := make([]ticket, strata[i].Population)
		for j := range tickets {
			s := population[at+j]
			tickets[j] = ticket{sha256.Sum256([]byte(seed + "\n" + string(topic) + "\n" + s.line())), s}
		}
		at += strata[i].Population
		slices.SortFunc(tickets, func(a, b ticket) int { return bytes.Compare(a.hash[:], b.hash[:]) })
		for _, t := range tickets[:strata[i].Drawn] {
			out = append(out, t.Subject)
		}
	}
	slices.SortFunc(out, compare)
	return out
}

// Verdict says what became of checking a draw.
type Verdict struct {
	OK         bool   `json:"ok" doc:"All of the following but present hold."`
	Algorithm  bool   `json:"algorithm" doc:"Its version is known."`
	Digest     bool   `json:"digest" doc:"The recorded population has the recorded digest."`
	Result     bool   `json:"result" doc:"Seed and population give the recorded result."`
	Recomputed string `json:"recomputed" doc:"Digest of the recorded population."`
	Present    bool   `json:"present" doc:"The registry would give the same population today."`
}

// Verify does a draw again. present is today's population.
func Verify(d *Draw, present []Subject) Verdict {
	v := Verdict{Algorithm: d.Algorithm == Algorithm, Recomputed: Digest(d.Population), Present: slices.Equal(d.Population, present)}
	v.Digest = v.Recomputed == d.Digest && slices.IsSortedFunc(d.Population, compare)
	strata, err := Strata(d.Population, d.Size)
	v.Result = err == nil && slices.Equal(strata, d.Strata) && slices.Equal(Pick(d.Seed, d.Topic, d.Population, strata), d.Drawn)
	v.OK = v.Algorithm && v.Digest && v.Result
	return v
}
