package event

// RulesDocument is the name under which the command centre publishes the county's own
// rules, as the JSON of a RulesText.
const RulesDocument = "rules"

// RulesText carries a document of rules, which package rules reads. It stays the text that
// people wrote, with its comments and lines.
type RulesText struct {
	Text string `json:"text"` // YAML
}
