// Words of the page of devices that are not as they should be.
import type { Widen } from '../lib/zh';

const zh = {
  tabs: { unknown: '未登记', silent: '失联', flapping: '频繁掉线', clock: '时钟错误' }, none: { unknown: '所有上报的设备均已登记', silent: '没有失联的设备', flapping: '没有频繁掉线的设备', clock: '没有时钟错误的设备' },
  device: '设备', site: '单位', kind: '类型', seen: '最后上报', silentFor: '失联时长', last: '最近内容', adopt: '登记', adoptTitle: '登记设备', reports: (id: string) => `上报为 ${id}`, fixed: '该设备自报单位和编号，只能按此登记。', free: '未带单位上报，可指定单位和编号。', newId: '设备编号', nameZh: '中文名称', nameEn: '英文名称', place: '位置', addresses: '其他协议地址（每行一个）',
  adopted: (id: string) => `已登记为 ${id}`, needSite: '请选择单位', needName: '请填写中文或英文名称', never: '从未上报', since: '开始', count: '次数', value: '偏差', alarm: '查看告警', last24: '24 小时内', registry: '登记册', filter: '单位', chatter: '频繁告警', reason: '原因',
};

const en: Widen<typeof zh> = {
  tabs: { unknown: 'Unknown', silent: 'Silent', flapping: 'Flapping', clock: 'Wrong clock' }, none: { unknown: 'Every device that reports is in the registry', silent: 'No device is silent', flapping: 'No device is flapping', clock: 'No clock is wrong' },
  device: 'Device', site: 'Site', kind: 'Kind', seen: 'Last heard', silentFor: 'Silent for', last: 'Last said', adopt: 'Adopt', adoptTitle: 'Adopt a device', reports: (id) => `Reports as ${id}`, fixed: 'It names its site and itself, and can be adopted as that only.', free: 'It reports without a site: choose site and id.', newId: 'Device id', nameZh: 'Name, Chinese', nameEn: 'Name, English', place: 'Place', addresses: 'Other protocol addresses (one a line)',
  adopted: (id) => `Adopted as ${id}`, needSite: 'Choose a site', needName: 'A name in one of the languages is needed', never: 'Never heard', since: 'Since', count: 'Times', value: 'Off by', alarm: 'Open the alarm', last24: 'Within 24 hours', registry: 'Registry', filter: 'Site', chatter: 'Chattering alarms', reason: 'Reason',
};

export const words = { zh, en };
