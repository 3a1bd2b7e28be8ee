// Words of the video wall.
import type { Widen } from '../lib/zh';

const zh = {
  title: '校园安全监测大屏', leave: '退出大屏', leaveHint: '退出大屏（Esc）', alarms: '告警', map: '位置图', cameras: '摄像头', buses: '校车', gates: '门禁', panels: '画面',
  next: (s: number, name: string) => `${s} 秒后切换：${name}`, held: '有紧急告警未确认，停止轮播', fixed: '固定画面', paused: '已暂停轮播（空格继续）',
  unack: '未确认', camerasOnline: '摄像头在线', busesOut: '校车行驶', inside: '今日进校', fever: '体温异常', silent: '失联/离线',
  age: (s: string) => `数据 ${s}前`, fresh: '数据实时', noData: '尚无数据', lost: (t: string) => `连接中断 数据截至 ${t}`, live: '实时', awake: '常亮', sleepy: '浏览器不能保持屏幕常亮', newBuild: '新版本待刷新',
  noAlarms: '当前没有待处理告警', more: (n: number) => `另有 ${n} 条`, township: '乡镇', online: '在线', offline: '离线', stale: '失联', rate: '在线率', bus: '车辆', route: '线路', delay: '准点', speed: 'km/h', riders: '学生', noBuses: '没有校车在行驶', buseson: (n: number, all: number) => `行驶中 ${n} / ${all}`,
  site: '单位', enter: '进校', exit: '出校', visitors: '访客在校', denied: '拒绝', checked: '测温', recent: '最近通行', noGates: '今日尚无通行', ofTotal: (n: string) => `/ ${n}`, mapLabel: '全县地图：单位、告警与校车', mapNote: '点为单位，颜色与图形表示最高级别告警；车形为行驶中的校车，斜线表示位置已旧',
};

const en: Widen<typeof zh> = {
  title: 'Campus safety', leave: 'Leave the wall', leaveHint: 'Leave the wall (Esc)', alarms: 'Alarms', map: 'Map', cameras: 'Cameras', buses: 'Buses', gates: 'Gates', panels: 'Views',
  next: (s, name) => `in ${s} s: ${name}`, held: 'A critical alarm waits: the views stand still', fixed: 'One view', paused: 'Standing still (Space goes on)',
  unack: 'unacked', camerasOnline: 'Cameras online', busesOut: 'Buses on a trip', inside: 'Came in today', fever: 'Fevers', silent: 'Silent or down',
  age: (s) => `Data ${s} old`, fresh: 'Data as of now', noData: 'No data yet', lost: (t) => `Disconnected, data as of ${t}`, live: 'Live', awake: 'Awake', sleepy: 'This browser cannot keep the screen awake', newBuild: 'New version waits',
  noAlarms: 'Nothing waits for anybody', more: (n) => `and ${n} more`, township: 'Township', online: 'Online', offline: 'Down', stale: 'Silent', rate: 'Online', bus: 'Bus', route: 'Route', delay: 'Timetable', speed: 'km/h', riders: 'Pupils', noBuses: 'No bus is on a trip', buseson: (n, all) => `${n} of ${all} on a trip`,
  site: 'Site', enter: 'In', exit: 'Out', visitors: 'Visitors', denied: 'Denied', checked: 'Checked', recent: 'Last passages', noGates: 'Nobody has passed today', ofTotal: (n) => `of ${n}`, mapLabel: 'Map of the county: sites, alarms and buses', mapNote: 'Dots are sites, their shape and colour the worst alarm; buses on a trip, hatched: not seen lately',
};

export const words = { zh, en };
