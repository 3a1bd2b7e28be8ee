package payload

import (
	"errors"
	"fmt"
	"strings"

	"github.com/campusgate/campusgate/gateway/event"
)

// Root is the first level of the topics of our own devices.
const Root = "campus"

// Address is what a topic says.
type Address struct {
	Site    event.SiteID
	Kind    event.Kind
	Device  event.DeviceID
	Channel string
}

// Topic is the topic of an address: campus/<site>/<kind>/<device>/<channel>.
func (a Address) Topic() string {
	return Root + "/" + string(a.Site) + "/" + string(a.Kind) + "/" + string(a.Device) + "/" + a.Channel
}

var errTopic = errors.New("topic is not campus/<site>/<kind>/<device>/<channel>")

// ParseTopic reads a topic of our own form. It does not check the names.
func ParseTopic(topic string) (Address, error) {
	root, rest, _ := strings.Cut(topic, "/")
	site, rest, _ := strings.Cut(rest, "/")
	kind, rest, _ := strings.Cut(rest, "/")
	device, channel, ok := strings.Cut(rest, "/")
	if root != Root || !ok || channel == "" || strings.Contains(channel, "/") {
		return Address{}, errTopic
	}
	return Address{Site: event.SiteID(site), Kind: event.Kind(kind), Device: event.DeviceID(device), Channel: channel}, nil
}

// address finds site, device and channel of a message. What the configured mapping set
// goes before what the topic says; a topic of a foreign form speaks of the family's main
// channel unless its last level names another one.
func (f *Family) address(m *Message) (Address, error) {
	a, err := ParseTopic(m.Topic)
	switch {
	case err == nil && a.Kind != f.Kind:
		return a, fmt.Errorf("topic: kind is %.80q, the adapter %q reads no other than its own", a.Kind, f.Kind)
	case err != nil && (m.Site == "" || m.Device == ""):
		return a, fmt.Errorf("%w, and no mapping says site and device", err)
	case err != nil:
		a.Channel = m.Topic[strings.LastIndexByte(m.Topic, '/')+1:]
		if f.channel(a.Channel) == nil {
			a.Channel = f.Channels[0].Name
		}
	}
	if m.Site != "" {
		a.Site = m.Site
	}
	if m.Device != "" {
		a.Device = m.Device
	}
	if !event.ValidName(string(a.Site)) {
		return a, fmt.Errorf("topic: site %.80q is not 1 to 64 of a-z, 0-9, '-', '_'", a.Site)
	}
	if !event.ValidName(string(a.Device)) {
		return a, fmt.Errorf("topic: device %.80q is not 1 to 64 of a-z, 0-9, '-', '_'", a.Device)
	}
	return a, nil
}
