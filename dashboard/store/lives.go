package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/campusgate/campusgate/dashboard/availability/rollup"
	"github.com/campusgate/campusgate/dashboard/registry"
	"github.com/campusgate/campusgate/gateway/event"
)

// life takes in one change of the registry.
func life(out rollup.Lives, townships map[event.SiteID]string, kind, key, action string, at time.Time, before string) error {
	if kind == registry.KindSite {
		if action == registry.ActionDelete {
			var site event.Site
			if err := json.Unmarshal([]byte(before), &site); err != nil {
				return err
			}
			townships[event.SiteID(key)] = site.Township
		}
		return nil
	}
	site, id, ok := strings.Cut(key, "/")
	if !ok {
		return fmt.Errorf("%q is no device", key)
	}
	k := event.DeviceKey{Site: event.SiteID(site), Device: event.DeviceID(id)}
	if action == registry.ActionCreate {
		out[k] = append(out[k], rollup.Life{From: at})
		return nil
	}
	var d event.Device
	if err := json.Unmarshal([]byte(before), &d); err != nil {
		return err
	}
	if len(out[k]) == 0 {
		out[k] = append(out[k], rollup.Life{})
	}
	last := &out[k][len(out[k])-1]
	last.To, last.Device = at, &d
	return nil
}

// townships fills in where devices were that are not registered any more.
func (s *Store) townships(ctx context.Context, lives rollup.Lives, gone map[event.SiteID]string) error {
	rows, err := s.read.QueryContext(ctx, "SELECT key, doc FROM registry_entry WHERE kind = ?", registry.KindSite)
	if err != nil {
		return fmt.Errorf("read townships: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err says it
	for rows.Next() {
		var key, doc string
		var site event.Site
		if err := rows.Scan(&key, &doc); err != nil {
			return fmt.Errorf("read townships: %w", err)
		}
		if err := json.Unmarshal([]byte(doc), &site); err != nil {
			return fmt.Errorf("read registry entry %s: %w", key, err)
		}
		gone[event.SiteID(key)] = site.Township
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read townships: %w", err)
	}
	for k, of := range lives {
		for i := range of {
			of[i].Township = gone[k.Site]
		}
	}
	return nil
}
