package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/adapters"
	"github.com/campusgate/campusgate/adapters/dahua"
	"github.com/campusgate/campusgate/adapters/gb28181"
	"github.com/campusgate/campusgate/adapters/hikvision"
	"github.com/campusgate/campusgate/adapters/jt808"
	"github.com/campusgate/campusgate/adapters/mapping"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/probe"
	"github.com/campusgate/campusgate/adapters/zkteco"
	"github.com/campusgate/campusgate/cmd/campusgate/config"
	"github.com/campusgate/campusgate/gateway"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/ingest"
)

// decoders are the built-in adapters and those that the configuration describes.
func decoders(cfg config.Config) ([]adapters.Decoder, error) {
	all := adapters.All()
	for i, m := range cfg.Mappings {
		d, err := mapping.New(m)
		if err != nil {
			return nil, event.Under(fmt.Sprintf("mappings[%d]", i), err)
		}
		for _, other := range all {
			if other.Name() == d.Name() {
				return nil, &event.Fault{Key: fmt.Sprintf("mappings[%d].name", i), Value: fmt.Sprintf("%q", d.Name()), Want: "a name that no other adapter has"}
			}
		}
		all = append(all, d)
	}
	return all, nil
}

// gatewayDeps gives a gateway what it may not know by itself: the adapters.
func gatewayDeps(cfg config.Config, county *event.County, log zerolog.Logger) (gateway.Deps, error) {
	all, err := decoders(cfg)
	if err != nil {
		return gateway.Deps{}, err
	}
	live := event.NewRegistry(county)
	deps := gateway.Deps{County: county, Live: live, Log: log, Version: version, Registry: prometheus.NewRegistry(), Resolve: resolver(live)}
	for _, d := range all {
		if a, asks := d.(payload.Asker); asks {
			deps.Decoders = append(deps.Decoders, asker{decoder{d}, a})
			continue
		}
		deps.Decoders = append(deps.Decoders, decoder{d})
	}
	deps.Listeners = func(deliver gateway.Deliver) ([]gateway.Listener, error) {
		l := listeners{deliver: deliver, live: live, log: log, metrics: deps.Registry}
		return l.all(cfg.Listeners)
	}
	return deps, nil
}

// resolver finds devices by their addresses; one that the registry does not know is taken
// in under the county.
func resolver(live *event.Registry) func(adapter, address string) (event.SiteID, event.DeviceID) {
	return func(adapter, address string) (event.SiteID, event.DeviceID) {
		if key, ok := live.County().ByAddress(adapter, address); ok {
			return key.Site, key.Device
		}
		return payload.Unassigned(adapter, address)
	}
}

// decoder lets an adapter read what ingest hands it: the core may not know the adapters.
type decoder struct{ adapters.Decoder }

// Decode passes the message on.
func (d decoder) Decode(dst []event.Event, m ingest.Message, clock event.Clock) ([]event.Event, error) {
	return d.Decoder.Decode(dst, adapters.Message(m), clock)
}

// asker is the decoder of an adapter that asks devices.
type asker struct {
	decoder
	payload.Asker
}

// Ask passes the message on.
func (a asker) Ask(m ingest.Message) (topic string, question []byte, ask bool) {
	return a.Asker.Ask(adapters.Message(m))
}

// listeners makes the listeners that the configuration enables.
type listeners struct {
	deliver gateway.Deliver
	live    *event.Registry
	log     zerolog.Logger
	metrics prometheus.Registerer
}

func (l listeners) deps(adapter string) payload.ListenerDeps {
	return payload.ListenerDeps{
		Deliver: func(ctx context.Context, messages ...payload.Message) error {
			handed := make([]ingest.Message, len(messages))
			for i, m := range messages {
				handed[i] = ingest.Message(m)
			}
			return l.deliver(ctx, adapter, handed...)
		},
		Resolve: func(address string) (event.SiteID, event.DeviceID, bool) {
			county := l.live.County()
			key, ok := county.ByAddress(adapter, address)
			if !ok { // a device that was adopted is known by the name that it came in under
				_, device := payload.Unassigned(adapter, address)
				key, ok = county.Adopted(device)
			}
			return key.Site, key.Device, ok
		},
		Now: time.Now, Log: l.log.With().Str("component", adapter).Logger(), Metrics: l.metrics,
	}
}

// all makes them in the order of the configuration, and returns every fault.
func (l listeners) all(cfg config.Listeners) ([]gateway.Listener, error) {
	var made []gateway.Listener
	var faults []error
	add := func(enabled bool, adapter string, build func(payload.ListenerDeps) (payload.Listener, error)) {
		if !enabled {
			return
		}
		listener, err := build(l.deps(adapter))
		if err != nil {
			faults = append(faults, event.Under(adapter, err))
			return
		}
		made = append(made, gateway.Listener{Name: adapter, Component: listener})
	}
	add(cfg.JT808.Enabled, "jt808", func(d payload.ListenerDeps) (payload.Listener, error) {
		return jt808.NewListener(cfg.JT808.Config, d)
	})
	add(cfg.GB28181.Enabled, "gb28181", func(d payload.ListenerDeps) (payload.Listener, error) {
		return gb28181.NewListener(cfg.GB28181.Config, d)
	})
	add(cfg.Hikvision.Enabled, "hikvision", func(d payload.ListenerDeps) (payload.Listener, error) {
		return hikvision.NewListener(cfg.Hikvision.Config, d)
	})
	add(cfg.Dahua.Enabled, "dahua", func(d payload.ListenerDeps) (payload.Listener, error) {
		return dahua.NewListener(cfg.Dahua.Config, d)
	})
	add(cfg.ZKTeco.Enabled, "zkteco", func(d payload.ListenerDeps) (payload.Listener, error) {
		return zkteco.NewListener(cfg.ZKTeco.Config, d)
	})
	add(cfg.Probe.Enabled, "probe", func(d payload.ListenerDeps) (payload.Listener, error) {
		return probe.NewListener(cfg.Probe.Config, d)
	})
	return made, errors.Join(faults...)
}
