package auth

import (
	"context"
	"slices"

	"github.com/campusgate/campusgate/gateway/event"
)

// worksOnAlarms is what acknowledging an alarm needs.
const worksOnAlarms Permission = "alarms.work"

// Workers lists the accounts that may work on alarms of a site, by name: those that are not
// disabled, may acknowledge alarms, and have the site in their scope.
func (m *Manager) Workers(ctx context.Context, site event.SiteID) ([]Account, error) {
	all, err := m.store.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	var out []Account
	for _, a := range all {
		if a.Disabled || !m.Scope(a.Scope).Allows(site) {
			continue
		}
		may, err := m.Permissions(ctx, a.Role)
		if err != nil {
			return nil, err
		}
		if slices.Contains(may, worksOnAlarms) {
			a.Hash = ""
			out = append(out, a)
		}
	}
	return out, nil
}
