package chirpstack

import (
	"fmt"
	"time"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/foreign"
	"github.com/campusgate/campusgate/gateway/event"
)

// known is what a name in a decoded object means.
type known struct {
	quantity  string
	unit      string
	low, high float64
}

// knownName looks up a name, given in small letters without '_' and '-'.
func knownName(name string) (known, bool) {
	switch name {
	case "temperature", "temp", "tempcsht", "temperaturesensor", "airtemperature", "ambienttemperature":
		return known{"", "°C", -273.15, 1000}, true
	case "tempcds", "probetemperature", "externaltemperature", "extemperature":
		return known{"probe", "°C", -273.15, 1000}, true
	case "humidity", "hum", "humsht", "humiditysensor", "relativehumidity", "airhumidity":
		return known{event.QuantityHumidity, "%", 0, 100}, true
	case "battery", "batterylevel", "batterypercent":
		return known{"battery", "%", 0, 100}, true
	case "batv", "batteryvoltage", "vbat":
		return known{"voltage", "V", 0, 1000}, true
	case "co2", "co2ppm":
		return known{"co2", "ppm", 0, 1e6}, true
	case "pressure", "barometer", "barometricpressure":
		return known{"pressure", "hPa", 0, 2000}, true
	case "illuminance", "illumination", "light", "illuminancesensor":
		return known{"illuminance", "lx", 0, 1e6}, true
	case "pm25":
		return known{"pm25", "µg/m³", 0, 1e5}, true
	case "tvoc":
		return known{"tvoc", "", 0, 1e6}, true
	case "gaslel":
		return known{event.QuantityGas, "%LEL", 0, 100}, true
	case "smoke", "smokealarm":
		return known{event.QuantitySmoke, "", 0, 100}, true
	case "contact", "door", "dooropen", "dooropenstatus":
		return known{"contact", "", 0, 1}, true
	case "leak", "waterleak", "waterleakstatus":
		return known{"water_leak", "", 0, 1}, true
	}
	return known{}, false
}

// plainName makes "TempC_SHT" and "tempc-sht" the same name; a name too long to be known is
// empty.
func plainName(key []byte) string {
	var room [32]byte
	b := room[:0]
	for _, c := range key {
		switch {
		case len(b) == len(room):
			return ""
		case c >= 'A' && c <= 'Z':
			b = append(b, c+'a'-'A')
		case c != '_' && c != '-' && c != ' ' && c != '.':
			b = append(b, c)
		}
	}
	return string(b)
}

// up reads what the codec made of a frame.
func (c *message) up(v *fastjson.Value, at time.Time, res time.Duration) error {
	before := len(c.Events)
	if o := v.Get("object"); o != nil && o.Type() == fastjson.TypeObject {
		if err := c.object(o, at, res); err != nil {
			return err
		}
	}
	if len(c.Events) == before {
		c.status(event.DeviceStatus{Status: event.StatusUp, Heartbeat: true}, at, res)
	}
	return nil
}

func (c *message) object(o *fastjson.Value, at time.Time, res time.Duration) error {
	members := o.GetObject()
	if members.Len() > payload.MaxItems {
		return fmt.Errorf(`field "object" has %d members, more than %d`, members.Len(), payload.MaxItems)
	}
	var fault error
	most := len(c.Events) + payload.MaxItems
	reading := func(key, channel string, k known, v *fastjson.Value) {
		if fault != nil || len(c.Events) >= most {
			return
		}
		n, ok, err := value(key, k, v)
		if err != nil {
			fault = err
		}
		if !ok {
			return
		}
		quantity := k.quantity
		if quantity == "" {
			quantity = foreign.Quantity(&c.Message)
		}
		if channel != "" {
			quantity = string(payload.CleanName(quantity + "-" + channel))
		}
		c.At(at, res)
		c.Reading(c.device, quantity, n, k.unit)
	}
	members.Visit(func(key []byte, v *fastjson.Value) {
		k, ok := knownName(plainName(key))
		if !ok {
			return
		}
		if v.Type() != fastjson.TypeObject {
			reading(string(key), "", k, v)
			return
		}
		first := true
		v.GetObject().Visit(func(channel []byte, v *fastjson.Value) {
			if first {
				reading(string(key), "", k, v)
			} else {
				reading(string(key), string(channel), k, v)
			}
			first = false
		})
	})
	return fault
}

// value reads one number; ok is false for what says that there is no measurement.
func value(key string, k known, v *fastjson.Value) (n float64, ok bool, err error) {
	switch v.Type() {
	case fastjson.TypeTrue:
		n = 1
	case fastjson.TypeFalse:
	case fastjson.TypeNumber, fastjson.TypeString:
		if n, ok = number(v); !ok {
			return 0, false, nil // "open", "unknown": a codec's own words
		}
	default:
		return 0, false, nil
	}
	if k.unit == "°C" && missingProbe(n) {
		return 0, false, nil
	}
	if n < k.low || n > k.high {
		return 0, false, fmt.Errorf("field %.80q: %.80q is out of range", key, v.String())
	}
	return n, true, nil
}

// missingProbe knows what a 16 bit temperature says when its probe is not there.
func missingProbe(n float64) bool {
	switch n {
	case 327.67, 327.6, 327.66, 3276.7, -327.68, -3276.8, -327.6:
		return true
	}
	return false
}
