// Words of the list of alarms and of one alarm.
import type { Widen } from '../lib/zh';

const zh = {
  detail: '告警详情', back: '返回列表', notFound: '没有这条告警，或不在您的权限范围内。', loading: '加载中…', site: '单位', device: '设备', wholeSite: '全站', condition: '现场状态', standing: '仍在持续',
  over: '已恢复', values: '数值', limit: '限值', count: '次数', started: '开始', cleared: '恢复', acked: '确认人', shelvedUntil: (t: string) => `搁置至 ${t}`, cause: '可能原因',
  causedBy: '上级告警', members: (n: number) => `被抑制 ${n} 条`, late: '补传数据，不发声', devices: '相关设备', audit: '处理记录', system: '系统', hours: (n: number) => `${n} 小时`, state: '状态',
  any: '全部', rule: '规则', none: '没有符合条件的告警', more: '更多',
};

const en: Widen<typeof zh> = {
  detail: 'Alarm', back: 'Back to the list', notFound: 'There is no such alarm, or it is outside your scope.', loading: 'Loading…', site: 'Site', device: 'Device',
  wholeSite: 'whole site', condition: 'Condition', standing: 'still holds', over: 'over', values: 'Values', limit: 'Limit', count: 'Count', started: 'Started',
  cleared: 'Returned', acked: 'Acknowledged by', shelvedUntil: (t) => `Shelved until ${t}`, cause: 'Likely cause', causedBy: 'Caused by',
  members: (n) => `${n} suppressed`, late: 'Late data, no sound', devices: 'Devices', audit: 'History', system: 'system',
  hours: (n) => `${n} ${n === 1 ? 'hour' : 'hours'}`, state: 'State', any: 'Any', rule: 'Rule', none: 'No alarm matches', more: 'More',
};

export const words = { zh, en };
