// Words of the audit and of the settings in force.
import type { Widen } from '../lib/zh';

const zh = {
  title: '审计', who: '操作人', area: '范围', text: '查找对象或内容', from: '起', to: '止', time: '时间', what: '操作', subject: '对象', detail: '内容', none: '没有符合条件的记录', n: '序号', loaded: (n: number) => `已读 ${n} 条`, hint: '所有操作按一条哈希链排列，可离线校验：campusgate check --audit dashboard.db',
  areas: { alarm: '告警', registry: '登记册', rules: '规则', notify: '通知', calendar: '校历', maintenance: '检修', evidence: '证据', retention: '保留期清理', account: '账户', guard: '门卫', session: '登录', camera: '调阅', patrol: '巡检', report: '报告', export: '导出', inspection: '督查', availability: '在线率', watch: '监视' } as Record<string, string>,
  // An action is said word by word: guard.visitor.reveal is 访客 查看完整信息.
  parts: {
    school: '学校', site: '单位', device: '设备', person: '人员', route: '线路', gateway: '网关', import: '导入', create: '新建', update: '修改', delete: '删除', remove: '移除', adopt: '登记', seed: '初始导入', reveal: '查看完整信息', look: '查看', find: '按姓名查找',
    visitor: '访客', pass: '离校单', duty: '值守', watch: '关注名单', care: '照护提示', certificate: '保安员证', help: '求助', in: '登记', out: '签退', add: '添加', end: '结束', confirm: '确认', approve: '同意', refuse: '不同意', cancel: '取消', prevent: '按离校单放行', close: '关闭', renew: '更新',
    login: '登录', logout: '退出', refused: '登录被拒', locked: '锁定', password: '改密码', totp: '动态口令', on: '启用', off: '停用', token: '令牌', revoke: '吊销', role: '角色', reset: '重置', recovery: '使用恢复码', passkey: '通行密钥', copied: '疑似被复制', session: '会话',
    put: '保存', rollback: '退回旧版', retry: '重发', oncall: '值班电话', quiet: '免打扰', rota: '值班表', plan: '计划', change: '修改', start: '开始', raise: '报告问题', list: '巡检清单', list_delete: '删除巡检清单', make: '编制', begin: '开始', download: '下载', draw: '抽取', target: '目标', ack: '确认', run: '执行', replay: '重放', discard: '丢弃',
  } as Record<string, string>,
  keys: { reason: '事由', person: '姓名', unit: '单位', kind: '方式', rows: '行数', role: '角色', scope: '范围', name: '名称', from: '起', to: '止', note: '备注', found: '找到', means: '方式', address: '来源地址', addresses: '来源地址', since: '自', wait_s: '需等待（秒）', account: '账户', count: '次数', rev: '版本', format: '格式', list: '列表' } as Record<string, string>,
  settings: '生效配置', settingsHint: '密码和令牌只以文件名出现。', retention: '保留期', alarms: '已结束告警及其审计', forDays: (n: string) => `${n} 天`, find: '查找键', build: (v: string) => `程序版本 ${v}`, others: '其他期限', noMatch: '没有匹配的行',
};

const en: Widen<typeof zh> = {
  title: 'Audit', who: 'By', area: 'Area', text: 'Find a subject or detail', from: 'From', to: 'To', time: 'Time', what: 'What', subject: 'Subject', detail: 'Detail', none: 'Nothing matches', n: 'No.', loaded: (n) => `${n} read`, hint: 'All of it is one chain of hashes that can be verified offline: campusgate check --audit dashboard.db',
  areas: { alarm: 'Alarms', registry: 'Registry', rules: 'Rules', notify: 'Notification', calendar: 'Calendar', maintenance: 'Maintenance', evidence: 'Evidence', retention: 'Retention', account: 'Accounts', guard: 'Gate desk', session: 'Log-ins', camera: 'Looks', patrol: 'Patrol', report: 'Reports', export: 'Exports', inspection: 'Inspections', availability: 'Uptime', watch: 'Watch' },
  parts: {
    school: 'school', site: 'site', device: 'device', person: 'person', route: 'route', gateway: 'gateway', import: 'import', create: 'create', update: 'update', delete: 'delete', remove: 'remove', adopt: 'adopt', seed: 'first import', reveal: 'reveal', look: 'look', find: 'find by name',
    visitor: 'visitor', pass: 'pass', duty: 'duty', watch: 'watch list', care: 'care note', certificate: 'certificate', help: 'help', in: 'in', out: 'out', add: 'add', end: 'end', confirm: 'confirm', approve: 'approve', refuse: 'refuse', cancel: 'cancel', prevent: 'let out by pass', close: 'close', renew: 'renew',
    login: 'log-in', logout: 'log-out', refused: 'refused', locked: 'locked out', password: 'password', totp: 'one-time code', on: 'on', off: 'off', token: 'token', revoke: 'revoke', role: 'role', reset: 'reset', recovery: 'recovery code used', passkey: 'passkey', copied: 'may be copied', session: 'session',
    put: 'save', rollback: 'roll back', retry: 'send again', oncall: 'on call', quiet: 'quiet hours', rota: 'rota', plan: 'plan', change: 'change', start: 'start', raise: 'report a fault', list: 'patrol list', list_delete: 'delete patrol list', make: 'make', begin: 'begin', download: 'download', draw: 'draw', target: 'target', ack: 'acknowledge', run: 'run', replay: 'replay', discard: 'discard',
  },
  keys: { reason: 'reason', person: 'name', unit: 'unit', kind: 'way', rows: 'rows', role: 'role', scope: 'scope', name: 'name', from: 'from', to: 'to', note: 'note', found: 'found', means: 'means', address: 'from address', addresses: 'from addresses', since: 'since', wait_s: 'wait (s)', account: 'account', count: 'times', rev: 'revision', format: 'format', list: 'list' },
  settings: 'Settings in force', settingsHint: 'Passwords and tokens appear as names of files only.', retention: 'Retention', alarms: 'Ended alarms and their audit', forDays: (n) => `${n} days`, find: 'Find a key', build: (v) => `Program version ${v}`, others: 'Other limits of age', noMatch: 'No line matches',
};

export const words = { zh, en };
