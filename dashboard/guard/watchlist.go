package guard

import (
	"errors"
	"slices"
	"strings"
)

// WatchEntry is somebody to look out for.
type WatchEntry struct {
	Name        string `json:"name" required:"false"`
	IDNumber    string `json:"id_number" required:"false"`
	Plate       string `json:"plate" required:"false"`
	Instruction string `json:"instruction" doc:"What the guard is to do."`
}

// Tidy writes numbers the one way in which they are compared.
func (w *WatchEntry) Tidy() {
	w.Name, w.Instruction = strings.TrimSpace(w.Name), strings.TrimSpace(w.Instruction)
	w.IDNumber, w.Plate = strings.ToUpper(strings.TrimSpace(w.IDNumber)), Plate(w.Plate)
}

// Check returns every fault.
func (w *WatchEntry) Check() error {
	return errors.Join(fault(w.Name+w.IDNumber+w.Plate != "", "name", "a name, an id number or a plate"), needed("instruction", w.Instruction, maxText),
		short("name", w.Name, maxName), short("plate", w.Plate, 16), fault(w.IDNumber == "" || idForm.MatchString(w.IDNumber), "id_number", "6 to 20 digits or letters"))
}

// Hits reports whether a visitor is the one. With id numbers on both sides the numbers
// decide: another person may have the same name.
func (w *WatchEntry) Hits(v *VisitorEntry) bool {
	if w.Plate != "" && w.Plate == v.Plate {
		return true
	}
	if w.IDNumber != "" && v.IDNumber != "" {
		return w.IDNumber == v.IDNumber
	}
	return w.Name != "" && strings.EqualFold(w.Name, v.Name)
}

// Masked hides what the screen does not need.
func (w WatchEntry) Masked() WatchEntry {
	w.Name, w.IDNumber = MaskName(w.Name), maskNumber(w.IDNumber)
	return w
}

// CareEntry is what the guard of a gate has to mind of a pupil: a symbol for all to see,
// an instruction for whoever asks, and no diagnosis.
type CareEntry struct {
	Pupil       string `json:"pupil" required:"false" doc:"The pupil's pseudonym at the gate."`
	Name        string `json:"name"`
	Symbol      string `json:"symbol" enum:"escort,medical,handover,mobility"`
	Instruction string `json:"instruction"`
}

// Symbols lists the symbols of care.
func Symbols() []string { return []string{"escort", "medical", "handover", "mobility"} }

// Check returns every fault.
func (c *CareEntry) Check() error {
	return errors.Join(needed("name", c.Name, maxName), short("pupil", c.Pupil, 64), needed("instruction", c.Instruction, 120),
		fault(slices.Contains(Symbols(), c.Symbol), "symbol", "escort, medical, handover or mobility"))
}
