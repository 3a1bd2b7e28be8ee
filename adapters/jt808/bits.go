package jt808

import "github.com/campusgate/campusgate/gateway/event"

// Bits of a position's alarm flags (2013 clause 8.18). An edge
// alarm stays up until the platform confirms it, a level alarm as long as its condition.
const (
	AlarmEmergency          uint32 = 1 << 0 // edge: the driver has pressed the emergency switch
	AlarmOverspeed          uint32 = 1 << 1
	AlarmFatigue            uint32 = 1 << 2
	AlarmDanger             uint32 = 1 << 3 // until 2013 an edge warning; 2019 a level alarm of dangerous driving
	AlarmGNSSModule         uint32 = 1 << 4
	AlarmGNSSAntennaOpen    uint32 = 1 << 5
	AlarmGNSSAntennaShort   uint32 = 1 << 6
	AlarmUndervoltage       uint32 = 1 << 7
	AlarmPowerLost          uint32 = 1 << 8
	AlarmDisplay            uint32 = 1 << 9
	AlarmSpeech             uint32 = 1 << 10
	AlarmCamera             uint32 = 1 << 11
	AlarmCardReader         uint32 = 1 << 12 // from 2013
	AlarmOverspeedWarning   uint32 = 1 << 13 // from 2013
	AlarmFatigueWarning     uint32 = 1 << 14 // from 2013
	AlarmIllegalDriving     uint32 = 1 << 15 // 2019
	AlarmTyrePressure       uint32 = 1 << 16 // 2019
	AlarmBlindSpot          uint32 = 1 << 17 // 2019
	AlarmDayDriving         uint32 = 1 << 18
	AlarmOvertimeStop       uint32 = 1 << 19
	AlarmArea               uint32 = 1 << 20 // edge
	AlarmRoute              uint32 = 1 << 21 // edge
	AlarmSegmentTime        uint32 = 1 << 22 // edge
	AlarmRouteDeviation     uint32 = 1 << 23
	AlarmSpeedSensor        uint32 = 1 << 24
	AlarmFuel               uint32 = 1 << 25
	AlarmTheft              uint32 = 1 << 26
	AlarmIllegalIgnition    uint32 = 1 << 27 // edge
	AlarmIllegalMovement    uint32 = 1 << 28 // edge
	AlarmCollision          uint32 = 1 << 29 // 2013 a warning of it; 2019 also of a rollover
	AlarmRollover           uint32 = 1 << 30 // from 2013: a warning
	AlarmIllegalDoorOpening uint32 = 1 << 31 // 2013 only, edge
)

// Bits of a position's status (2013 clause 8.18).
const (
	StatusACC          uint32 = 1 << 0 // ignition
	StatusFix          uint32 = 1 << 1
	StatusSouth        uint32 = 1 << 2
	StatusWest         uint32 = 1 << 3
	StatusOutOfService uint32 = 1 << 4
	StatusEncrypted    uint32 = 1 << 5 // the coordinates are encrypted by a plug-in
	StatusBrakeWarning uint32 = 1 << 6 // 2019: forward collision warned by emergency brake
	StatusLaneWarning  uint32 = 1 << 7 // 2019: lane departure
	StatusHalfLoaded   uint32 = 1 << 8 // from 2013, with the next: 0 empty, 1 half, 3 full
	StatusLoaded       uint32 = 1 << 9 // from 2013
	StatusFuelCut      uint32 = 1 << 10
	StatusPowerCut     uint32 = 1 << 11
	StatusDoorLocked   uint32 = 1 << 12
	StatusDoorFront    uint32 = 1 << 13 // from 2013, as all doors: open
	StatusDoorMiddle   uint32 = 1 << 14
	StatusDoorRear     uint32 = 1 << 15
	StatusDoorDriver   uint32 = 1 << 16
	StatusDoorOther    uint32 = 1 << 17
	StatusGPS          uint32 = 1 << 18 // from 2013, as the other systems: in use for the fix
	StatusBeiDou       uint32 = 1 << 19
	StatusGLONASS      uint32 = 1 << 20
	StatusGalileo      uint32 = 1 << 21
	StatusMoving       uint32 = 1 << 22 // 2019
)

// doorsOpen are the bits of all doors.
const doorsOpen = StatusDoorFront | StatusDoorMiddle | StatusDoorRear | StatusDoorDriver | StatusDoorOther

// faults are the alarms that say that a part of the terminal does not work.
const faults = AlarmGNSSModule | AlarmGNSSAntennaOpen | AlarmGNSSAntennaShort | AlarmUndervoltage | AlarmPowerLost |
	AlarmDisplay | AlarmSpeech | AlarmCamera | AlarmCardReader | AlarmSpeedSensor

// Names returns what the bits of alarm flags mean, the lowest first. Reserved bits have no
// name. The header does not tell 2011 from 2013: what is reserved in 2011 is read as 2013.
func Names(alarms uint32, version2019 bool) []event.Text {
	var names []event.Text
	for i := range 32 {
		if alarms&(1<<i) == 0 {
			continue
		}
		if t := alarmName(i, version2019); t.EN != "" {
			names = append(names, t)
		}
	}
	return names
}

// alarmName is the name of one bit, empty when it is reserved.
func alarmName(bit int, version2019 bool) event.Text {
	names := [32]event.Text{
		{ZH: "紧急报警", EN: "emergency"},
		{ZH: "超速报警", EN: "overspeed"},
		{ZH: "疲劳驾驶", EN: "fatigue driving"},
		{ZH: "危险预警", EN: "danger warning"},
		{ZH: "GNSS 模块故障", EN: "GNSS module fault"},
		{ZH: "GNSS 天线未接或被剪断", EN: "GNSS antenna open"},
		{ZH: "GNSS 天线短路", EN: "GNSS antenna short"},
		{ZH: "终端主电源欠压", EN: "main power undervoltage"},
		{ZH: "终端主电源掉电", EN: "main power lost"},
		{ZH: "终端显示器故障", EN: "display fault"},
		{ZH: "TTS 模块故障", EN: "speech module fault"},
		{ZH: "摄像头故障", EN: "camera fault"},
		{ZH: "道路运输证 IC 卡模块故障", EN: "IC card reader fault"},
		{ZH: "超速预警", EN: "overspeed warning"},
		{ZH: "疲劳驾驶预警", EN: "fatigue warning"},
		{},
		{},
		{},
		{ZH: "当天累计驾驶超时", EN: "driving time of the day exceeded"},
		{ZH: "超时停车", EN: "stopped too long"},
		{ZH: "进出区域", EN: "area entered or left"},
		{ZH: "进出路线", EN: "route entered or left"},
		{ZH: "路段行驶时间不足或过长", EN: "segment driven too fast or too slowly"},
		{ZH: "路线偏离", EN: "off the route"},
		{ZH: "车辆 VSS 故障", EN: "speed sensor fault"},
		{ZH: "车辆油量异常", EN: "fuel level abnormal"},
		{ZH: "车辆被盗", EN: "vehicle stolen"},
		{ZH: "车辆非法点火", EN: "illegal ignition"},
		{ZH: "车辆非法位移", EN: "illegal movement"},
		{ZH: "碰撞预警", EN: "collision warning"},
		{ZH: "侧翻预警", EN: "rollover warning"},
		{ZH: "非法开门", EN: "illegal door opening"},
	}
	if !version2019 {
		return names[bit]
	}
	switch bit {
	case 3:
		return event.Text{ZH: "危险驾驶行为", EN: "dangerous driving"}
	case 15:
		return event.Text{ZH: "违规行驶", EN: "illegal driving"}
	case 16:
		return event.Text{ZH: "胎压异常", EN: "tyre pressure"}
	case 17:
		return event.Text{ZH: "右转盲区异常", EN: "right-turn blind spot"}
	case 29:
		return event.Text{ZH: "碰撞侧翻报警", EN: "collision or rollover"}
	case 31:
		return event.Text{}
	}
	return names[bit]
}
