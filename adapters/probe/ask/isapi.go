package ask

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/campusgate/campusgate/adapters/payload/recording"
)

// Bounds of a search.
const (
	searchPage  = 64
	maxPages    = 50
	maxSpans    = searchPage * maxPages
	isapiSearch = "/ISAPI/ContentMgmt/search"
)

// Recorded asks a Hikvision recorder for the recordings of a track in a span of time, oldest
// first as it lists them. Recorders write their local time with a Z: zone is theirs, and
// times go out and come in as its clock shows them; use UTC for one that means its Z.
func (w *Web) Recorded(ctx context.Context, base *url.URL, a Access, track int, span recording.Span, zone *time.Location) ([]recording.Span, *Fault) {
	address := *base
	address.Path = strings.TrimSuffix(address.Path, "/") + isapiSearch
	address.RawPath = ""
	var found []recording.Span
	id := searchID()
	for page, position := 0, 0; page < maxPages; page++ {
		got, f := w.do(ctx, http.MethodPost, &address, "application/xml; charset=utf-8", searchBody(id, track, span, zone, position), a, maxXML)
		if f != nil {
			return nil, f
		}
		result, f := readSearch(got.body, zone)
		if f != nil {
			return nil, f
		}
		found = append(found, result.spans...)
		if !result.more || result.matches == 0 {
			return found, nil
		}
		position += result.matches
	}
	return nil, fault(TooLarge, "more than %d recordings", maxSpans)
}

// searchID is a UUID, as the recorder wants it.
func searchID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it does not fail
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%X-%X-%X-%X-%X", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

const isapiTime = "2006-01-02T15:04:05Z"

func searchBody(id string, track int, span recording.Span, zone *time.Location, position int) []byte {
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="utf-8"?><CMSearchDescription><searchID>%s</searchID>`+
		`<trackIDList><trackID>%d</trackID></trackIDList><timeSpanList><timeSpan><startTime>%s</startTime><endTime>%s</endTime></timeSpan></timeSpanList>`+
		`<maxResults>%d</maxResults><searchResultPostion>%d</searchResultPostion>`+ // so spelt by the maker
		`<metadataList><metadataDescriptor>//recordType.meta.std-cgi.com</metadataDescriptor></metadataList></CMSearchDescription>`,
		id, track, span.From.In(zone).Format(isapiTime), span.To.In(zone).Format(isapiTime), searchPage, position)
}

// searchResult is one page of a CMSearchResult.
type searchResult struct {
	matches int
	more    bool
	spans   []recording.Span
}

// readSearch reads a CMSearchResult.
func readSearch(body []byte, zone *time.Location) (searchResult, *Fault) {
	var r searchResult
	status, answered, broken := "", false, ""
	var from string
	f := walk(body, func(path []string, text string) {
		answered = answered || path[0] == "CMSearchResult"
		switch {
		case ends(path, "CMSearchResult", "responseStatusStrg"):
			status = strings.ToUpper(text)
		case ends(path, "CMSearchResult", "numOfMatches"):
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 || n > maxSpans {
				broken = "numOfMatches " + text
				return
			}
			r.matches = n
		case ends(path, "timeSpan", "startTime"):
			from = text
		case ends(path, "timeSpan", "endTime"):
			span, ok := spanOf(from, text, zone)
			if !ok {
				broken = "timeSpan " + from + " to " + text
			} else if len(r.spans) < maxSpans {
				r.spans = append(r.spans, span)
			}
			from = ""
		case ends(path, "ResponseStatus", "statusString"):
			broken = "status " + text
		}
	})
	switch {
	case f != nil:
		return r, f
	case broken != "":
		return r, fault(Malformed, "%.80q", broken)
	case !answered:
		return r, fault(Malformed, "no CMSearchResult")
	case status == "MORE":
		r.more = true
	case status != "OK" && status != "NO MATCHES" && status != "":
		return r, fault(Status, "%.40q", status)
	}
	return r, nil
}

// spanOf reads two times: with a Z they are those of the recorder's clock, with another
// offset they say it themselves.
func spanOf(from, to string, zone *time.Location) (recording.Span, bool) {
	one := func(s string) (time.Time, bool) {
		for _, layout := range []string{isapiTime, "2006-01-02T15:04:05"} {
			if t, err := time.ParseInLocation(layout, s, zone); err == nil {
				return t, true
			}
		}
		t, err := time.Parse(time.RFC3339, s)
		return t, err == nil
	}
	a, okA := one(from)
	b, okB := one(to)
	return recording.Span{From: a, To: b}, okA && okB && !b.Before(a)
}
