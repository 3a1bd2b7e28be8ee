package gateway

import "github.com/campusgate/campusgate/gateway/event"

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
