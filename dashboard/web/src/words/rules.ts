// Words of the rules' page.
import type { Widen } from '../lib/zh';

const zh = {
  editor: '规则文本（YAML）', version: (n: number, who: string, at: string) => `第 ${n} 版，${who} 于 ${at} 发布`, first: '尚未发布过规则', inForce: (n: number) => `网关执行第 ${n} 版`, pending: (n: number) => `第 ${n} 版尚未下发`, edited: '有未发布的修改', rules: (n: number) => `${n} 条规则`,
  checking: '检查中…', good: (n: number) => `检查通过，${n} 条规则`, faults: (n: number) => `${n} 处错误`, at: (l: number, c: number) => `第 ${l} 行第 ${c} 列`, note: '修改说明', needNote: '请写明改了什么、为什么', publish: '发布', published: (n: number) => `已发布为第 ${n} 版`, overtaken: '他人已发布新版本。以下保留您的文本；请与新版本比较后再发布。', reload: '读取最新版本',
  reset: '放弃修改', changes: '与当前版本比较', same: '没有差别', lines: (a: number, d: number) => `增 ${a} 行，删 ${d} 行`, cannot: '文本有错误，不能发布。',
  tabs: { edit: '编辑', history: '历史版本', backtest: '回放测试' }, noVersions: '没有历史版本', restored: (n: number) => `恢复自第 ${n} 版`, compare: (a: number, b: number) => `第 ${a} 版 → 第 ${b} 版`, rollback: '恢复此版本', rolledBack: (n: number) => `已恢复，成为第 ${n} 版`, toEditor: '放入编辑器', current: '当前',
  from: '起', to: '止', operators: '值班人数', run: '开始测试', cancelRun: '取消', ofText: '使用编辑器中的文本', ofTextHint: '用录制的数据回放规则，不产生真实告警，最长 31 天。', states: { runs: '进行中', done: '完成', failed: '失败', cancelled: '已取消' } as Record<string, string>, badSpan: '止须晚于起，最长 31 天', badOperators: '1 至 1000 的整数', busyRun: '已有测试在进行，请先取消或等待。',
  progress: (p: string, e: string, r: string) => `${p} %，已读 ${e} 条事件，触发 ${r} 次`, byDay: '每日告警数', byRule: '按规则', bySite: '按单位', load: '值班负荷', perHour: '每人每小时', peakHour: '最忙一小时（全体）', peak10: '最忙 10 分钟（全体）', peakAt: '出现在', flood: '洪泛时间占比', standing: '结束时仍持续', raised: '触发次数', events: '事件', examples: '举例', failures: '执行失败', noRun: '还没有测试过',
  limitLine: (n: string) => `虚线：每人每小时 6 条，合每日 ${n} 条`, ranBy: (who: string, at: string) => `${who} 于 ${at} 开始`, rule: '规则', count: '次数', what: '内容', readOnly: '值班员可以检查和测试，发布由管理员进行。', line: '行', goTo: '转到该行', share: '占比',
};

const en: Widen<typeof zh> = {
  editor: 'Text of the rules (YAML)', version: (n, who, at) => `Version ${n}, published by ${who} at ${at}`, first: 'No rules were published yet', inForce: (n) => `gateways have version ${n}`, pending: (n) => `version ${n} has not gone out yet`, edited: 'Changed, not published', rules: (n) => `${n} rules`,
  checking: 'Checking…', good: (n) => `No fault, ${n} rules`, faults: (n) => `${n} faults`, at: (l, c) => `Line ${l}, column ${c}`, note: 'What was changed', needNote: 'Say what was changed, and why', publish: 'Publish', published: (n) => `Published as version ${n}`, overtaken: 'Somebody has published another version. Your text is kept here: compare it with theirs before you publish.', reload: 'Read the newest version',
  reset: 'Drop my changes', changes: 'Compare with the present version', same: 'No difference', lines: (a, d) => `${a} lines added, ${d} taken away`, cannot: 'The text has faults and cannot be published.',
  tabs: { edit: 'Edit', history: 'Versions', backtest: 'Back-test' }, noVersions: 'No versions', restored: (n) => `brought back from ${n}`, compare: (a, b) => `Version ${a} → ${b}`, rollback: 'Bring this version back', rolledBack: (n) => `Brought back as version ${n}`, toEditor: 'Put into the editor', current: 'present',
  from: 'From', to: 'To', operators: 'Operators', run: 'Run', cancelRun: 'Cancel', ofText: 'The text in the editor is run', ofTextHint: 'Runs the rules over recorded days, at most 31, and alarms nobody.', states: { runs: 'Runs', done: 'Done', failed: 'Failed', cancelled: 'Cancelled' }, badSpan: 'The end must be after the begin, at most 31 days', badOperators: 'A whole number from 1 to 1000', busyRun: 'Another one runs: cancel it or wait.',
  progress: (p, e, r) => `${p} %, ${e} events read, raised ${r} times`, byDay: 'Alarms by day', byRule: 'By rule', bySite: 'By site', load: 'Load of the operators', perHour: 'Each operator, an hour', peakHour: 'Busiest hour, all', peak10: 'Busiest 10 minutes, all', peakAt: 'It began', flood: 'Share of time in flood', standing: 'Standing at the end', raised: 'Raised', events: 'Events', examples: 'Examples', failures: 'Failed', noRun: 'None has run yet',
  limitLine: (n) => `Dashed: 6 an hour for each operator, ${n} a day`, ranBy: (who, at) => `Begun by ${who} at ${at}`, rule: 'Rule', count: 'Times', what: 'What', readOnly: 'Operators may check and try rules; administrators publish them.', line: 'Line', goTo: 'Go to the line', share: 'Share',
};

export const words = { zh, en };
