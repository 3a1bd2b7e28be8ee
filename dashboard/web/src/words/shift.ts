// Words of the hand-over sheet.
import type { Widen } from '../lib/zh';

const zh = {
  title: '交接班单', from: '本班开始', to: '至', site: '单位', apply: '生成', watch8: '最近 8 小时', watch12: '最近 12 小时', watch24: '最近 24 小时', badSpan: '结束须晚于开始，且不超过 48 小时', print: '打印交接班单',
  made: (t: string) => `生成于 ${t}`, span: (a: string, b: string) => `${a} 至 ${b}`, by: (who: string) => `制表 ${who}`, summary: '本班概况', raised: '新告警', closed: '已结束', help: '请求支援', open: '未结束',
  unack: '待确认', acked: '已确认未结束', shelved: '已搁置', oos: '停用', suppressed: '已抑制', notes: '本班处置', maintenance: '检修窗口', flood: (n: number) => `目前处于告警洪泛，10 分钟内新增 ${n} 条`, calm: '目前没有告警洪泛',
  none: '无', site2: '单位', what: '告警', since: '开始', who: '处理人', note: '说明', until: '恢复时间', time: '时间', person: '人员', action: '操作', cut: (n: number) => `只列出前 ${n} 条`, window: '范围', reason: '原因', times: '时间',
  audit: '审计链', auditHint: (n: number) => `第 ${n} 条`, sign: '交班人', signNext: '接班人', signTime: '交接时间', wholeSite: '全站', actions: '操作次数', everything: '全县', offline: '连接中断，无法生成；以下为之前生成的内容。', extra: '补充说明', extraHint: '交接时需要口头强调的事项（随单打印，不保存）',
};

const en: Widen<typeof zh> = {
  title: 'Hand-over sheet', from: 'Watch began', to: 'until', site: 'Site', apply: 'Make', watch8: 'Last 8 hours', watch12: 'Last 12 hours', watch24: 'Last 24 hours', badSpan: 'The end must be after the begin, at most 48 hours', print: 'Print the sheet',
  made: (t) => `Made ${t}`, span: (a, b) => `${a} to ${b}`, by: (who) => `by ${who}`, summary: 'The watch in short', raised: 'New alarms', closed: 'Ended', help: 'Calls for help', open: 'Not ended',
  unack: 'Not acknowledged', acked: 'Acknowledged, not ended', shelved: 'Shelved', oos: 'Out of service', suppressed: 'Suppressed', notes: 'What was done', maintenance: 'Maintenance', flood: (n) => `In flood now: ${n} new alarms in 10 minutes`, calm: 'No flood now',
  none: 'None', site2: 'Site', what: 'Alarm', since: 'Since', who: 'Assigned to', note: 'Note', until: 'Back at', time: 'Time', person: 'By', action: 'Action', cut: (n) => `Only the first ${n} are listed`, window: 'Of', reason: 'Reason', times: 'When',
  audit: 'Audit chain', auditHint: (n) => `entry ${n}`, sign: 'Handed over by', signNext: 'Taken over by', signTime: 'At', wholeSite: 'Whole site', actions: 'Actions', everything: 'Whole county', offline: 'Disconnected: cannot be made; below is what was made before.', extra: 'To be said besides', extraHint: 'What to stress by word of mouth (printed, not kept)',
};

export const words = { zh, en };
