// Package rulebook keeps the county's own rules at the command centre: every version with
// its author, the check before one is taken, publication to all gateways, roll-back, and
// back-tests, one at a time.
//
// What a rule may say is the gateways' business: the language comes from outside.
package rulebook
