// Words of what guards do besides visitors and duty: leaves, care, the watch list, warnings.
import type { Widen } from '../lib/zh';

const zh = {
  tab: { visitors: '访客', passes: '学生离校', duty: '值勤', care: '特别关照', watch: '布控名单' },
  // Leaves.
  ask: '登记离校申请', pupil: '门禁编号', pupilHint: '与门禁记录一致时自动核销告警', name: '姓名', class: '班级', reason: '事由', until: '批准截至', waiting: '待放行', ended: '今日已结束',
  noPasses: '没有待放行的学生', noEnded: '今天没有', guardian: '监护人', teacher: '班主任', guardianYes: '记录监护人确认', teacherYes: '班主任确认', who: '确认人姓名', how: '方式',
  hows: { phone: '电话', present: '当面', written: '书面' }, confirmed: (who: string, how: string, by: string, at: string) => `${who} ${how}确认，${by} ${at} 记录`, missing: '未确认',
  two: '两项确认须由两个不同的人给出', ready: '可以放行', notYet: '还不能放行：两项确认齐全前须留在校内', over: '批准时间已过', letOut: '放行', deny: '拒绝', denyWhy: '拒绝原因', left: '已放行', denied: '已拒绝', confirm: '确定',
  // Care.
  careTitle: '需要特别关照的学生', careNote: '只显示符号；查看说明会留下记录。', symbol: '符号', symbols: { escort: '须专人陪同', medical: '健康须知', handover: '只交指定人', mobility: '行动不便' }, look: '查看说明', looked: '本次查看已记录', hide: '收起', noCare: '没有登记',
  addCare: '登记特别关照', instruction: '给门卫的说明', instructionHint: '只写门卫要做什么，不写诊断', end: '结束',
  // Watch list.
  watchTitle: '布控名单', scope: '范围', county: '全县', here: '本单位', idNumber: '证件号', plate: '车牌', addWatch: '加入布控名单', watchHint: '姓名、证件号、车牌至少填一项', noWatch: '名单为空', watchNote: '访客登记与门禁车牌识别时比对；相符即告警。', unwatch: '移出名单', todo: '处置要求',
  // Warnings and alarms.
  warning: '布控名单相符', byPlate: (plate: string) => `车辆 ${plate}`, byVisitor: (name: string) => `访客 ${name}`, alarms: '本校告警', noAlarms: '没有未处理的告警', isTrue: '属实', isFalse: '误报', falseWhy: '误报原因', ackNow: '确认', details: '详情', byPass: '已批准离校', choosePass: '选择对应的离校批准', noApproved: '没有已获两项确认的离校批准', settle: '核销告警', more: (n: number) => `另有 ${n} 条`,
  // Posts.
  board: (n: number) => `全县护学岗 ${n} 个`, noSchool: '今日无课',
  // Certificates.
  certAdd: '登记保安员证', certRenew: '换证', certNumber: '证件编号', certUntil: '有效期至', days: (n: number) => `剩 ${n} 天`, withdraw: '注销', certHint: '换证：登记新证后旧证注销',
  // Names.
  reveal: '显示全名', revealWhy: '查看原因（将留下记录）', revealed: '已记录，一分钟后重新隐去',
  // Search.
  find: '按姓名找人', findGo: '查找', whole: '完整姓名', findNone: '没有找到', findHint: '输入完整姓名，按其门禁编号查找；每次查询都会留下记录',
  // Print.
  sheet: '门卫日志', printedAt: (at: string, by: string) => `${at} 由 ${by} 打印`, sign: '值班门卫签字', no: '序', inAt: '进入', outAt: '离开', nobody: '无', posts: '护学岗与值勤', approvals: '批准', counts: '当前在校人数', page: '门禁记录', rows: (n: number) => `共 ${n} 条`, filter: '条件', all: '全部',
  needed: '请填写', fault: '请检查此项', cancel: '取消', sending: '发送中…', saved: '已登记', kept: '已保存在本机，恢复连接后自动发送', refused: '服务器未接受，见上方待发送列表',
};

const en: Widen<typeof zh> = {
  tab: { visitors: 'Visitors', passes: 'Pupils leaving', duty: 'Duty', care: 'Special care', watch: 'Watch list' },
  ask: 'Write down a leave', pupil: 'Gate id', pupilHint: 'The same as at the gate: its alarm is then settled by itself', name: 'Name', class: 'Class', reason: 'Reason', until: 'Approved until', waiting: 'To be let out', ended: 'Ended today',
  noPasses: 'No pupil is waiting', noEnded: 'None today', guardian: 'Guardian', teacher: 'Class teacher', guardianYes: 'Write down the guardian’s word', teacherYes: 'Class teacher confirms', who: 'Name of who confirms', how: 'How',
  hows: { phone: 'by phone', present: 'in person', written: 'in writing' }, confirmed: (who: string, how: string, by: string, at: string) => `${who} ${how}, written down by ${by} at ${at}`, missing: 'not confirmed',
  two: 'Two different people must confirm', ready: 'May leave', notYet: 'May not leave yet: both confirmations are needed', over: 'The approval has run out', letOut: 'Let out', deny: 'Refuse', denyWhy: 'Why refused', left: 'Let out', denied: 'Refused', confirm: 'Confirm',
  careTitle: 'Pupils to mind', careNote: 'Only a symbol is shown; reading the instruction is recorded.', symbol: 'Symbol', symbols: { escort: 'Escort', medical: 'Health', handover: 'Named person only', mobility: 'Mobility' }, look: 'Read instruction', looked: 'This look was recorded', hide: 'Hide', noCare: 'None',
  addCare: 'Add a pupil to mind', instruction: 'Instruction for the guard', instructionHint: 'What the guard is to do; no diagnosis', end: 'End',
  watchTitle: 'Watch list', scope: 'Where', county: 'Whole county', here: 'This site', idNumber: 'ID number', plate: 'Plate', addWatch: 'Add to the watch list', watchHint: 'A name, an id number or a plate', noWatch: 'The list is empty', watchNote: 'Compared when a visitor is registered and when a gate reads a plate; a match is an alarm.', unwatch: 'Remove', todo: 'What to do',
  warning: 'On the watch list', byPlate: (plate: string) => `Vehicle ${plate}`, byVisitor: (name: string) => `Visitor ${name}`, alarms: 'Alarms of this site', noAlarms: 'No alarm is open', isTrue: 'Is true', isFalse: 'False alarm', falseWhy: 'Why false', ackNow: 'Acknowledge', details: 'Details', byPass: 'Leave was approved', choosePass: 'Choose the approved leave', noApproved: 'No leave has both confirmations', settle: 'Settle the alarm', more: (n: number) => `${n} more`,
  board: (n: number) => `All ${n} police posts`, noSchool: 'No school today',
  certAdd: 'Add a certificate', certRenew: 'Renew', certNumber: 'Number', certUntil: 'Valid until', days: (n: number) => `${n} days left`, withdraw: 'Withdraw', certHint: 'Renewing: the old one is withdrawn when the new one is there',
  reveal: 'Show full name', revealWhy: 'Why (this is recorded)', revealed: 'Recorded; hidden again in a minute',
  find: 'Find by name', findGo: 'Find', whole: 'Whole name', findNone: 'Nobody found', findHint: 'Type the whole name: the log is searched by the gate id; each search is recorded',
  sheet: 'Guard’s day sheet', printedAt: (at: string, by: string) => `Printed ${at} by ${by}`, sign: 'Signature of the guard on duty', no: 'No.', inAt: 'In', outAt: 'Out', nobody: 'None', posts: 'Posts and duty', approvals: 'Approved by', counts: 'Inside now', page: 'Gate log', rows: (n: number) => `${n} rows`, filter: 'Filter', all: 'All',
  needed: 'Fill this in', fault: 'Check this', cancel: 'Cancel', sending: 'Sending…', saved: 'Written down', kept: 'Kept on this machine; sent when the connection is back', refused: 'Refused by the server: see the list above',
};

export const words = { zh, en };
