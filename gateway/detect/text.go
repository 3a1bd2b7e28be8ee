package detect

import (
	"cmp"
	"fmt"
	"math"
	"strconv"

	"github.com/campusgate/campusgate/gateway/event"
)

// sinceText keeps a time of the county's clock for the text.
func (f finding) sinceText(at int64) finding {
	if at != 0 {
		f = f.named(f.site.engine.local(at).Format("15:04:05"))
	}
	return f
}

func personText(kind string) event.Text {
	switch kind {
	case event.PersonPupil:
		return event.Text{ZH: "学生", EN: "pupil"}
	case event.PersonStaff:
		return event.Text{ZH: "教职工", EN: "staff"}
	case event.PersonVisitor:
		return event.Text{ZH: "访客", EN: "visitor"}
	case event.PersonVehicle:
		return event.Text{ZH: "车辆", EN: "vehicle"}
	}
	return event.Text{ZH: "人员", EN: "person"}
}

// where names site and device as the registry does, by their ids where it does not.
func (f *finding) where() event.Text {
	t := event.Text{ZH: string(f.site.id), EN: string(f.site.id)}
	if f.site.reg != nil {
		t.ZH, t.EN = cmp.Or(f.site.reg.Name.ZH, t.ZH), cmp.Or(f.site.reg.Name.EN, t.EN)
	}
	if f.device == nil {
		return t
	}
	d := event.Text{ZH: string(f.device.id.Device), EN: string(f.device.id.Device)}
	if reg := f.device.reg; reg != nil {
		d.ZH, d.EN = cmp.Or(reg.Name.ZH, d.ZH), cmp.Or(reg.Name.EN, d.EN)
		if f.device.kind == event.KindBus && reg.Plate != "" {
			d.ZH, d.EN = d.ZH+"（"+reg.Plate+"）", d.EN+" ("+reg.Plate+")"
		}
	}
	return event.Text{ZH: t.ZH + " " + d.ZH, EN: t.EN + ", " + d.EN}
}

// text says in a sentence what was found, where. It names no person.
func (f *finding) text(a *event.Anomaly) event.Text {
	w, t := f.where(), f.sentence(a)
	return event.Text{ZH: w.ZH + "：" + t.ZH, EN: w.EN + ": " + t.EN}
}

func (f *finding) sentence(a *event.Anomaly) event.Text {
	value, limit, n := number(a.Value), number(a.Limit), a.Count
	d := f.detail
	say := func(zh, en string) event.Text { return event.Text{ZH: zh, EN: en} }
	switch f.rule {
	case fever:
		return say(d.ZH+"体温 "+value+" °C（界限 "+limit+" °C）", d.EN+" with "+value+" °C (limit "+limit+" °C)")
	case feverCluster:
		return say(fmt.Sprintf("短时间内 %d 人发热", n), fmt.Sprintf("%d persons with a fever within a short time", n))
	case thermometerFault:
		return say("测温异常，连续 "+strconv.Itoa(n)+" 次读数不可信，最近 "+value+" °C", strconv.Itoa(n)+" implausible measurements in a row, last "+value+" °C")
	case gateForced:
		return say("闸机被强行通过", "gate forced")
	case gateDenied:
		return say(fmt.Sprintf("同一凭证连续 %d 次被拒绝", n), fmt.Sprintf("%d denied attempts with one credential", n))
	case entryOutOfHours:
		return say(d.ZH+"在非开放时段进入", d.EN+" entered outside opening hours")
	case visitorUnregistered:
		return say("访客未登记进入", "visitor entered without registration")
	case visitorUnmeasured:
		return say("访客未测体温进入", "visitor entered without a temperature check")
	case visitorItemsUnchecked:
		return say("访客物品未检查进入", "visitor entered with items unchecked")
	case visitorOverstay:
		return say("关门时访客仍未离开，进入时间 "+d.ZH, "visitor still inside at closing time, came in at "+d.EN)
	case pupilOutUnapproved:
		return say("上课时段学生离校，"+d.ZH, "pupil left in class hours, "+d.EN)
	case emergencyCall:
		return f.callSentence()
	case coldStore:
		return say("冷藏温度 "+value+" °C，超出界限 "+limit+" °C", "cold store at "+value+" °C, beyond the limit of "+limit+" °C")
	case freezer:
		return say("冷冻温度 "+value+" °C，高于 "+limit+" °C", "freezer at "+value+" °C, above "+limit+" °C")
	case gas:
		return say("燃气浓度 "+value+" %LEL（界限 "+limit+"）", "gas at "+value+" %LEL (limit "+limit+")")
	case smoke:
		return say("烟雾报警", "smoke detected")
	case cameraImage:
		return say("画面不可用（"+d.ZH+"）", "picture unusable ("+d.EN+")")
	case recordingGap:
		return say("录像中断 "+value+" 分钟（界限 "+limit+" 分钟）", "nothing recorded for "+value+" min (limit "+limit+" min)")
	case clockWrong:
		if a.Value < 0 {
			return say("设备时钟快 "+number(-a.Value)+" 秒", "device clock is "+number(-a.Value)+" s fast")
		}
		return say("设备时钟慢 "+value+" 秒", "device clock is "+value+" s slow")
	case sequenceGap:
		return say("缺失 "+value+" 条消息", "messages missing: "+value)
	case busOverspeed, busOvercapacity, busOffRoute, busSOS, busPupilLeftBehind:
		return f.busSentence(a)
	case siteOutage, cameraMassOutage:
		return f.groupSentence(a)
	case switchOutage:
		return say(fmt.Sprintf("交换机或录像机 %s 失联，影响 %d 台设备", d.ZH, n), fmt.Sprintf("switch or recorder %s is out, and with it %d devices", d.EN, n))
	case cameraFlapping:
		return say(fmt.Sprintf("摄像机反复上下线（%d 次）", n), fmt.Sprintf("camera goes up and down (%d times)", n))
	}
	return f.lossSentence()
}

func (f *finding) callSentence() event.Text {
	t := event.Text{ZH: "一键报警", EN: "emergency button pressed"}
	if f.whose == "test" {
		t = event.Text{ZH: "一键报警测试", EN: "emergency button tested"}
	}
	if f.detail.ZH != "" {
		t = event.Text{ZH: t.ZH + "（" + f.detail.ZH + "）", EN: t.EN + " (" + f.detail.EN + ")"}
	}
	return t
}

func (f *finding) busSentence(a *event.Anomaly) event.Text {
	value, limit := number(a.Value), number(a.Limit)
	switch f.rule {
	case busOverspeed:
		return event.Text{ZH: "校车超速 " + value + " km/h（限速 " + limit + "）", EN: "bus at " + value + " km/h (limit " + limit + ")"}
	case busOvercapacity:
		return event.Text{ZH: "校车超员 " + value + " 人（核载 " + limit + " 人）", EN: value + " pupils aboard (capacity " + limit + ")"}
	case busOffRoute:
		return event.Text{ZH: "校车偏离路线 " + value + " 米", EN: "bus is " + value + " m off its route"}
	case busSOS:
		return event.Text{ZH: "校车紧急求助", EN: "SOS from the bus"}
	}
	if a.Unit == "pupils" {
		return event.Text{ZH: "行程结束后车上仍有 " + value + " 名学生", EN: "pupils still aboard after the trip: " + value}
	}
	return event.Text{ZH: "行程结束后 " + limit + " 分钟内未确认车内无人", EN: "not checked to be empty within " + limit + " min after the trip"}
}

func (f *finding) groupSentence(a *event.Anomaly) event.Text {
	n := a.Count
	if f.rule == cameraMassOutage {
		t := event.Text{ZH: fmt.Sprintf("%d 路摄像机同时离线", n), EN: fmt.Sprintf("%d cameras went down together", n)}
		if a.Cause == causeSwitch {
			t.ZH += "，可能是交换机或录像机 " + f.detail.ZH + " 故障"
			t.EN += ", likely switch or recorder " + f.detail.EN
		}
		return t
	}
	zh, en := "", ""
	switch a.Cause {
	case causePower:
		zh, en = "停电（或整校断网）", "power (or the site's uplink)"
	case causeSwitch:
		zh, en = "交换机或录像机 "+f.detail.ZH, "switch or recorder "+f.detail.EN
	case causeGateway:
		zh, en = "学校网关（或停电）", "the site's gateway (or power)"
	default:
		zh, en = "网络", "network"
	}
	return event.Text{
		ZH: fmt.Sprintf("%d 台设备同时失联，可能原因：%s", n, zh),
		EN: fmt.Sprintf("%d devices went silent together, likely cause: %s", n, en),
	}
}

// lossSentence says that a device is gone; the detail is since when, or that it said so.
func (f *finding) lossSentence() event.Text {
	thing := event.Text{ZH: "设备", EN: "device"}
	if f.device != nil {
		switch f.device.kind {
		case event.KindCamera:
			thing = event.Text{ZH: "摄像机", EN: "camera"}
		case event.KindKitchen:
			thing = event.Text{ZH: "厨房传感器", EN: "kitchen sensor"}
		case event.KindBus:
			thing = event.Text{ZH: "行驶中的校车", EN: "bus on a trip"}
		}
	}
	switch f.detail.EN {
	case "down":
		return event.Text{ZH: thing.ZH + "离线", EN: thing.EN + " reports that it is down"}
	case "":
		return event.Text{ZH: thing.ZH + "失联", EN: thing.EN + " is silent"}
	}
	return event.Text{ZH: thing.ZH + "失联，最后消息 " + f.detail.ZH, EN: thing.EN + " silent, last heard " + f.detail.EN}
}

// number writes a value as people read it: at most one digit after the point.
func number(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}
