package gateway

import (
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/ingest"
)

// setRegistry puts the registry that the command centre has published in force: for new
// messages and addresses at once, for the detectors before their next event. A faulty one
// changes nothing.
func (g *Gateway) setRegistry(doc []byte) error {
	county, err := event.ParseCounty(doc)
	if err != nil {
		return err
	}
	if err := g.detector.setCounty(county); err != nil {
		return err
	}
	g.deps.Live.Set(county)
	g.ingest.RegistryChanged()
	return nil
}

// adopting gives the events of a device that was adopted to the device that it became:
// whatever the adapter, and also for what the device's protocol has no address.
type adopting struct {
	ingest.Decoder
	live *event.Registry
}

// Decode passes the message on.
func (a adopting) Decode(dst []event.Event, m ingest.Message, clock event.Clock) ([]event.Event, error) {
	from := len(dst)
	events, err := a.Decoder.Decode(dst, m, clock)
	for i := from; err == nil && i < len(events); i++ {
		e := &events[i]
		if e.Site != event.CountySite {
			continue
		}
		if key, ok := a.live.County().Adopted(e.Device); ok {
			e.Site, e.Device = key.Site, key.Device
		}
	}
	return events, err
}

// adoptingAsker is one that asks devices as well.
type adoptingAsker struct {
	adopting
	ingest.Asker
}

// adoptable wraps the decoders.
func (g *Gateway) adoptable() []ingest.Decoder {
	all := make([]ingest.Decoder, 0, len(g.deps.Decoders))
	for _, d := range g.deps.Decoders {
		a := adopting{d, g.deps.Live}
		if asker, asks := d.(ingest.Asker); asks {
			all = append(all, adoptingAsker{a, asker})
			continue
		}
		all = append(all, a)
	}
	return all
}
