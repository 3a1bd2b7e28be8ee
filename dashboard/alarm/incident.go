package alarm

// Rules of the alarms that this package raises by itself, for the site event.CountySite.
// Words are stored and sent: never rename.
const (
	RuleTownship = "township_outage" // device: the township
	RuleCounty   = "county_outage"
)
