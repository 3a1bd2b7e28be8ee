package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/campusgate/campusgate/gateway/event"
)

// Acknowledger is a listener whose devices keep an alarm up until they are told that
// somebody has acknowledged it.
type Acknowledger interface {
	// AcknowledgeRule tells the device with that address that the alarm of a rule is
	// acknowledged. It fails when the device is away, or keeps up no alarm of that rule.
	AcknowledgeRule(address, rule string) error
}

// AcknowledgeQuery names the alarm that somebody has acknowledged.
type AcknowledgeQuery struct {
	Site   event.SiteID   `json:"site"`
	Device event.DeviceID `json:"device"`
	Rule   string         `json:"rule"`
}

// AcknowledgeResult says whether a device of this gateway was told.
type AcknowledgeResult struct {
	Told bool `json:"told"`
}

// Acknowledge tells a device that somebody has acknowledged its alarm. A device that is not
// this gateway's is none of its business; the error says why one that is was not told.
func (g *Gateway) Acknowledge(q AcknowledgeQuery) (AcknowledgeResult, error) {
	var result AcknowledgeResult
	var faults []error
	for _, l := range g.listen {
		told, ok := l.Component.(Acknowledger)
		if !ok {
			continue
		}
		for _, address := range addresses(g.deps.Live.County(), l.Name, q.Site, q.Device) {
			if err := told.AcknowledgeRule(address, q.Rule); err != nil {
				faults = append(faults, fmt.Errorf("tell %s/%s that %s is acknowledged: %w", q.Site, q.Device, q.Rule, err))
				continue
			}
			result.Told = true
		}
	}
	if result.Told {
		return result, nil
	}
	return result, errors.Join(faults...)
}

// addresses are those of a device in an adapter's protocol: as the registry has them, and
// as the device was named before it was adopted.
func addresses(county *event.County, adapter string, site event.SiteID, device event.DeviceID) (all []string) {
	if d := county.Device(site, device); d != nil {
		for _, a := range d.Addresses {
			switch word, address, _ := strings.Cut(a, ":"); word {
			case adapter:
				all = append(all, address)
			case event.UnassignedAddress:
				if address, ok := strings.CutPrefix(address, adapter+"-"); ok {
					all = append(all, address)
				}
			}
		}
	}
	if address, ok := strings.CutPrefix(string(device), adapter+"-"); ok && site == event.CountySite {
		all = append(all, address)
	}
	return all
}

func (g *Gateway) acknowledgeJSON(request []byte) ([]byte, error) {
	var q AcknowledgeQuery
	if err := unmarshal(request, &q); err != nil {
		return nil, err
	}
	result, err := g.Acknowledge(q)
	if err != nil {
		return nil, err
	}
	return json.Marshal(result)
}
