package countygen

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/campusgate/campusgate/gateway/event"
)

// The numbers of the county that demo and tests model.
const (
	Schools     = 86
	Cameras     = 1962
	Canteens    = 77
	Buses       = 53
	PolicePosts = 32
	Pupils      = 22000
)

// Metres of a degree at 36° north.
const (
	metresLat = 111_000
	metresLon = 89_900
)

type township struct {
	name     event.Text
	lat, lon float64
	schools  int
}

// townships lie around the county town; the schools add up to Schools.
func townships() []township {
	return []township{
		{event.Text{ZH: "城关镇", EN: "Chengguan"}, 36.000, 116.800, 16},
		{event.Text{ZH: "东河镇", EN: "Donghe"}, 36.020, 116.960, 8},
		{event.Text{ZH: "西山镇", EN: "Xishan"}, 35.990, 116.640, 7},
		{event.Text{ZH: "南湖镇", EN: "Nanhu"}, 35.880, 116.790, 7},
		{event.Text{ZH: "北岭镇", EN: "Beiling"}, 36.130, 116.810, 7},
		{event.Text{ZH: "柳林镇", EN: "Liulin"}, 36.090, 116.930, 7},
		{event.Text{ZH: "石桥镇", EN: "Shiqiao"}, 35.920, 116.910, 6},
		{event.Text{ZH: "龙泉镇", EN: "Longquan"}, 35.900, 116.670, 6},
		{event.Text{ZH: "青山乡", EN: "Qingshan"}, 36.100, 116.670, 6},
		{event.Text{ZH: "白塔镇", EN: "Baita"}, 36.180, 116.900, 6},
		{event.Text{ZH: "大王庄镇", EN: "Dawangzhuang"}, 35.830, 116.860, 5},
		{event.Text{ZH: "双井乡", EN: "Shuangjing"}, 35.850, 116.720, 5},
	}
}

// Demo is the county of the demo.
func Demo() []byte {
	r := rand.New(rand.NewPCG(2026, 11))
	c := event.County{Name: event.Text{ZH: "岱川县", EN: "Daichuan County"}, Zone: "Asia/Shanghai"}
	for _, t := range townships() {
		for i := range t.schools {
			c.Sites = append(c.Sites, school(r, len(c.Sites)+1, t, i))
		}
	}
	share(r, c.Sites)
	fleet(r, &c)
	return write(demoHead, &c)
}

const demoHead = `# The invented county of the demo: 86 schools and kindergartens, 1,962 camera channels,
# 77 canteens, 53 school buses, 32 police posts, about 22,000 pupils. Written by
# adapters/simulator/countygen: change that, not this file.
`

// school makes the i-th school of a township: first the kindergarten, the primary school
// and the middle school that every town has, then smaller ones.
func school(r *rand.Rand, n int, t township, i int) event.Site {
	s := event.Site{
		ID: event.SiteID(fmt.Sprintf("s%03d", n)), Kind: event.SiteSchool, Township: t.name.ZH,
		Lat: round(t.lat + (r.Float64()-0.5)*0.05), Lon: round(t.lon + (r.Float64()-0.5)*0.06),
	}
	short := []rune(t.name.ZH)
	zh := string(short[:len(short)-1])
	name := func(suffixZH, suffixEN string) event.Text {
		return event.Text{ZH: zh + suffixZH, EN: t.name.EN + " " + suffixEN}
	}
	villages := []event.Text{
		{ZH: "前村", EN: "Qiancun"},
		{ZH: "后营", EN: "Houying"},
		{ZH: "杨庄", EN: "Yangzhuang"},
		{ZH: "赵家", EN: "Zhaojia"},
		{ZH: "桃园", EN: "Taoyuan"},
		{ZH: "河口", EN: "Hekou"},
		{ZH: "新安", EN: "Xin'an"},
		{ZH: "梨花", EN: "Lihua"},
		{ZH: "东关", EN: "Dongguan"},
		{ZH: "西关", EN: "Xiguan"},
		{ZH: "文昌", EN: "Wenchang"},
	}
	switch i {
	case 0:
		s.Name, s.Pupils = name("中心小学", "Central Primary School"), 420
	case 1:
		s.Name, s.Pupils = name("中心幼儿园", "Central Kindergarten"), 190
		kindergarten(&s)
	case 2:
		s.Name, s.Pupils = name("初级中学", "Middle School"), 560
		s.Hours = event.Hours{ClassFrom: "07:50", ClassTo: "17:20", Close: "19:00"}
	case 3:
		s.Name, s.Pupils = name("第二小学", "Second Primary School"), 260
	default:
		v := villages[(i-4)%len(villages)]
		if i%2 == 0 {
			s.Name = event.Text{ZH: zh + v.ZH + "小学", EN: t.name.EN + " " + v.EN + " Primary School"}
			s.Pupils = 150
		} else {
			s.Name = event.Text{ZH: zh + v.ZH + "幼儿园", EN: t.name.EN + " " + v.EN + " Kindergarten"}
			s.Pupils = 90
			kindergarten(&s)
		}
	}
	special(&s)
	s.Pupils += r.IntN(s.Pupils/5+1) - s.Pupils/10
	return s
}

func kindergarten(s *event.Site) {
	s.Kind = event.SiteKindergarten
	s.Hours = event.Hours{Open: "07:00", ClassFrom: "08:30", ClassTo: "16:10", Close: "17:40"}
}

// special turns some schools into what makes a county various: boarding schools with
// lessons in the evening and on Saturday, a half-day kindergarten, and two village teaching
// points that share one teacher and are open in turn.
func special(s *event.Site) {
	switch s.ID {
	case "s005":
		s.Kind, s.Name, s.Pupils = event.SiteSchool, event.Text{ZH: "岱川县第一中学", EN: "Daichuan No. 1 High School"}, 1500
		s.Hours = event.Hours{
			Open: "06:00", ClassFrom: "07:20", ClassTo: "21:40", LunchFrom: "11:50", LunchTo: "13:50", Close: "22:30",
			Days: []string{"mon", "tue", "wed", "thu", "fri", "sat"},
		}
	case "s007":
		s.Kind, s.Name, s.Pupils = event.SiteSchool, event.Text{ZH: "岱川县第二中学", EN: "Daichuan No. 2 High School"}, 1200
		s.Hours = event.Hours{
			Open: "06:10", ClassFrom: "07:30", ClassTo: "21:00", LunchFrom: "11:50", LunchTo: "13:50", Close: "21:50",
			Days: []string{"mon", "tue", "wed", "thu", "fri", "sat"},
		}
	case "s009":
		s.Kind, s.Name, s.Pupils = event.SiteSchool, event.Text{ZH: "岱川县实验小学", EN: "Daichuan Experimental Primary School"}, 900
		s.Hours = event.Hours{}
	case "s024":
		s.Hours = event.Hours{Open: "07:00", ClassFrom: "08:30", ClassTo: "11:20", LunchFrom: "11:20", LunchTo: "11:20", Close: "12:30"}
	case "s081":
		s.Kind, s.Name, s.Pupils = event.SiteSchool, event.Text{ZH: "大王庄南岗教学点", EN: "Nangang Teaching Point"}, 24
		s.Hours = event.Hours{Days: []string{"mon", "wed", "fri"}}
	case "s086":
		s.Kind, s.Name, s.Pupils = event.SiteSchool, event.Text{ZH: "双井北沟教学点", EN: "Beigou Teaching Point"}, 21
		s.Hours = event.Hours{Days: []string{"tue", "thu"}}
	}
}

// share gives every school its devices, and the county its totals.
func share(r *rand.Rand, sites []event.Site) {
	total := 0
	for i := range sites {
		total += sites[i].Pupils
	}
	// The largest remainder goes to the largest school.
	largest := 0
	sum := 0
	for i := range sites {
		sites[i].Pupils = max(12, sites[i].Pupils*Pupils/total)
		sum += sites[i].Pupils
		if sites[i].Pupils > sites[largest].Pupils {
			largest = i
		}
	}
	sites[largest].Pupils += Pupils - sum
	cameras := make([]int, len(sites))
	left := Cameras
	for i := range sites {
		cameras[i] = 8 + (Cameras-8*len(sites))*sites[i].Pupils/Pupils
		left -= cameras[i]
	}
	for i := 0; left > 0; i = (i + 1) % len(sites) {
		cameras[i]++
		left--
	}
	order := r.Perm(len(sites))
	canteen := make([]bool, len(sites))
	for _, i := range order {
		canteen[i] = true
	}
	// The smallest have none: pupils bring their lunch, or go home.
	for range len(sites) - Canteens {
		smallest := -1
		for i := range sites {
			if canteen[i] && (smallest < 0 || sites[i].Pupils < sites[smallest].Pupils) {
				smallest = i
			}
		}
		canteen[smallest] = false
	}
	for range PolicePosts {
		busiest := -1
		for i := range sites {
			if !sites[i].PolicePost && (busiest < 0 || sites[i].Pupils > sites[busiest].Pupils) {
				busiest = i
			}
		}
		sites[busiest].PolicePost = true
	}
	for i := range sites {
		sites[i].Devices = equipment(&sites[i], cameras[i], canteen[i])
	}
}

// equipment is what hangs at one school: gates and their thermometers on one switch, the
// canteen on another, the other cameras on a third.
func equipment(s *event.Site, cameras int, canteen bool) []event.Device {
	var list []event.Device
	add := func(d event.Device, format, zh, en string, n int) {
		d.ID = event.DeviceID(fmt.Sprintf(format, n))
		d.Name = event.Text{ZH: fmt.Sprintf("%s%d", zh, n), EN: fmt.Sprintf("%s %d", en, n)}
		list = append(list, d)
	}
	gates := 1
	if s.Pupils > 300 {
		gates = 2
	}
	if s.Pupils > 800 {
		gates = 3
	}
	for n := 1; n <= gates; n++ {
		add(event.Device{Kind: event.KindGate, Place: "gate", Parent: "sw1"}, "g%d", "校门", "Gate", n)
	}
	for n := 1; n <= gates; n++ {
		add(event.Device{Kind: event.KindTemperature, Place: "gate", Parent: "sw1"}, "t%d", "测温仪", "Thermometer", n)
	}
	add(event.Device{Kind: event.KindButton, Place: "guard-room"}, "e%d", "一键报警", "Emergency button", 1)
	if s.Pupils > 600 {
		add(event.Device{Kind: event.KindButton, Place: "office"}, "e%d", "一键报警", "Emergency button", 2)
	}
	if canteen {
		for _, k := range []struct{ id, zh, en string }{
			{"k1-cold", "冷藏库", "Cold store"},
			{"k1-freezer", "冷冻库", "Freezer"},
			{"k1-gas", "燃气探测器", "Gas detector"},
			{"k1-smoke", "烟感", "Smoke detector"},
		} {
			list = append(list, event.Device{
				ID: event.DeviceID(k.id), Kind: event.KindKitchen, Name: event.Text{ZH: k.zh, EN: k.en}, Place: "canteen", Parent: "sw2",
			})
		}
	}
	for n := 1; n <= cameras; n++ {
		switch {
		case n <= 2*gates:
			add(event.Device{Kind: event.KindCamera, Place: "gate", Parent: "sw1"}, "c%03d", "校门摄像机", "Gate camera", n)
		case canteen && n <= 2*gates+cameras/3:
			add(event.Device{Kind: event.KindCamera, Place: "canteen", Parent: "sw2"}, "c%03d", "食堂摄像机", "Canteen camera", n)
		default:
			add(event.Device{Kind: event.KindCamera, Place: "field", Parent: "sw3"}, "c%03d", "操场摄像机", "Field camera", n)
		}
	}
	return list
}

// fleet adds two depots with all the buses, and a route for each bus.
func fleet(r *rand.Rand, c *event.County) {
	schools := len(c.Sites)
	depots := []event.Site{
		{ID: "depot1", Name: event.Text{ZH: "岱川校车东站", EN: "Daichuan East Bus Depot"}, Township: "城关镇", Lat: 36.012, Lon: 116.831},
		{ID: "depot2", Name: event.Text{ZH: "岱川校车西站", EN: "Daichuan West Bus Depot"}, Township: "城关镇", Lat: 35.991, Lon: 116.768},
	}
	for n := 1; n <= Buses; n++ {
		d := &depots[0]
		if n > Buses/2+1 {
			d = &depots[1]
		}
		d.Kind = event.SiteDepot
		route := fmt.Sprintf("r%02d", n)
		school := &c.Sites[(n*13)%schools]
		d.Devices = append(d.Devices, event.Device{
			ID: event.DeviceID(fmt.Sprintf("b%02d", n)), Kind: event.KindBus, Route: route,
			Name:  event.Text{ZH: fmt.Sprintf("%d号校车", n), EN: fmt.Sprintf("Bus %d", n)},
			Plate: fmt.Sprintf("鲁J·X%04d", 1000+n*37), Capacity: []int{56, 45, 36, 51}[n%4],
		})
		c.Routes = append(c.Routes, way(r, route, n, school))
	}
	c.Sites = append(c.Sites, depots...)
}

// way makes a route of 5 to 9 km that winds from a village to a school, with its stops.
func way(r *rand.Rand, id string, n int, s *event.Site) event.Route {
	route := event.Route{
		ID: id, CorridorM: 200, Departures: departures(s, n),
		Name: event.Text{ZH: fmt.Sprintf("%d号线 %s", n, s.Name.ZH), EN: fmt.Sprintf("Route %d to %s", n, s.Name.EN)},
	}
	legs := 10 + r.IntN(6)
	heading := r.Float64() * 2 * math.Pi
	lat, lon := s.Lat, s.Lon
	line := []event.Point{{Lat: round(lat), Lon: round(lon)}}
	for range legs {
		heading += (r.Float64() - 0.5) * 0.9
		lat += 560 * math.Cos(heading) / metresLat
		lon += 560 * math.Sin(heading) / metresLon
		line = append(line, event.Point{Lat: round(lat), Lon: round(lon)})
	}
	for i := len(line) - 1; i >= 0; i-- { // from the village to the school
		route.Line = append(route.Line, line[i])
	}
	for i := 0; i < len(route.Line)-1; i += 3 {
		k := len(route.Stops) + 1
		route.Stops = append(route.Stops, event.Stop{
			Name: event.Text{ZH: fmt.Sprintf("%d号线%d站", n, k), EN: fmt.Sprintf("Route %d stop %d", n, k)}, Point: route.Line[i],
			AfterMin: due(i, k-1),
		})
	}
	end := len(route.Line) - 1
	route.Stops = append(route.Stops, event.Stop{Name: s.Name, Point: route.Line[end], AfterMin: due(end, len(route.Stops))})
	return route
}

// due is when a bus is at a point of a line, in minutes after its departure, when it has
// called at some stops: 560 m from point to point at 40 km/h, and half a minute a stop.
func due(point, called int) float64 {
	return math.Round(10*(float64(point)*0.56/40*60+float64(called)*0.5)) / 10
}

// departures are in time for the school's first lesson and after its last, a few minutes
// apart from bus to bus.
func departures(s *event.Site, n int) []string {
	to := s.Hours.ClassTo
	if to == "" {
		to = event.DefaultHours().ClassTo
	}
	var h, m int
	if _, err := fmt.Sscanf(to, "%d:%d", &h, &m); err != nil {
		h, m = 16, 30
	}
	back := h*60 + m + 10 + n%4*5
	return []string{fmt.Sprintf("06:%02d", 40+n%4*5), fmt.Sprintf("%02d:%02d", back/60, back%60)}
}
