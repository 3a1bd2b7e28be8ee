package registry_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/campusgate/campusgate/dashboard/registry"
	"github.com/campusgate/campusgate/gateway/event"
)

func (f fixture) load(t testing.TB, sheet, mode, text string) registry.Report {
	t.Helper()
	r, err := f.Import(t.Context(), "admin", sheet, mode, []byte(text))
	if err != nil {
		t.Fatalf("import %s: %v", sheet, err)
	}
	return r
}

func everything(registry.Entry) bool { return true }

// TestRoundTrip: what is exported and imported again changes nothing, in every format.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	f := fresh(t)
	if _, err := f.Apply(t.Context(), "admin", []registry.Change{
		{Kind: registry.KindPerson, Key: "p1", Doc: doc(t, registry.Person{ID: "p1", Kind: "pupil", Site: "s001", Class: "=3-2", Name: "张小三"})},
		{Kind: registry.KindDevice, Key: "s001/k1", Doc: doc(t, event.Device{
			ID: "k1", Kind: event.KindKitchen, Name: event.Text{ZH: "+冷库, \"大\"", EN: "-1"}, Duty: event.DutyOwn, Addresses: []string{"a:1", "b:2"},
			DutyHours: &event.DutyHours{From: "06:00", To: "18:00", Days: []string{"mon", "fri"}, SchoolDays: true},
			Limits:    map[string]float64{"cold_store_max": 8.5, "cold_store_min": -1},
		})},
	}); err != nil {
		t.Fatal(err)
	}
	version := f.Version()
	for _, sheet := range registry.Sheets() {
		for _, format := range []string{registry.FormatCSV, registry.FormatXLSX, registry.FormatGeoJSON} {
			if format == registry.FormatGeoJSON && sheet != registry.SheetRoutes {
				continue
			}
			file, err := f.Export(sheet, format, everything)
			if err != nil {
				t.Fatal(err)
			}
			r := f.load(t, sheet, registry.ImportAll, string(file))
			if r.Created+r.Updated+r.Refused != 0 || r.Unchanged == 0 || r.Version != version || len(r.Ignored) != 0 {
				t.Errorf("%s as %s: %+v\n%s", sheet, format, r, file)
			}
			if bytes.Contains(file, []byte("张小三")) {
				t.Errorf("%s as %s tells a name", sheet, format)
			}
		}
	}
	file, err := f.Export(registry.SheetPeople, registry.FormatCSV, everything)
	if err != nil || !bytes.Contains(file, []byte("'=3-2")) {
		t.Errorf("a formula is not defused: %s %v", file, err)
	}
}

func TestImportInTheEncodingsOfOffices(t *testing.T) {
	t.Parallel()
	text := "单位编号,设备编号,类型,名称,备注\r\ns001,g5,门禁,东门,x\r\n\r\ns001,g6,摄像机,西门,y\r\n"
	gbk, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	book := excelize.NewFile()
	for i, row := range [][]any{{"site", "device", "KIND", "name_zh", "备注"}, {"s001", "g5", "gate", "东门"}, {}, {"s001", "g6", "camera", "西门"}} {
		if err := book.SetSheetRow("Sheet1", fmt.Sprint("A", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	xlsx, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	_ = book.Close()
	for name, file := range map[string]string{
		"UTF-8": text, "UTF-8 with mark": "\uFEFF" + text, "GB18030": gbk, "XLSX": xlsx.String(),
		"semicolons": strings.ReplaceAll(text, ",", ";"), "tabs": strings.ReplaceAll(text, ",", "\t"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := fresh(t)
			r := f.load(t, registry.SheetDevices, registry.ImportCheck, file)
			if r.Created != 2 || r.Refused != 0 || r.Applied || f.Version() != 1 || len(r.Ignored) != 1 || r.Ignored[0] != "备注" {
				t.Errorf("dry run: %+v", r)
			}
			if r = f.load(t, registry.SheetDevices, registry.ImportAll, file); !r.Applied || r.Version != 2 {
				t.Errorf("import: %+v", r)
			}
			if d := f.live.County().Device("s001", "g6"); d == nil || d.Name.ZH != "西门" || d.Kind != event.KindCamera {
				t.Errorf("imported %+v", d)
			}
		})
	}
}

func TestImportTellsEveryRefusedLine(t *testing.T) {
	t.Parallel()
	f := fresh(t)
	file := strings.Join([]string{
		"site,device,kind,capacity,addresses,route",
		"s001,g2,gate,,hikvision:A,",                  // 2 good
		"s001,g3,castle,,,",                           // 3 kind
		"s001,G 4,gate,,,",                            // 4 id
		"s001,,gate,,,",                               // 5 no id
		"s999,g5,gate,,,",                             // 6 no such site
		"depot,bus2,bus,many,,",                       // 7 no number
		"depot,bus3,bus,20,,r9",                       // 8 no such route
		"s001,g2,gate,,,",                             // 9 twice
		"s001,g6,gate,,gb28181:34020000001320000001,", // 10 the address of c1
		"s001,g7,gate,,hikvision:B,",                  // 11 good
		"s001,g8,gate,,nothing,",                      // 12 no address
	}, "\n")
	r := f.load(t, registry.SheetDevices, registry.ImportAll, file)
	if r.Applied || r.Lines != 11 || r.Refused != 9 || f.Version() != 1 {
		t.Errorf("report %+v", r)
	}
	columns := map[int]string{3: "kind", 4: "device", 5: "device", 6: "site", 7: "capacity", 8: "route", 9: "device", 10: "addresses", 12: "addresses"}
	got := map[int]string{}
	for _, p := range r.Problems {
		got[p.Line] = p.Column
		if p.Want.ZH == "" || p.Want.EN == "" {
			t.Errorf("line %d: want is not said in both languages: %+v", p.Line, p)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(columns) {
		t.Errorf("refused %v, want %v", got, columns)
	}
	r = f.load(t, registry.SheetDevices, registry.ImportGood, file)
	if !r.Applied || r.Created != 2 || r.Refused != 9 {
		t.Errorf("the good lines: %+v", r)
	}
	if c := f.live.County(); c.Device("s001", "g2") == nil || c.Device("s001", "g7") == nil || c.Device("s001", "g6") != nil {
		t.Error("not the good lines are in")
	}
}

func TestImportKeepsWhatTheFileDoesNotName(t *testing.T) {
	t.Parallel()
	f := fresh(t)
	r := f.load(t, registry.SheetVehicles, registry.ImportAll, "site,device,plate\ndepot,bus1,川A99999\n")
	if d := f.live.County().Device("depot", "bus1"); !r.Applied || r.Updated != 1 || d.Plate != "川A99999" || d.Capacity != 30 || d.Route != "r1" {
		t.Errorf("bus %+v after %+v", d, r)
	}
	r = f.load(t, registry.SheetPeople, registry.ImportAll, "人员编号,类型,单位编号,班级,姓名\np1,学生,s001,3-2,张小三\n")
	if !r.Applied || r.Created != 1 {
		t.Errorf("people %+v", r)
	}
	if name, err := f.Reveal(t.Context(), "admin", "p1", "a check"); err != nil || name != "张小三" {
		t.Errorf("name %q, %v", name, err)
	}
}

func TestImportGeoJSON(t *testing.T) {
	t.Parallel()
	f := fresh(t)
	file := `{"type":"FeatureCollection","features":[
	 {"type":"Feature","geometry":{"type":"LineString","coordinates":[[110,34],[110.5,34.5,400]]},"properties":{"route":"r2","name_zh":"二号线","departures":["07:20"]}},
	 {"type":"Feature","geometry":{"type":"Point","coordinates":[110.2,34.2]},"properties":{"route":"r2","stop":2,"name_zh":"学校"}},
	 {"type":"Feature","geometry":{"type":"Point","coordinates":[110.1,34.1]},"properties":{"route":"r2","stop":1,"name_zh":"村口"}}]}`
	r := f.load(t, registry.SheetRoutes, registry.ImportAll, file)
	route := f.live.County().Route("r2")
	if !r.Applied || r.Created != 1 || route == nil || len(route.Line) != 2 || route.Line[1].Lat != 34.5 || len(route.Stops) != 2 || route.Stops[0].Name.ZH != "村口" || route.CorridorM != 200 {
		t.Errorf("route %+v after %+v", route, r)
	}
	bad := `{"type":"FeatureCollection","features":[
	 {"type":"Feature","geometry":{"type":"LineString","coordinates":[[110,34],[210,34.5]]},"properties":{"route":"r3"}},
	 {"type":"Feature","geometry":{"type":"Polygon","coordinates":[]},"properties":{"route":"r3"}},
	 {"type":"Feature","geometry":{"type":"LineString","coordinates":"x"},"properties":{"route":"r4"}},
	 {"type":"Feature","geometry":{"type":"LineString","coordinates":[]},"properties":{}},
	 {"type":"Feature","geometry":{"type":"Point","coordinates":[110,34]},"properties":{"route":"r5"}}]}`
	if r = f.load(t, registry.SheetRoutes, registry.ImportAll, bad); r.Applied || r.Refused != 5 {
		t.Errorf("bad file: %+v", r)
	}
}

func TestFilesThatAreNone(t *testing.T) {
	t.Parallel()
	f := fresh(t)
	for name, file := range map[string]string{
		"empty": "", "blank": "\n\n", "no column": "device,kind\nx,gate\n", "a zip": "PK\x03\x04 and nothing", "twice": "site,site,device,kind\n",
		"long": strings.Repeat("x", registry.MaxFile+1), "many lines": "site,device,kind\n" + strings.Repeat("a,b,c\n", 50_001), "wide": "site,device,kind" + strings.Repeat(",x", 80),
	} {
		if r, err := f.Import(t.Context(), "admin", registry.SheetDevices, registry.ImportAll, []byte(file)); err == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if _, err := f.Import(t.Context(), "admin", registry.SheetRoutes, registry.ImportAll, []byte(`{"type":"Feature"}`)); err == nil {
		t.Error("a lone feature was taken")
	}
	if _, err := f.Export(registry.SheetSites, registry.FormatGeoJSON, everything); err == nil {
		t.Error("sites as GeoJSON")
	}
}

// FuzzImport: no file, however strange, does more than be refused or give a valid registry.
func FuzzImport(f *testing.F) {
	f.Add("devices", []byte("site,device,kind\ns001,g9,gate\n"))
	f.Add("routes", []byte(`{"type":"FeatureCollection","features":[{"geometry":{"type":"Point","coordinates":[1,2]},"properties":{"route":"r1"}}]}`))
	f.Add("people", []byte("person,kind,name\np1,pupil,'=1+1\n"))
	f.Add("sites", []byte("\xef\xbb\xbfsite;kind;lat\ns9;school;1e999\n"))
	fx := fresh(f)
	f.Fuzz(func(t *testing.T, sheet string, data []byte) {
		r, err := fx.Import(t.Context(), "fuzz", sheet, registry.ImportCheck, data)
		if err == nil && (r.Applied || r.Lines < r.Refused) {
			t.Errorf("report %+v", r)
		}
	})
}
