// Package bench carries the settings of the bench's peer into the program.
package bench

import _ "embed"

//go:embed telegraf.conf
var telegraf string

// Telegraf is telegraf.conf.
func Telegraf() []byte { return []byte(telegraf) }
