package guard

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Limits of what may be written, in characters.
const (
	maxName = 60
	maxText = 300
)

// VisitorEntry is what a guard writes down of a visitor.
type VisitorEntry struct {
	Name     string  `json:"name"`
	IDNumber string  `json:"id_number" required:"false"`
	Phone    string  `json:"phone" required:"false"`
	Reason   string  `json:"reason"`
	Host     string  `json:"host" doc:"Whom the visitor comes to see."`
	Celsius  float64 `json:"celsius" required:"false" doc:"0: not measured."`
	Items    string  `json:"items" required:"false" doc:"What the visitor brings in."`
	Plate    string  `json:"plate" required:"false"`
}

// Tidy takes away what people type around words.
func (v *VisitorEntry) Tidy() {
	for _, s := range []*string{&v.Name, &v.IDNumber, &v.Phone, &v.Reason, &v.Host, &v.Items} {
		*s = strings.TrimSpace(*s)
	}
	v.IDNumber, v.Plate = strings.ToUpper(v.IDNumber), Plate(v.Plate)
}

//nolint:gochecknoglobals // compiled once, never written
var (
	idForm    = regexp.MustCompile(`^[0-9A-Z]{6,20}$`)
	phoneForm = regexp.MustCompile(`^\+?[0-9 -]{5,20}$`)
	numbers   = regexp.MustCompile(`[0-9]{11,}[Xx]?|1[3-9][0-9][ -][0-9]{4}[ -][0-9]{4}`)
)

// Check returns every fault of an entry that is tidy.
func (v *VisitorEntry) Check() error {
	return errors.Join(
		needed("name", v.Name, maxName), needed("reason", v.Reason, maxText), needed("host", v.Host, maxName),
		short("items", v.Items, maxText), short("plate", v.Plate, 16),
		fault(v.IDNumber == "" || idForm.MatchString(v.IDNumber), "id_number", "6 to 20 digits or letters, or nothing"),
		fault(v.Phone == "" || phoneForm.MatchString(v.Phone), "phone", "5 to 20 digits, or nothing"),
		fault(v.Celsius == 0 || v.Celsius >= 30 && v.Celsius <= 45, "celsius", "30 to 45 °C, or nothing"),
	)
}

// Masked hides what the screen does not need.
func (v VisitorEntry) Masked() VisitorEntry {
	v.Name, v.IDNumber, v.Phone = MaskName(v.Name), maskNumber(v.IDNumber), maskNumber(v.Phone)
	v.Host, v.Plate = MaskName(v.Host), maskPlate(v.Plate)
	v.Reason, v.Items = maskText(v.Reason), maskText(v.Items)
	return v
}

// The posts at which a guard or the police is on duty. Words are stored and sent.
const (
	PostArrival   = "arrival"
	PostDeparture = "departure"
	PostGate      = "gate" // the guard room, at any hour
)

// DutyEntry says who comes on duty where.
type DutyEntry struct {
	Person      string `json:"person"`
	Post        string `json:"post" enum:"arrival,departure,gate"`
	Police      bool   `json:"police" required:"false" doc:"An officer, who needs no guard's certificate."`
	Certificate string `json:"certificate" required:"false" doc:"Id of the record of the guard's certificate."`
}

// Check returns every fault.
func (d *DutyEntry) Check() error {
	return errors.Join(needed("person", d.Person, maxName),
		fault(slices.Contains([]string{PostArrival, PostDeparture, PostGate}, d.Post), "post", "arrival, departure or gate"))
}

// Masked hides the name.
func (d DutyEntry) Masked() DutyEntry {
	d.Person = MaskName(d.Person)
	return d
}

// CertificateEntry is a guard's certificate.
type CertificateEntry struct {
	Person  string `json:"person"`
	Number  string `json:"number"`
	Expires string `json:"expires" doc:"The last day on which it is valid, YYYY-MM-DD."`
}

// Masked hides the name and the number; the day and the record's id stay.
func (c CertificateEntry) Masked() CertificateEntry {
	c.Person, c.Number = MaskName(c.Person), maskNumber(c.Number)
	return c
}

const dayForm = "2006-01-02"

// Check returns every fault.
func (c *CertificateEntry) Check() error {
	_, err := time.Parse(dayForm, c.Expires)
	return errors.Join(needed("person", c.Person, maxName), needed("number", c.Number, maxName), fault(err == nil, "expires", "a day, YYYY-MM-DD"))
}

// Valid reports whether it covers local's day.
func (c *CertificateEntry) Valid(local time.Time) bool { return local.Format(dayForm) <= c.Expires }

// Plate writes a plate the one way in which plates are compared.
func Plate(s string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if r == ' ' || r == '·' || r == '-' || r == '.' {
			return -1
		}
		return r
	}, s))
}

// MaskName shows the first and the last character of a name, of two only the first.
func MaskName(s string) string {
	r := []rune(s)
	switch len(r) {
	case 0:
		return ""
	case 1, 2:
		return string(r[0]) + "*"
	}
	return string(r[0]) + strings.Repeat("*", min(len(r)-2, 8)) + string(r[len(r)-1])
}

// maskNumber shows the last four characters, of short numbers none.
func maskNumber(s string) string {
	n := len(s)
	if n < 8 {
		return strings.Repeat("*", n)
	}
	return strings.Repeat("*", n-4) + s[n-4:]
}

// maskPlate shows the first two and the last two characters, of what is too short for a
// plate only the first.
func maskPlate(s string) string {
	switch r := []rune(s); {
	case len(r) == 0:
		return ""
	case len(r) < 6:
		return string(r[0]) + strings.Repeat("*", len(r)-1)
	default:
		return string(r[:2]) + strings.Repeat("*", len(r)-4) + string(r[len(r)-2:])
	}
}

// maskText masks the phone and identity numbers in what somebody wrote: mobile numbers have
// 11 digits, identity numbers 15 or 18, of which the last may be X (GB 11643). Longer runs
// are masked as well: a number may follow a country's code or another number.
func maskText(s string) string { return numbers.ReplaceAllStringFunc(s, maskNumber) }

func fault(ok bool, field, want string) error {
	if ok {
		return nil
	}
	return &Invalid{field, want}
}

func needed(field, s string, limit int) error {
	return errors.Join(fault(s != "", field, "something written"), short(field, s, limit))
}

func short(field, s string, limit int) error {
	return fault(event.ValidLine(s, limit), field, fmt.Sprintf("at most %d characters on one line", limit))
}

// words joins what a record is found by.
func words(parts ...string) string { return strings.ToLower(strings.Join(parts, " ")) }
