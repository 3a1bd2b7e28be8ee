// Words of the page about who is told of alarms, and how.
import type { Widen } from '../lib/zh';

const zh = {
  tabs: { receivers: '接收方', log: '发送记录', rota: '值班表', quiet: '免打扰' }, receiver: '接收方', type: '方式', rate: '每分钟上限', last: '最近发送', never: '尚未发送', health: '状态', works: '正常', fails: '失败', test: '发送测试', tested: '测试已送达', testFailed: (why: string) => `测试未送达：${why}`, toWhom: '发给（空 = 接收方本身）', none: '没有设置接收方', noLog: '没有符合条件的记录',
  routes: '分发规则', policies: '升级策略', noRoutes: '没有分发规则', minSeverity: '级别不低于', hours: '时间', to: '通知', policy: '升级策略', after: (m: string) => `${m} 后`, everywhere: '全部', goOn: '继续匹配', cleared: '恢复也通知',
  states: { queued: '排队', sending: '发送中', sent: '已送达', failed: '将重试', dead: '放弃', skipped: '跳过' } as Record<string, string>, reasons: { raise: '触发', escalate: '升级', clear: '恢复', handover: '交接', test: '测试' } as Record<string, string>, state: '状态', reason: '原因', person: '人员', alarm: '告警', time: '时间', tries: '次数', error: '说明', done: '完成', folded: '合并发送',
  onCall: (who: string) => `当前值班：${who}`, nobody: '无人，通知后备', gaps: (n: number) => `今后 14 天有 ${n} 处空班`, noGaps: '今后 14 天无空班', weekly: '每周班次', dated: '指定日期班次', overrides: '替班', add: '添加', remove: '移除', from: '起', end: '止', days: '星期', person0: '请选择人员', badTime: '请填写时间', week: '本周', nextWeek: '下周', picture: '两周值班图', gap: '空班', rota: '值班表', noRotas: '配置中没有值班表', changed: (who: string, at: string) => `${who} 于 ${at} 修改`, overtaken: '他人已修改此值班表，已读取最新版本，请核对后再保存。', dirty: '有未保存的修改', hint: '替班优先于指定日期，指定日期优先于每周班次；同类班次不得重叠。', noShifts: '没有班次',
  quietHint: '免打扰时间内只通知紧急告警，其余等到结束；起止留空表示没有。', onlyOwn: '只能修改自己的免打扰时间，管理员可修改所有人的。', noPeople: '配置中没有人员', notSet: '通知未配置', retry: '重新发送',
};

const en: Widen<typeof zh> = {
  tabs: { receivers: 'Receivers', log: 'Delivery log', rota: 'Rota', quiet: 'Quiet hours' }, receiver: 'Receiver', type: 'Way', rate: 'At most a minute', last: 'Last message', never: 'None yet', health: 'State', works: 'Works', fails: 'Fails', test: 'Send a test', tested: 'The test was delivered', testFailed: (why) => `The test was not delivered: ${why}`, toWhom: 'To (empty = the receiver itself)', none: 'No receiver is set up', noLog: 'Nothing matches',
  routes: 'Routes', policies: 'Escalation', noRoutes: 'No routes', minSeverity: 'From severity', hours: 'Hours', to: 'Tells', policy: 'Escalation', after: (m) => `after ${m}`, everywhere: 'everything', goOn: 'goes on', cleared: 'also when cleared',
  states: { queued: 'Queued', sending: 'Sending', sent: 'Delivered', failed: 'To be tried again', dead: 'Given up', skipped: 'Skipped' }, reasons: { raise: 'Raised', escalate: 'Escalated', clear: 'Cleared', handover: 'Hand-over', test: 'Test' }, state: 'State', reason: 'Reason', person: 'Person', alarm: 'Alarm', time: 'Time', tries: 'Tries', error: 'Remark', done: 'Done', folded: 'folded into one',
  onCall: (who) => `On call now: ${who}`, nobody: 'nobody; the fallback is told', gaps: (n) => `${n} gaps within 14 days`, noGaps: 'No gap within 14 days', weekly: 'Every week', dated: 'On dates', overrides: 'Stand-ins', add: 'Add', remove: 'Remove', from: 'From', end: 'To', days: 'Weekdays', person0: 'Choose a person', badTime: 'A time is needed', week: 'This week', nextWeek: 'Next week', picture: 'Two weeks of duty', gap: 'gap', rota: 'Rota', noRotas: 'The settings name no rota', changed: (who, at) => `Changed by ${who} at ${at}`, overtaken: 'Somebody has changed this rota. It was read anew: look again before you save.', dirty: 'Changed, not saved', hint: 'A stand-in goes before a date, and that before the week; shifts of one kind do not overlap.', noShifts: 'No shifts',
  quietHint: 'In quiet hours a person is told only what is critical; the rest waits for their end. Both ends empty: none.', onlyOwn: 'You may change your own; administrators anybody’s.', noPeople: 'The settings name nobody', notSet: 'Notification is not set up', retry: 'Send again',
};

export const words = { zh, en };
