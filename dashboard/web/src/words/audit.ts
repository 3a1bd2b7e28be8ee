// Words of the audit and of the settings in force.
import type { Widen } from '../lib/zh';

const zh = {
  title: '审计', who: '操作人', area: '范围', text: '查找对象或内容', from: '起', to: '止', time: '时间', what: '操作', subject: '对象', detail: '内容', none: '没有符合条件的记录', n: '序号', loaded: (n: number) => `已读 ${n} 条`, hint: '所有操作按一条哈希链排列，可离线校验：campusgate check --audit dashboard.db',
  areas: { alarm: '告警', registry: '登记册', rules: '规则', notify: '通知', calendar: '校历', maintenance: '检修', evidence: '证据', retention: '保留期清理', account: '账户', guard: '门卫' } as Record<string, string>,
  settings: '生效配置', settingsHint: '密码和令牌只以文件名出现。', retention: '保留期', alarms: '已结束告警及其审计', forDays: (n: string) => `${n} 天`, find: '查找键', build: (v: string) => `程序版本 ${v}`, others: '其他期限', noMatch: '没有匹配的行',
};

const en: Widen<typeof zh> = {
  title: 'Audit', who: 'By', area: 'Area', text: 'Find a subject or detail', from: 'From', to: 'To', time: 'Time', what: 'What', subject: 'Subject', detail: 'Detail', none: 'Nothing matches', n: 'No.', loaded: (n) => `${n} read`, hint: 'All of it is one chain of hashes that can be verified offline: campusgate check --audit dashboard.db',
  areas: { alarm: 'Alarms', registry: 'Registry', rules: 'Rules', notify: 'Notification', calendar: 'Calendar', maintenance: 'Maintenance', evidence: 'Evidence', retention: 'Retention', account: 'Accounts', guard: 'Gate desk' },
  settings: 'Settings in force', settingsHint: 'Passwords and tokens appear as names of files only.', retention: 'Retention', alarms: 'Ended alarms and their audit', forDays: (n) => `${n} days`, find: 'Find a key', build: (v) => `Program version ${v}`, others: 'Other limits of age', noMatch: 'No line matches',
};

export const words = { zh, en };
