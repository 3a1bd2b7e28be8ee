package push

import (
	"net/http"
	"strings"
)

// Events is the protocol of families whose every request is an event: a device proves
// itself, and 200 means that it is kept.
func Events(name string) Protocol {
	return Protocol{
		Name:   name,
		Who:    (*Credentials).ByRequest,
		Refuse: (*Credentials).Challenge,
		Read: func(r *http.Request, who Credential, body []byte) (string, []byte, bool, string) {
			topic := strings.Join(append([]string{name, who.Address}, who.Words...), "/")
			// A device's own test of the way asks with GET or an empty body.
			return topic, WithoutPictures(body), r.Method != http.MethodGet && len(body) > 0, "OK"
		},
	}
}
