// Words of what is kept off the desk: shelved and suppressed alarms, maintenance windows, the calendar.
import type { Widen } from '../lib/zh';

const zh = {
  titles: { shelved: '搁置与抑制', maintenance: '检修窗口', calendar: '校历' },
  shelved: '已搁置', suppressed: '已抑制', oos: '停用', none: '没有', what: '告警', site: '单位', until: '恢复时间', left: '剩余', reason: '原因', since: '开始', unshelve: '取消搁置', inService: '恢复启用', by: '操作人',
  groups: { cause: '同因：上级告警代表', maintenance: '检修窗口内', chatter: '频繁触发，平稳后自动恢复' }, open: '查看', more: (n: number) => `另有 ${n} 条`, noEnd: '随上级告警',
  plan: '新建检修窗口', change: '修改', end: '立即结束', endSure: '确认结束', keep: '不结束', save: '保存', cancel: '取消', saving: '发送中…', saved: '已保存', ended: (who: string, t: string) => `${who} 于 ${t} 结束`,
  first: (who: string, t: string) => `已由 ${who} 于 ${t} 修改，已重新读取，请核对后再保存。`, offline: '连接中断，未送达；恢复后请重新提交。', all: '包括已结束',
  scope: '范围', township: '乡镇', kind: '设备类型', device: '设备编号', rule: '告警规则', any: '不限', once: '一次', weekly: '每周', how: '方式', from: '开始', to: '结束', days: '星期', start: '每天从', endAt: '到', firstDay: '首日（可不填）', lastDay: '末日（可不填）',
  week: { mon: '周一', tue: '周二', wed: '周三', thu: '周四', fri: '周五', sat: '周六', sun: '周日' }, hint: '检修窗口内的告警不提示，窗口结束后仍存在的立即恢复。紧急告警只有在指明设备或规则时才会被抑制。',
  needReason: '请填写原因', needScope: '至少指定单位、乡镇、设备类型、设备或规则之一', needTime: '请填写时间', order: '结束须晚于开始', needDays: '请选择星期', long: '最长 31 天',
  on: (t: string) => `进行中，至 ${t}`, nextAt: (t: string) => `下次 ${t}`, over: '没有下次', held: (n: number) => `正抑制 ${n} 条`, everywhere: '全县', state: '状态', times: '时间', overnight: '次日', onceWhen: (a: string, b: string) => `${a} 至 ${b}`, weeklyWhen: (d: string, a: string, b: string) => `${d} ${a}–${b}`,
  between: (a: string, b: string) => `（${a} 起，${b} 止）`,
  lists: { terms: '学期', holidays: '假期', make_up: '调休上课日', exams: '考试日' }, listHints: { terms: '不填则全年为学期。', holidays: '这些日子不上课。', make_up: '周末或假期中的上课日。', exams: '可设为无上课时段，考完即可离校。' },
  name: '名称', nameEn: '英文名称', dayFrom: '起', dayTo: '止', sites: '单位（不选为全部）', allSites: '全部单位', quiet: '无上课时段', add: '添加', remove: '移除', year: '学年一览', today: '今天', unsaved: '有未保存的修改', reset: '放弃修改', changed: (who: string, t: string) => `${who} 于 ${t} 修改`, readOnly: '只有全县管理员可以修改校历。', badDay: '请填写日期', badOrder: '止不得早于起', month: (n: number) => `${n} 月`, nSites: (n: number) => `${n} 个单位`,
  used: '检测规则、值守时间和在线率按此校历计算，修改后立即生效。', chart: '学年图：',
};

const en: Widen<typeof zh> = {
  titles: { shelved: 'Shelved & suppressed', maintenance: 'Maintenance windows', calendar: 'School calendar' },
  shelved: 'Shelved', suppressed: 'Suppressed', oos: 'Out of service', none: 'None', what: 'Alarm', site: 'Site', until: 'Back at', left: 'Left', reason: 'Reason', since: 'Since', unshelve: 'Unshelve', inService: 'Back in service', by: 'By',
  groups: { cause: 'Another alarm stands for them', maintenance: 'Within a maintenance window', chatter: 'Chattering; back when quiet' }, open: 'Look', more: (n) => `${n} more`, noEnd: 'with its cause',
  plan: 'Plan a window', change: 'Change', end: 'End now', endSure: 'End it', keep: 'Keep it', save: 'Save', cancel: 'Cancel', saving: 'Sending…', saved: 'Saved', ended: (who, t) => `Ended by ${who} at ${t}`,
  first: (who, t) => `Changed by ${who} at ${t}; read anew. Look again before you save.`, offline: 'Disconnected: not delivered. Submit again when the connection is back.', all: 'Ended ones too',
  scope: 'Scope', township: 'Township', kind: 'Kind of device', device: 'Device id', rule: 'Rule', any: 'Any', once: 'Once', weekly: 'Weekly', how: 'How often', from: 'From', to: 'To', days: 'Weekdays', start: 'Daily from', endAt: 'to', firstDay: 'First day (optional)', lastDay: 'Last day (optional)',
  week: { mon: 'Mon', tue: 'Tue', wed: 'Wed', thu: 'Thu', fri: 'Fri', sat: 'Sat', sun: 'Sun' }, hint: 'Alarms within a window are kept off the desk; those that still stand come back at its end. Critical ones are suppressed only where device or rule is named.',
  needReason: 'A reason is needed', needScope: 'Name a site, township, kind, device or rule', needTime: 'A time is needed', order: 'The end must be after the begin', needDays: 'Choose weekdays', long: 'At most 31 days',
  on: (t) => `On, until ${t}`, nextAt: (t) => `Next ${t}`, over: 'Not again', held: (n) => `Suppresses ${n} now`, everywhere: 'Whole county', state: 'State', times: 'When', overnight: 'next day', onceWhen: (a, b) => `${a} to ${b}`, weeklyWhen: (d, a, b) => `${d} ${a}–${b}`,
  between: (a, b) => ` (from ${a}, until ${b})`,
  lists: { terms: 'Terms', holidays: 'Holidays', make_up: 'Make-up school days', exams: 'Exam days' }, listHints: { terms: 'None: the whole year is term.', holidays: 'No school on these days.', make_up: 'School days on weekends or in holidays.', exams: 'May be without class hours: pupils leave when done.' },
  name: 'Name (Chinese)', nameEn: 'Name', dayFrom: 'From', dayTo: 'To', sites: 'Sites (none: all)', allSites: 'All sites', quiet: 'No class hours', add: 'Add', remove: 'Take out', year: 'The school year', today: 'Today', unsaved: 'Not saved yet', reset: 'Drop changes', changed: (who, t) => `Changed by ${who} at ${t}`, readOnly: 'Only an administrator of the county can change the calendar.', badDay: 'A day is needed', badOrder: 'To is before from', month: (n) => ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][n - 1] ?? String(n), nSites: (n) => `${n} ${n === 1 ? 'site' : 'sites'}`,
  used: 'Rules, duty hours and uptime follow this calendar; a change works at once.', chart: 'The school year: ',
};

export const words = { zh, en };
