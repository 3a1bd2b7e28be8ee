package config

import (
	"fmt"
	"regexp"

	"github.com/goccy/go-yaml"
)

// Hidden stands where a secret was.
const Hidden = "(hidden)"

// Shown is settings as YAML for people to read. Secrets are in files, of which it shows the
// names; what could still be one hides here: credentials in addresses, and values of keys that
// are called after secrets.
func Shown(settings any) (string, error) {
	text, err := yaml.Marshal(settings)
	if err != nil {
		return "", fmt.Errorf("show settings: %w", err)
	}
	for _, hide := range []struct{ find, put string }{
		{`(://)[^/@\s"']*@`, "${1}" + Hidden + "@"},
		{`(?i)([?&][a-z_]*(?:key|token|secret|sign|password)[a-z_]*=)[^&\s"']+`, "${1}" + Hidden},
		{`(?im)^(\s*(?:- )?[a-z_]*(?:password|token|secret|api_key)\s*:[ \t]*)(?:[^\s"'].*|"[^"\n].*|'[^'\n].*)$`, "${1}" + Hidden},
	} {
		text = regexp.MustCompile(hide.find).ReplaceAll(text, []byte(hide.put))
	}
	return string(text), nil
}
