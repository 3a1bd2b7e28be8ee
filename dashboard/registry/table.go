package registry

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/campusgate/campusgate/gateway/event"
)

// Sheets are what can be imported and exported, one kind of row each.
const (
	SheetSites    = "sites"
	SheetDevices  = "devices"
	SheetVehicles = "vehicles" // the devices that are buses
	SheetRoutes   = "routes"   // without line and stops: GeoJSON has them
	SheetPeople   = "people"
)

// Sheets lists them in the order in which a whole registry is imported.
func Sheets() []string {
	return []string{SheetSites, SheetRoutes, SheetDevices, SheetVehicles, SheetPeople}
}

// column is a column of a sheet: its headers in both languages, and how a cell is written
// and read. set gets text without spaces around it.
type column[T any] struct {
	key, zh string
	need    bool
	get     func(*T) string
	set     func(*T, string) (want event.Text, ok bool)
}

func words[T any](key, zh string, need bool, field func(*T) *string) column[T] {
	return column[T]{
		key, zh, need, func(r *T) string { return *field(r) },
		func(r *T, s string) (event.Text, bool) { *field(r) = s; return event.Text{}, true },
	}
}

func float[T any](key, zh string, field func(*T) *float64) column[T] {
	return column[T]{
		key, zh, false,
		func(r *T) string {
			if *field(r) == 0 {
				return ""
			}
			return strconv.FormatFloat(*field(r), 'f', -1, 64)
		},
		func(r *T, s string) (event.Text, bool) {
			if *field(r) = 0; s == "" {
				return event.Text{}, true
			}
			v, err := strconv.ParseFloat(s, 64)
			*field(r) = v
			return event.Text{ZH: "数字", EN: "a number"}, err == nil && v-v == 0 // neither infinite nor no number
		},
	}
}

func whole[T any](key, zh string, field func(*T) *int) column[T] {
	return column[T]{
		key, zh, false,
		func(r *T) string {
			if *field(r) == 0 {
				return ""
			}
			return strconv.Itoa(*field(r))
		},
		func(r *T, s string) (event.Text, bool) {
			if *field(r) = 0; s == "" {
				return event.Text{}, true
			}
			v, err := strconv.Atoi(strings.TrimSuffix(s, ".0"))
			*field(r) = v
			return event.Text{ZH: "整数", EN: "a whole number"}, err == nil
		},
	}
}

func several[T any](key, zh string, field func(*T) *[]string) column[T] {
	return column[T]{
		key, zh, false,
		func(r *T) string { return strings.Join(*field(r), "; ") },
		func(r *T, s string) (event.Text, bool) { *field(r) = split(s); return event.Text{}, true },
	}
}

func split(s string) []string {
	var out []string
	for _, p := range strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '；' || r == '\n' }) {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// choice reads a Chinese word for one of the program's; others stay as they are.
func choice[T any](key, zh string, need bool, chinese map[string]string, field func(*T) *string) column[T] {
	c := words(key, zh, need, field)
	c.set = func(r *T, s string) (event.Text, bool) {
		if word, ok := chinese[s]; ok {
			s = word
		}
		*field(r) = strings.ToLower(s)
		return event.Text{}, true
	}
	return c
}

func flag[T any](key, zh string, field func(*T) *bool) column[T] {
	return column[T]{
		key, zh, false,
		func(r *T) string {
			if *field(r) {
				return "yes"
			}
			return ""
		},
		func(r *T, s string) (event.Text, bool) {
			switch strings.ToLower(s) {
			case "yes", "true", "1", "是", "有":
				*field(r) = true
			case "", "no", "false", "0", "否", "无":
				*field(r) = false
			default:
				return event.Text{ZH: "是或否", EN: "yes or no"}, false
			}
			return event.Text{}, true
		},
	}
}

func siteColumns() []column[SiteRow] {
	return []column[SiteRow]{
		words("site", "单位编号", true, func(r *SiteRow) *string { return (*string)(&r.Site) }),
		words("name_zh", "名称", false, func(r *SiteRow) *string { return &r.Name.ZH }),
		words("name_en", "英文名称", false, func(r *SiteRow) *string { return &r.Name.EN }),
		choice("kind", "类型", true, map[string]string{"学校": "school", "幼儿园": "kindergarten", "车场": "depot", "指挥中心": "centre"}, func(r *SiteRow) *string { return &r.Kind }),
		words("township", "乡镇", false, func(r *SiteRow) *string { return &r.Township }),
		float("lat", "纬度", func(r *SiteRow) *float64 { return &r.Lat }),
		float("lon", "经度", func(r *SiteRow) *float64 { return &r.Lon }),
		whole("pupils", "学生人数", func(r *SiteRow) *int { return &r.Pupils }),
		flag("police_post", "护学岗", func(r *SiteRow) *bool { return &r.PolicePost }),
		words("open", "开门时间", false, func(r *SiteRow) *string { return &r.Hours.Open }),
		words("class_from", "上课时间", false, func(r *SiteRow) *string { return &r.Hours.ClassFrom }),
		words("class_to", "放学时间", false, func(r *SiteRow) *string { return &r.Hours.ClassTo }),
		words("lunch_from", "午休开始", false, func(r *SiteRow) *string { return &r.Hours.LunchFrom }),
		words("lunch_to", "午休结束", false, func(r *SiteRow) *string { return &r.Hours.LunchTo }),
		words("close", "关门时间", false, func(r *SiteRow) *string { return &r.Hours.Close }),
		words("kitchen_from", "食堂开始", false, func(r *SiteRow) *string { return &r.Hours.KitchenFrom }),
		words("kitchen_to", "食堂结束", false, func(r *SiteRow) *string { return &r.Hours.KitchenTo }),
		several("days", "上课日", func(r *SiteRow) *[]string { return &r.Hours.Days }),
	}
}

func deviceKinds() map[string]string {
	return map[string]string{"门禁": "gate", "测温": "temperature", "校车": "bus", "厨房": "kitchen", "摄像机": "camera", "报警按钮": "button", "网关": "gateway"}
}

func deviceColumns(vehicles bool) []column[DeviceRow] {
	all := []column[DeviceRow]{
		words("site", "单位编号", true, func(r *DeviceRow) *string { return (*string)(&r.Site) }),
		words("device", "设备编号", true, func(r *DeviceRow) *string { return (*string)(&r.Device) }),
		choice("kind", "类型", !vehicles, deviceKinds(), func(r *DeviceRow) *string { return (*string)(&r.Kind) }),
		words("name_zh", "名称", false, func(r *DeviceRow) *string { return &r.Name.ZH }),
		words("name_en", "英文名称", false, func(r *DeviceRow) *string { return &r.Name.EN }),
		words("place", "位置", false, func(r *DeviceRow) *string { return &r.Place }),
		float("period_s", "上报周期秒", func(r *DeviceRow) *float64 { return &r.PeriodS }),
		choice("duty", "值守", false, map[string]string{"全天": "always", "供餐时段": "service", "行程中": "trip", "自定时段": "hours"}, func(r *DeviceRow) *string { return &r.Duty }),
		dutyHours(),
		words("parent", "上级设备", false, func(r *DeviceRow) *string { return (*string)(&r.Parent) }),
		several("addresses", "接入地址", func(r *DeviceRow) *[]string { return &r.Addresses }),
		words("plate", "车牌", false, func(r *DeviceRow) *string { return &r.Plate }),
		whole("capacity", "核载人数", func(r *DeviceRow) *int { return &r.Capacity }),
		words("route", "线路编号", false, func(r *DeviceRow) *string { return &r.Route }),
		limitsColumn(),
	}
	if vehicles {
		all = slices.DeleteFunc(all, func(c column[DeviceRow]) bool { return c.key == "kind" })
	}
	return all
}

// dutyHours are written as "HH:MM-HH:MM", with days and "school" behind it.
func dutyHours() column[DeviceRow] {
	return column[DeviceRow]{
		"duty_hours", "值守时段", false,
		func(r *DeviceRow) string {
			h := r.DutyHours
			if h == nil {
				return ""
			}
			parts := append([]string{h.From + "-" + h.To}, h.Days...)
			if h.SchoolDays {
				parts = append(parts, "school")
			}
			return strings.Join(parts, "; ")
		},
		func(r *DeviceRow, s string) (event.Text, bool) {
			if r.DutyHours = nil; s == "" {
				return event.Text{}, true
			}
			parts := split(s)
			from, to, ok := strings.Cut(parts[0], "-")
			h := &event.DutyHours{From: strings.TrimSpace(from), To: strings.TrimSpace(to)}
			for _, p := range parts[1:] {
				if p == "school" || p == "上课日" {
					h.SchoolDays = true
				} else {
					h.Days = append(h.Days, p)
				}
			}
			r.DutyHours = h
			return event.Text{ZH: "HH:MM-HH:MM", EN: "HH:MM-HH:MM"}, ok
		},
	}
}

func limitsColumn() column[DeviceRow] {
	return column[DeviceRow]{
		"limits", "限值", false,
		func(r *DeviceRow) string {
			var parts []string
			for _, name := range slices.Sorted(maps.Keys(r.Limits)) {
				parts = append(parts, name+"="+strconv.FormatFloat(r.Limits[name], 'f', -1, 64))
			}
			return strings.Join(parts, "; ")
		},
		func(r *DeviceRow, s string) (event.Text, bool) {
			r.Limits = nil
			for _, p := range split(s) {
				name, value, ok := strings.Cut(p, "=")
				v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
				if !ok || err != nil || v-v != 0 {
					return event.Text{ZH: "名称=数值，以分号分隔", EN: "name=number, separated by semicolons"}, false
				}
				if r.Limits == nil {
					r.Limits = make(map[string]float64)
				}
				r.Limits[strings.TrimSpace(name)] = v
			}
			return event.Text{}, true
		},
	}
}

func routeColumns() []column[RouteRow] {
	return []column[RouteRow]{
		words("route", "线路编号", true, func(r *RouteRow) *string { return &r.Route }),
		words("name_zh", "名称", false, func(r *RouteRow) *string { return &r.Name.ZH }),
		words("name_en", "英文名称", false, func(r *RouteRow) *string { return &r.Name.EN }),
		float("corridor_m", "走廊宽度米", func(r *RouteRow) *float64 { return &r.CorridorM }),
		several("departures", "发车时间", func(r *RouteRow) *[]string { return &r.Departures }),
	}
}

func personColumns() []column[PersonRow] {
	return []column[PersonRow]{
		words("person", "人员编号", true, func(r *PersonRow) *string { return &r.Person }),
		choice("kind", "类型", true, map[string]string{"学生": "pupil", "教职工": "staff", "访客": "visitor", "驾驶员": "driver"}, func(r *PersonRow) *string { return &r.Kind }),
		words("site", "单位编号", false, func(r *PersonRow) *string { return (*string)(&r.Site) }),
		words("class", "班级", false, func(r *PersonRow) *string { return &r.Class }),
		words("name", "姓名", false, func(r *PersonRow) *string { return &r.Name }),
	}
}

// sheet hides the row's type.
type sheet struct {
	name, kind string
	headers    []header
	// row writes an entry; nil when it does not belong to the sheet.
	row func(Entry) []string
	// change reads cells, by column, over the entry that is there. bad says which columns
	// cannot be read.
	change func(cells map[string]string, known func(key string) Entry) (c Change, bad []Fault)
}

type header struct {
	key, zh string
	need    bool
}

func sheetOf(name string) (*sheet, error) {
	switch name {
	case SheetSites:
		return makeSheet(name, KindSite, siteColumns(), func(r *SiteRow) string { return string(r.Site) }, Entry.Site, func(r SiteRow, _ Entry) Change { return r.Change() }, nil), nil
	case SheetDevices:
		return makeSheet(name, KindDevice, deviceColumns(false), deviceKeyOf, Entry.Device, func(r DeviceRow, _ Entry) Change { return r.Change() }, nil), nil
	case SheetVehicles:
		return makeSheet(name, KindDevice, deviceColumns(true), deviceKeyOf, Entry.Device, func(r DeviceRow, _ Entry) Change {
			r.Kind = event.KindBus
			return r.Change()
		}, func(r *DeviceRow) bool { return r.Kind == event.KindBus }), nil
	case SheetRoutes:
		return makeSheet(name, KindRoute, routeColumns(), func(r *RouteRow) string { return r.Route }, Entry.Route, func(r RouteRow, _ Entry) Change { return r.Change() }, nil), nil
	case SheetPeople:
		return makeSheet(name, KindPerson, personColumns(), func(r *PersonRow) string { return r.Person }, Entry.Person, func(r PersonRow, known Entry) Change { return r.Change(known) }, nil), nil
	}
	return nil, fmt.Errorf("no sheet %q: want one of %s", name, strings.Join(Sheets(), ", "))
}

func deviceKeyOf(r *DeviceRow) string { return DeviceEntryKey(r.Site, r.Device) }

func makeSheet[T any](name, kind string, columns []column[T], keyOf func(*T) string, read func(Entry) T, change func(T, Entry) Change, belongs func(*T) bool) *sheet {
	s := &sheet{name: name, kind: kind}
	for _, c := range columns {
		s.headers = append(s.headers, header{c.key, c.zh, c.need})
	}
	s.row = func(e Entry) []string {
		r := read(e)
		if belongs != nil && !belongs(&r) {
			return nil
		}
		cells := make([]string, len(columns))
		for i, c := range columns {
			cells[i] = c.get(&r)
		}
		return cells
	}
	s.change = func(cells map[string]string, known func(string) Entry) (Change, []Fault) {
		var r T
		fill := func() (bad []Fault) {
			for _, c := range columns {
				text, given := cells[c.key]
				if !given {
					continue
				}
				if c.need && text == "" {
					bad = append(bad, Fault{Kind: kind, Field: c.key, Want: event.Text{ZH: "必填", EN: "a value"}})
					continue
				}
				if want, ok := c.set(&r, text); !ok {
					bad = append(bad, Fault{Kind: kind, Field: c.key, Value: text, Want: want})
				}
			}
			return bad
		}
		if bad := fill(); len(bad) > 0 {
			return Change{}, bad
		}
		// What the file has no column for stays as it is.
		e := known(keyOf(&r))
		if e.Doc != nil {
			r = read(e)
			fill()
		}
		c := change(r, e)
		c.Rev = AnyRev
		return c, nil
	}
	return s
}
