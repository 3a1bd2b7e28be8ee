package detect

import (
	"slices"

	"github.com/campusgate/campusgate/gateway/event"
)

// outageID is the id of the site's outage, empty when there is none or it is ending.
func (s *site) outageID() string {
	if o := s.find(groupRule(outage)); o != nil && !s.ending {
		return o.ID
	}
	return ""
}

// massCause is the id of the anomaly that explains a mass outage of cameras: the site's
// outage, or that of the one switch or recorder on which all of them hang.
func (s *site) massCause(c *census) string {
	if id := s.outageID(); id != "" {
		return id
	}
	var common []string
	for i, d := range slices.DeleteFunc(slices.Clone(c.members), func(d *device) bool { return d.lost == present }) {
		above := d.above()
		if i == 0 {
			common = above
			continue
		}
		common = slices.DeleteFunc(common, func(id string) bool { return !slices.Contains(above, id) })
	}
	if len(common) == 0 {
		return ""
	}
	return common[0]
}

// explainMass brings a mass outage of cameras under what explains it, or out of it.
func (s *site) explainMass() {
	a := s.find(groupRule(mass))
	if a == nil {
		return
	}
	c := s.members(mass)
	id := s.massCause(c)
	if id == "" && a.CausedBy != "" && s.mostBack(mass, c) {
		s.dissolve(mass, c) // what is left of it need not be told as one
		return
	}
	if a.CausedBy != id {
		a.CausedBy, a.EventID = id, ""
		s.engine.change(&s.node, a, event.Updated)
	}
}
