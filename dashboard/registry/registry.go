package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Kinds of entries. They are stored: never rename.
const (
	KindCounty = "county" // name, zone and calendar; its key is "county"
	KindSite   = "site"
	KindDevice = "device"
	KindRoute  = "route"
	KindPerson = "person"
)

// Actions of the audit.
const (
	ActionSeed   = "seed"
	ActionCreate = "create"
	ActionUpdate = "update"
	ActionDelete = "delete"
	ActionReveal = "reveal" // somebody read a person's name
)

const countyKey = "county"

// Bounds of the registry.
const (
	maxEntries = 200_000 // of all kinds
	maxChanges = 100_000 // of one edit
)

// AnyRev lets a Change replace whatever is there; for imports.
const AnyRev = -1

// Entry is one thing of the registry.
type Entry struct {
	Kind string
	Key  string // site, site/device, route or person
	Rev  int64  // counts the changes of this entry, from 1
	At   time.Time
	By   string
	Doc  json.RawMessage // an event.Site without devices, event.Device, event.Route or Person
}

// Change is what somebody wants of one entry.
type Change struct {
	Kind string
	Key  string
	// Rev is the revision that was seen: 0 there must be none yet, AnyRev replaces.
	Rev int64
	Doc json.RawMessage // nil deletes
}

// Write is an entry as the store shall have it: a nil Doc is deleted.
type Write struct {
	Entry Entry
	Audit *Audit // nil: of a seed's many
}

// Audit says who did what. Names of people are masked in Before and After.
type Audit struct {
	N       int64           `json:"n"`
	Version int64           `json:"version"`
	At      time.Time       `json:"at"`
	By      string          `json:"by"`
	Action  string          `json:"action" enum:"seed,create,update,delete,reveal"`
	Kind    string          `json:"kind"`
	Key     string          `json:"key"`
	Rev     int64           `json:"rev"`
	Before  json.RawMessage `json:"before,omitempty"`
	After   json.RawMessage `json:"after,omitempty"`
}

// AuditQuery selects rows of the audit, the newest first.
type AuditQuery struct {
	Kind, Key string
	Before    int64 // number to go on below; 0: from the newest
	Limit     int
}

// Store keeps the registry.
type Store interface {
	Registry(ctx context.Context) (version int64, entries []Entry, err error)
	ApplyRegistry(ctx context.Context, version int64, at time.Time, writes []Write) error
	AuditRegistry(ctx context.Context, a Audit) error
	RegistryAudit(ctx context.Context, q AuditQuery) ([]Audit, error)
}

// ErrOvertaken says that another program has changed the database's registry meanwhile.
var ErrOvertaken = errors.New("the registry was changed by another program; start this one anew")

// Conflict says that somebody was faster.
type Conflict struct {
	Kind, Key string
	Rev       int64 // the present one, 0 when the entry is gone
	By        string
	At        time.Time
}

// Error says who was faster.
func (c *Conflict) Error() string {
	if c.Rev == 0 {
		return fmt.Sprintf("%s %s is not there any more", c.Kind, c.Key)
	}
	return fmt.Sprintf("%s %s was changed by %s at %s (revision %d)", c.Kind, c.Key, c.By, c.At.Format(time.RFC3339), c.Rev)
}

// Invalid is an edit that the registry refuses, with every fault that was found.
type Invalid struct{ Faults []Fault }

// Fault is one thing that is wrong with an edit.
type Fault struct {
	Kind  string     `json:"kind"`
	Key   string     `json:"key"`
	Field string     `json:"field"`
	Value string     `json:"value"`
	Want  event.Text `json:"want"`
}

// Error lists the faults, the first few of many.
func (i *Invalid) Error() string {
	lines := make([]string, 0, len(i.Faults))
	for n, f := range i.Faults {
		if n == 20 {
			lines = append(lines, fmt.Sprintf("and %d more", len(i.Faults)-n))
			break
		}
		lines = append(lines, f.Error())
	}
	return strings.Join(lines, "\n")
}

// Error says what is wrong in English.
func (f Fault) Error() string {
	return fmt.Sprintf("%s %s: %s: %q: want %s", f.Kind, f.Key, f.Field, f.Value, f.Want.EN)
}

// Person is somebody as events know them: a pseudonym. The name never leaves the database
// but for who asks for it and is written down.
type Person struct {
	ID   string       `json:"person"`
	Kind string       `json:"kind"` // pupil, staff, visitor or driver
	Site event.SiteID `json:"site"`
	// Class or group: "3-2", "kitchen".
	Class string `json:"class"`
	Name  string `json:"name"`
}

// Mask hides the middle of a name: 张*三.
func Mask(name string) string {
	r := []rune(name)
	switch len(r) {
	case 0:
		return ""
	case 1:
		return "*"
	case 2:
		return string(r[0]) + "*"
	}
	return string(r[0]) + strings.Repeat("*", min(len(r)-2, 4)) + string(r[len(r)-1])
}

// settings is the document of KindCounty.
type settings struct {
	Name     event.Text     `json:"name"`
	Zone     string         `json:"zone"`
	Calendar event.Calendar `json:"calendar"`
}

// DeviceEntryKey is the key of a device.
func DeviceEntryKey(site event.SiteID, device event.DeviceID) string {
	return string(site) + "/" + string(device)
}
