package inspection

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/campusgate/campusgate/gateway/event"
)

//go:embed sheets.json
var sheetsJSON []byte

// Sheet is a version of a topic's form. A version that was used is never changed: a new one
// is put behind it.
type Sheet struct {
	Topic   Topic      `json:"topic"`
	Version int        `json:"version"`
	Title   event.Text `json:"title"`
	Items   []Item     `json:"items"`
}

// Item is one question of a form.
type Item struct {
	Key    string     `json:"key"`
	Text   event.Text `json:"text"`
	Weight Weight     `json:"weight" doc:"Of a finding here, unless the inspector says otherwise."`
}

// Sheets returns every version of every form.
func Sheets() ([]Sheet, error) {
	var out []Sheet
	if err := json.Unmarshal(sheetsJSON, &out); err != nil {
		return nil, fmt.Errorf("read forms of inspections: %w", err)
	}
	return out, nil
}

func newest(sheets []Sheet, topic Topic) (Sheet, bool) {
	var best Sheet
	for _, s := range sheets {
		if s.Topic == topic && s.Version > best.Version {
			best = s
		}
	}
	return best, best.Version > 0
}

func (s *Sheet) item(key string) *Item {
	i := slices.IndexFunc(s.Items, func(i Item) bool { return i.Key == key })
	if i < 0 {
		return nil
	}
	return &s.Items[i]
}

// answered checks answers and puts them in the form's order; whole demands one for every item.
func (s *Sheet) answered(answers []Answer, whole bool) ([]Answer, int, error) {
	if len(answers) > len(s.Items) {
		return nil, 0, &Invalid{"answers", fmt.Sprintf("at most %d", len(s.Items))}
	}
	given := map[string]Answer{}
	for i, a := range answers {
		at := fmt.Sprintf("answers[%d]", i)
		item := s.item(a.Item)
		_, twice := given[a.Item]
		switch {
		case item == nil || twice:
			return nil, 0, &Invalid{at + ".item", "an item of the form, once"}
		case a.Result != Good && a.Result != Bad && a.Result != None:
			return nil, 0, &Invalid{at + ".result", "one of pass, fail, na"}
		case a.Result != Bad:
			a.Weight = ""
		case a.Weight == "":
			a.Weight = item.Weight
		case !a.Weight.valid():
			return nil, 0, &Invalid{at + ".weight", "one of general, serious, major"}
		}
		if err := bounded(at+".note", a.Note, 0); err != nil {
			return nil, 0, err
		}
		given[a.Item] = a
	}
	out, failed := []Answer{}, 0
	for _, item := range s.Items {
		a, ok := given[item.Key]
		if !ok && whole {
			return nil, 0, &Invalid{"answers", fmt.Sprintf("an answer to every item; %q has none", item.Key)}
		}
		if ok {
			out = append(out, a)
		}
		if a.Result == Bad {
			failed++
		}
	}
	return out, failed, nil
}
