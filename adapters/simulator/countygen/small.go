package countygen

import (
	"math/rand/v2"

	"github.com/campusgate/campusgate/gateway/event"
)

const smallHead = `# Three invented sites for tests and for learning: a primary school, a kindergarten and a
# depot with two school buses. Written by adapters/simulator/countygen: change that, not
# this file.
`

// Small is a county of three sites.
func Small() []byte {
	r := rand.New(rand.NewPCG(3, 3))
	c := event.County{Name: event.Text{ZH: "岱川县", EN: "Daichuan County"}, Zone: "Asia/Shanghai"}
	primary := event.Site{
		ID: "s001", Kind: event.SiteSchool, Township: "城关镇", Lat: 36.0012, Lon: 116.8034, Pupils: 320, PolicePost: true,
		Name: event.Text{ZH: "城关中心小学", EN: "Chengguan Central Primary School"},
	}
	primary.Devices = equipment(&primary, 8, true)
	nursery := event.Site{
		ID: "s002", Township: "东河镇", Lat: 36.0221, Lon: 116.9587, Pupils: 90,
		Name: event.Text{ZH: "东河中心幼儿园", EN: "Donghe Central Kindergarten"},
	}
	kindergarten(&nursery)
	nursery.Devices = equipment(&nursery, 6, true)
	depot := event.Site{
		ID: "depot1", Kind: event.SiteDepot, Township: "城关镇", Lat: 36.012, Lon: 116.831,
		Name: event.Text{ZH: "岱川校车站", EN: "Daichuan Bus Depot"},
		Devices: []event.Device{
			{ID: "b01", Kind: event.KindBus, Name: event.Text{ZH: "1号校车", EN: "Bus 1"}, Plate: "鲁J·X1037", Capacity: 45, Route: "r01"},
			{ID: "b02", Kind: event.KindBus, Name: event.Text{ZH: "2号校车", EN: "Bus 2"}, Plate: "鲁J·X1074", Capacity: 36, Route: "r02"},
		},
	}
	c.Routes = []event.Route{way(r, "r01", 1, &primary), way(r, "r02", 2, &nursery)}
	c.Sites = []event.Site{primary, nursery, depot}
	return write(smallHead, &c)
}
