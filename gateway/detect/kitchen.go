package detect

import (
	"math"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

const (
	// Probes that are torn off or short read far outside what a kitchen can be (-127 and
	// 85 °C are the commonest); such a reading is no temperature.
	storePlausibleBelow = -60
	storePlausibleAbove = 60
	// kitchenRest is how long a value must be seen inside its limits to end an anomaly.
	kitchenRest = int64(time.Minute)
)

// reading judges one reading of a kitchen's sensor.
func (d *device) reading(o *observation, r *event.KitchenReading) {
	v, l := r.Value, d.limits
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	switch r.Quantity {
	case event.QuantityColdStore:
		if v < storePlausibleBelow || v > storePlausibleAbove {
			return
		}
		limit, h := l[coldStoreMax], l[coldStoreHysteresis]
		b := max(above(v, limit, h), above(-v, -l[coldStoreMin], h))
		if v < l[coldStoreMin] {
			limit = l[coldStoreMin]
		}
		d.follow(o, levelColdStore, b, l.minutes(coldStoreMinutes), kitchenRest,
			o.finding(coldStore).measured(v, limit, "°C"))
	case event.QuantityFreezer:
		if v < storePlausibleBelow || v > storePlausibleAbove {
			return
		}
		d.follow(o, levelFreezer, above(v, l[freezerMax], l[freezerHysteresis]), l.minutes(freezerMinutes), kitchenRest,
			o.finding(freezer).measured(v, l[freezerMax], "°C"))
	case event.QuantityGas:
		d.follow(o, levelGas, reaches(v, l[gasLEL], l[gasClear]), 0, kitchenRest,
			o.finding(gas).measured(v, l[gasLEL], "%LEL"))
	case event.QuantitySmoke:
		d.follow(o, levelSmoke, reaches(v, l[smokeLevel], l[smokeLevel]), 0, kitchenRest,
			o.finding(smoke).measured(v, l[smokeLevel], r.Unit))
	}
}

// reaches places a value that sounds from a limit up and is calm below another.
func reaches(value, limit, calm float64) band {
	switch {
	case value >= limit:
		return outside
	case value >= calm:
		return between
	}
	return inside
}
