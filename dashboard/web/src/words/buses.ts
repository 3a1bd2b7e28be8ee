// Words of the bus pages.
import type { Widen } from '../lib/zh';

const zh = {
  title: '校车', list: '校车列表', map: '位置图', search: '车牌、线路、车号', none: '没有校车', noMatch: '没有符合条件的校车', wall: '大屏', all: '全部', onTrip: '行驶中', late: '晚点', trouble: '有告警或失联', filter: '筛选',
  bus: '车辆', route: '线路', state: '状态', delay: '准点', speed: '速度', riders: '车上学生', pupils: '学生', age: '位置时间', noRoute: '未定线路', parked: '停驶', running: '行驶中', sos: '求助', nofix: '未定位',
  ridersOf: (n: string, of: string) => `${n} / ${of} 人`, ridersN: (n: string) => `${n} 人`, unknown: '未知', ago: (s: string) => `${s}前`, oldPosition: (s: string) => `位置已 ${s}未更新`, never: '从未上报',
  onTime: '准点', lateBy: (n: string) => `晚 ${n} 分`, earlyBy: (n: string) => `早 ${n} 分`, unscheduled: '非时刻表班次', noTimetable: '无时刻表', limit: (n: string) => `限速 ${n}`, over: '超速', full: '超载',
  sum: (n: number, running: number, late: number) => `共 ${n} 辆，行驶中 ${running}，晚点 ${late}`,
  back: '返回校车', notFound: '没有这辆校车，或无权查看', plate: '车牌', school: '所属单位', seen: '位置', direction: '方向', there: '往学校', home: '返程', next: '下一站', nextDue: (t: string) => `应到 ${t}`, nextAt: (t: string) => `预计 ${t}`, offRoute: '距线路', m: (n: string) => `${n} 米`, corridor: (n: string) => `走廊 ${n} 米`,
  departure: '班次', stops: '站点时刻', stop: '站点', planned: '应到', actual: '实到', difference: '差', noStops: '该线路没有站点', notYet: '未到', noTrip: '该时段没有班次行驶', alarms: '本车告警', noAlarms: '没有未结束的告警', trail: '轨迹时长', minutes: (n: number) => `${n} 分钟`, live: '实时', replay: '回放',
  day: '日期', at: '时间', play: '播放', pause: '暂停', rate: '倍速', times: (n: number) => `${n}×`, slider: '回放时间', sliderHint: '← → 逐点，PgUp PgDn 一分钟，Home End 首尾', loading: '正在读取轨迹…', failed: '读取轨迹失败', retry: '重试', noTrail: '该时段没有位置记录', truncated: '记录过多，只显示最后一部分', points: (n: string) => `${n} 条位置`, gap: (s: string) => `此后 ${s}没有位置记录`, offline: '连接中断，无法读取', toLive: '回到实时', speedStrip: '车速', speedMax: (n: string) => `最高 ${n} km/h`, mapLabel: '校车线路与位置图，方向键平移，加减号缩放；旁边的列表里有相同的内容', noLine: '未登记线路走向，仅显示位置', asOf: (t: string) => `截至 ${t}`, lateData: '补传',
};

const en: Widen<typeof zh> = {
  title: 'School buses', list: 'Buses', map: 'Map', search: 'Plate, route, bus', none: 'No school buses', noMatch: 'No bus is like that', wall: 'Video wall', all: 'All', onTrip: 'On a trip', late: 'Late', trouble: 'Alarm or silent', filter: 'Filter',
  bus: 'Bus', route: 'Route', state: 'State', delay: 'Timetable', speed: 'Speed', riders: 'Pupils aboard', pupils: 'Pupils', age: 'Position', noRoute: 'No route', parked: 'Parked', running: 'On a trip', sos: 'SOS', nofix: 'No fix',
  ridersOf: (n, of) => `${n} of ${of}`, ridersN: (n) => `${n}`, unknown: 'Unknown', ago: (s) => `${s} ago`, oldPosition: (s) => `No position for ${s}`, never: 'Never reported',
  onTime: 'On time', lateBy: (n) => `${n} min late`, earlyBy: (n) => `${n} min early`, unscheduled: 'Not in the timetable', noTimetable: 'No timetable', limit: (n) => `limit ${n}`, over: 'Too fast', full: 'Too full',
  sum: (n, running, late) => `${n} buses, ${running} on a trip, ${late} late`,
  back: 'All buses', notFound: 'There is no such bus, or you may not see it', plate: 'Plate', school: 'Site', seen: 'Position', direction: 'Direction', there: 'To school', home: 'Homewards', next: 'Next stop', nextDue: (t) => `due ${t}`, nextAt: (t) => `expected ${t}`, offRoute: 'Off the route', m: (n) => `${n} m`, corridor: (n) => `corridor ${n} m`,
  departure: 'Departure', stops: 'Stops', stop: 'Stop', planned: 'Due', actual: 'There', difference: 'Difference', noStops: 'This route has no stops', notYet: 'not yet', noTrip: 'No trip at this time', alarms: 'Alarms of this bus', noAlarms: 'No open alarms', trail: 'Trail', minutes: (n) => `${n} minutes`, live: 'Live', replay: 'Replay',
  day: 'Day', at: 'Time', play: 'Play', pause: 'Pause', rate: 'Speed of replay', times: (n) => `${n}×`, slider: 'Time of replay', sliderHint: '← → a point, PgUp PgDn a minute, Home End ends', loading: 'Reading the trail…', failed: 'The trail could not be read', retry: 'Try again', noTrail: 'No positions in this time', truncated: 'Too many records: only the last part', points: (n) => `${n} positions`, gap: (s) => `no position for ${s} after this`, offline: 'Disconnected: it cannot be read', toLive: 'Back to live', speedStrip: 'Speed', speedMax: (n) => `at most ${n} km/h`, mapLabel: 'Map of bus routes and positions. Arrow keys move, plus and minus zoom; the lists beside it say the same', noLine: 'The route has no line: only the position is drawn', asOf: (t) => `as of ${t}`, lateData: 'sent later',
};

export const words = { zh, en };
