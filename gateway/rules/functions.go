package rules

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// Function is one of the county's functions in expressions.
type Function struct {
	Name      string
	Arguments []argument
	Result    string // "number", "true or false", "text"
	// Plain ones may stand in filters (on.only, count and the like) and in texts too.
	Plain   bool
	Doc     string
	Example string

	time bool // its result may change with the time of day alone
	// keep notes what the rule must keep for a call and returns its number, and the name of
	// the function that finds it; -1 when the call is wrong.
	keep func(v *visitor, said []*ast.StringNode) (string, int)
}

type argument struct {
	name     string
	constant bool // a text in quotes, known when the document is read
}

// Form is how the function is called: count("filter", "window").
func (f *Function) Form() string {
	args := make([]string, len(f.Arguments))
	for i, a := range f.Arguments {
		args[i] = a.name
		if a.constant {
			args[i] = `"` + a.name + `"`
		}
	}
	return f.Name + "(" + strings.Join(args, ", ") + ")"
}

// Functions lists the functions of expressions.
func Functions() []Function {
	over := func(what string) []argument { return []argument{{what, true}, {"window", true}} }
	number := func(name, doc, example string) Function {
		return Function{Name: name, Arguments: over("expression"), Result: "number", Doc: doc, Example: example, keep: keepWindow(name)}
	}
	return []Function{
		{
			Name: "count", Arguments: over("filter"), Result: "number", keep: keepWindow("count"),
			Doc:     "How many of the events that the rule has looked at within the window, this one among them, fulfil the filter.",
			Example: `count("gate.result == 'denied'", "10m") >= 20`,
		},
		{
			Name: "rate", Arguments: over("filter"), Result: "number", keep: keepWindow("rate"),
			Doc:     "The same per minute of the window.",
			Example: `rate("true", "5m") > 30`,
		},
		number("sum", "The sum of the expression over the events of the window; 0 when there are none.", `sum("status.latency_ms", "1h") > 60000`),
		number("avg", "The mean of the expression over the events of the window; no comparison holds when there are none.", `avg("reading.value", "30m") > 8`),
		number("min", "The least value of the expression within the window; no comparison holds when there are no events.", `min("reading.value", "1h") > 8`),
		number("max", "The greatest value of the expression within the window; no comparison holds when there are no events.", `max("reading.value", "1h") - min("reading.value", "1h") > 15`),
		{
			Name: "absence", Arguments: []argument{{"duration", true}}, Result: "true or false", keep: keepAbsence,
			Doc:     "Whether no event that the rule looks at came for so long. It becomes true by time alone; it is never true of a device (or site) that was never heard, nor of a time in which the gateway did not listen.",
			Example: `absence("30m") && in_hours("kitchen")`,
		},
		{
			Name: "previous", Arguments: []argument{{"expression", true}}, Result: "number", keep: keepBefore(false),
			Doc:     "The expression's value at the event before this one; no comparison holds at the first.",
			Example: `reading.value - previous("reading.value") > 5`,
		},
		{
			Name: "previous_text", Arguments: []argument{{"expression", true}}, Result: "text", keep: keepBefore(true),
			Doc:     "The text of the expression at the event before this one, empty at the first.",
			Example: `position.trip_state == "ended" && previous_text("position.trip_state") == "running"`,
		},
		{
			Name: "gap", Result: "number",
			Doc:     "Seconds between this event and the one before; no comparison holds at the first.",
			Example: `gap() > 600`,
		},
		{
			Name: "in_hours", Arguments: []argument{{"hours", true}}, Result: "true or false", Plain: true, time: true, keep: keepHours,
			Doc:     "Whether the site is within its hours by the registry and the calendar: class (pupils belong inside), open (gates are open) or kitchen (the kitchen is in service). False at sites that are not in the registry.",
			Example: `in_hours("class")`,
		},
		{Name: "school_day", Result: "true or false", Plain: true, time: true, Doc: "Whether today is a school day of the site.", Example: `!school_day()`},
		{Name: "exam_day", Result: "true or false", Plain: true, time: true, Doc: "Whether an examination is held at the site today.", Example: `exam_day()`},
		{
			Name: "inside", Arguments: []argument{{"fence", true}}, Result: "true or false", Plain: true, keep: keepFence,
			Doc:     "Whether the bus is inside a fence of the document, or a polygon written out as \"lat,lon lat,lon lat,lon\". False without a position.",
			Example: `inside("reservoir_road")`,
		},
		{
			Name: "distance", Arguments: []argument{{"lat", false}, {"lon", false}}, Result: "number", Plain: true,
			Doc:     "Metres from the bus to a point (WGS-84 degrees); no comparison holds without a position.",
			Example: `distance(30.051, 104.02) < 100`,
		},
		{
			Name: "distance_from_site", Result: "number", Plain: true,
			Doc:     "Metres from the bus to the place of its site; no comparison holds without a position or a registered site.",
			Example: `distance_from_site() > 30000`,
		},
		{
			Name: "off_route", Arguments: []argument{{"metres", false}}, Result: "true or false", Plain: true,
			Doc:     "Whether the bus is farther than this from its approved route. False without a position or a route.",
			Example: `off_route(500)`,
		},
	}
}

func functionNamed(name string) *Function {
	all := Functions()
	i := slices.IndexFunc(all, func(f Function) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return &all[i]
}
