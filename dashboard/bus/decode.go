package bus

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/campusgate/campusgate/gateway/event"
)

// decoder reads the bus form of events. It is not safe for concurrent use.
type decoder struct{}

func (d *decoder) event(data []byte) (*event.Event, error) {
	e := new(event.Event)
	if err := json.Unmarshal(data, e); err != nil {
		return nil, fmt.Errorf("read event: %w", err)
	}
	if err := check(e); err != nil {
		return nil, err
	}
	return e, nil
}

// check makes sure that the body the type names is there: those who follow rely on it.
func check(e *event.Event) error {
	ok := false
	switch e.Type {
	case event.TypeGateAccess:
		ok = e.Gate != nil
	case event.TypeTemperatureCheck:
		ok = e.Temperature != nil
	case event.TypeVehiclePosition:
		ok = e.Position != nil
	case event.TypeKitchenReading:
		ok = e.Reading != nil
	case event.TypeDeviceStatus:
		ok = e.Status != nil
	case event.TypeEmergencyCall:
		ok = e.Call != nil
	default:
		return fmt.Errorf("read event: unknown type %q", e.Type)
	}
	if !ok {
		return fmt.Errorf("read event: no body of type %s", e.Type)
	}
	if e.ID == "" || e.Site == "" || e.Device == "" {
		return errors.New("read event: no id, site or device")
	}
	return nil
}
