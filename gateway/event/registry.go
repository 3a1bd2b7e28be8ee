package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
)

// RegistryDocument is the name under which the command centre publishes the County as JSON.
const RegistryDocument = "registry"

// maxFaultText is how much of a faulty registry's errors is told, in bytes: a wrong file
// may have thousands.
const maxFaultText = 4096

// Registry holds the present County for those who must follow its changes. A County that
// was read from it stays as it is.
type Registry struct{ county atomic.Pointer[County] }

// NewRegistry holds an indexed county.
func NewRegistry(c *County) *Registry {
	var r Registry
	r.county.Store(c)
	return &r
}

// County returns the present one.
func (r *Registry) County() *County { return r.county.Load() }

// Set puts another indexed county in its place, at once and for everybody.
func (r *Registry) Set(c *County) { r.county.Store(c) }

// UnassignedAddress is the adapter word of addresses that adoption writes: by
// "unassigned:<device>" what came in under CountySite as that device is one of the registry.
const UnassignedAddress = "unassigned"

// Adopted returns the device that was taken in under CountySite by another id.
func (c *County) Adopted(device DeviceID) (DeviceKey, bool) {
	return c.ByAddress(UnassignedAddress, string(device))
}

// ParseCounty reads and indexes a County from JSON. Keys that this version does not know
// are left out: the command centre may be newer.
func ParseCounty(doc []byte) (*County, error) {
	var c County
	if err := json.Unmarshal(doc, &c); err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	if err := c.Index(); err != nil {
		text := err.Error()
		if len(text) > maxFaultText {
			text = fmt.Sprintf("%.*s … (%d bytes of faults)", maxFaultText, text, len(text))
		}
		return nil, errors.New("registry: " + text)
	}
	return &c, nil
}
