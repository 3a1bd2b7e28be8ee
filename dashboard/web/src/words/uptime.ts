// Words of the pages about how long devices were up.
import type { Widen } from '../lib/zh';

const zh = {
  nav: { label: '在线率', uptime: '在线率', reports: '月度报告' },
  tabs: { label: '视图', rates: '在线率', outages: '中断', restated: '更正', targets: '目标' },
  county: '全县', path: '位置', kind: '设备类型', range: '时段', by: '统计到', site: '单位',
  ranges: { d7: '近 7 天', d30: '近 30 天', month: '本月', last: '上月', own: '自选' },
  levels: { township: '乡镇', site: '单位', device: '设备' },
  from: '开始日期', to: '结束日期', badDays: '请填写有效日期，最多 366 天，开始不晚于结束',
  online: '在线率', recorded: '录像完整率', usable: '图像可用率', lost: '未在线时长', base: '观测时长', devices: '设备', causes: '原因构成', outages: '中断', longest: '最长', na: '无数据', name: '名称',
  nDevices: (n: string) => `${n} 台`, hours: (h: string) => `${h} 小时`, target: (p: string) => `目标 ${p} %`, noTarget: '未设目标', met: '达标', missed: '未达标', before: (p: string) => `前期 ${p}`, points: (d: string) => `${d} 点`,
  onBase: (h: string) => `基数 ${h} 设备小时`, expected: (h: string) => `应录 ${h} 小时`, looked: (h: string) => `已检图 ${h} 小时`, noBefore: '前期无数据',
  deviceHours: '设备小时', service: '服务时段', serviceText: (m: string, o: string) => `检修 ${m}，非服务时段 ${o}，均不计入`,
  cause: { device: '设备自身', power: '学校供电或交换机', gateway: '网关', network: '网络', centre: '中心', unobserved: '未观测' },
  cameraCause: '摄像头', letter: { device: '设', power: '电', gateway: '关', network: '网', centre: '中', unobserved: '未' },
  causeHint: '在线率只按观测到的服务时间计算。供电、网关、网络、中心造成的中断与未观测时间单列，不算在线，也不算设备离线；没有观测到时显示“无数据”，不显示 100 %。', causeTitle: '观测时段内未在线的原因', noLoss: '无中断', noneSeen: '观测时段内无中断',
  days: '每日在线率', dayHint: '左右键选择日期，回车查看', dayOf: (d: string, p: string) => `${d}：${p}`, notComputed: '未计算', chosen: (d: string) => `${d} 当日`, closeDay: '收起', missing: (n: string) => `${n} 天未计算，未计入`, timeline: '当日时间线', moreDevices: (n: string) => `另有 ${n} 台未列出`, spansAt: '选择一所学校后显示逐台时间线',
  print: '打印', none: '该时段没有数据', loading: '读取中…', again: '重试', asOf: (a: string) => `截至 ${a}`,
  cause_: '原因', all: '全部', when: '起止', length: '时长', evidence: '依据', open: '尚未恢复', alarms: (n: string) => `告警 ${n}`, noAlarm: '无告警', spans: (n: string) => `时间段 ${n}`, moreOutages: (n: string) => `仅列最长的 ${n} 次`, noOutages: '该时段没有中断', what: '设备',
  restated: { at: '更正时间', day: '日期', why: '缘由', before: '原数据', after: '更正后', none: '该时段没有更正', more: '更多', nothing: '无', gone: '不再计入', hint: '日结果算出后，补传数据、录像检查或告警变更会使其重算；改动全部留痕，不可删除。', lost: (s: string) => `离线 ${s}` },
  why: { checks: '录像检查到达', late_data: '补传数据', alarms: '告警或检修变更' },
  targetHint: '填写 0 到 100；留空表示不设目标。', save: '保存', saved: '已保存', sending: '发送中…', failed: '未成功', refused: '连接中断，此操作需联网，未发送', badPct: '填写 0 到 100 的数', conflict: '他人刚刚修改过，已刷新，请核对后再试', setBy: (who: string, at: string) => `${who} ${at}`, byDefault: '默认值', cameraOnly: '仅摄像头',
  inHours: (h: string) => `${h} 时`,
};

const en: Widen<typeof zh> = {
  nav: { label: 'Uptime', uptime: 'Uptime', reports: 'Monthly reports' },
  tabs: { label: 'View', rates: 'Rates', outages: 'Outages', restated: 'Restatements', targets: 'Targets' },
  county: 'County', path: 'Where', kind: 'Kind', range: 'Range', by: 'Per', site: 'Site',
  ranges: { d7: 'Last 7 days', d30: 'Last 30 days', month: 'This month', last: 'Last month', own: 'Own days' },
  levels: { township: 'Township', site: 'Site', device: 'Device' },
  from: 'First day', to: 'Last day', badDays: 'Give two days, the first not after the last, at most 366 days',
  online: 'Online', recorded: 'Recorded', usable: 'Image usable', lost: 'Not online', base: 'Observed', devices: 'Devices', causes: 'Causes', outages: 'Outages', longest: 'Longest', na: 'n/a', name: 'Name',
  nDevices: (n) => `${n} devices`, hours: (h) => `${h} h`, target: (p) => `target ${p} %`, noTarget: 'no target', met: 'met', missed: 'missed', before: (p) => `before: ${p}`, points: (d) => `${d} points`,
  onBase: (h) => `of ${h} device hours`, expected: (h) => `of ${h} h to record`, looked: (h) => `of ${h} h looked at`, noBefore: 'nothing known before',
  deviceHours: 'device hours', service: 'Service time', serviceText: (m, o) => `maintenance ${m}, off hours ${o}: neither counts`,
  cause: { device: 'The device', power: "School's power or switch", gateway: 'Gateway', network: 'Network', centre: 'Centre', unobserved: 'Unobserved' },
  cameraCause: 'The camera', letter: { device: 'D', power: 'P', gateway: 'G', network: 'N', centre: 'C', unobserved: 'U' },
  causeHint: 'Percentages stand on observed service time only. What power, gateway, network or centre took away, and what nobody observed, is told apart: it is neither uptime nor downtime. Nothing observed is "n/a", never 100 %.', causeTitle: 'Why time was not online', noLoss: 'no outage', noneSeen: 'none while observed',
  days: 'Online by day', dayHint: 'Arrow keys choose a day, Enter opens it', dayOf: (d, p) => `${d}: ${p}`, notComputed: 'not computed', chosen: (d) => `The day ${d}`, closeDay: 'Close', missing: (n) => `${n} days not computed: left out`, timeline: 'Timeline of the day', moreDevices: (n) => `${n} more are not shown`, spansAt: 'Choose a site to see each device by time',
  print: 'Print', none: 'No data in this range', loading: 'Loading…', again: 'Try again', asOf: (a) => `As of ${a}`,
  cause_: 'Cause', all: 'All', when: 'From – to', length: 'Length', evidence: 'Evidence', open: 'goes on', alarms: (n) => `alarm ${n}`, noAlarm: 'no alarm', spans: (n) => `${n} spans`, moreOutages: (n) => `Only the ${n} longest`, noOutages: 'No outage in this range', what: 'Device',
  restated: { at: 'Restated', day: 'Day', why: 'Why', before: 'Before', after: 'After', none: 'Nothing was restated in this range', more: 'More', nothing: 'nothing', gone: 'counts no more', hint: 'A day is computed again when late data, checks of recordings or changed alarms come in. Every change is kept and cannot be deleted.', lost: (s) => `down ${s}` },
  why: { checks: 'checks of recordings', late_data: 'late data', alarms: 'alarms or maintenance' },
  targetHint: '0 to 100; empty asks for nothing.', save: 'Save', saved: 'Saved', sending: 'Sending…', failed: 'Failed', refused: 'Disconnected: this needs the server. Nothing was sent', badPct: 'Give a number from 0 to 100', conflict: 'Somebody has just changed it. It was fetched again: look, then try again', setBy: (who, at) => `${who} ${at}`, byDefault: 'default', cameraOnly: 'cameras only',
  inHours: (h) => `${h}:00`,
};

export const words = { zh, en };
