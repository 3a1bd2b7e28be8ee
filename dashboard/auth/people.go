package auth

import (
	"context"

	"github.com/campusgate/campusgate/gateway/event"
)

// Workers lists the accounts that may work on alarms of a site, by name: those that are not
// disabled, are no inspector's, and have the site in their scope.
func (m *Manager) Workers(ctx context.Context, site event.SiteID) ([]Account, error) {
	all, err := m.store.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	var out []Account
	for _, a := range all {
		works := a.Role == Admin || a.Role == Operator || a.Role == Guard
		if works && !a.Disabled && NewScope(a.Scope).Allows(site) {
			a.Hash = ""
			out = append(out, a)
		}
	}
	return out, nil
}
