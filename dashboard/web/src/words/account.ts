// Words of the login's further steps, of the own account, and of what administrators do to accounts.
import type { Widen } from '../lib/zh';

const zh = {
  title: '我的账户', who: '身份', username: '用户名', role: '角色', scope: '范围', county: '全县', none: '无', township: (n: string) => `乡镇：${n}`, kept: '此账户由配置文件维护，密码不能在此修改。',
  code: '验证码', codeHint: '请输入身份验证器中的 6 位数字，或一个备用码。', badCode: '验证码不正确或已用过。', newPassword: '新密码', again: '再输入一次', chooseHint: '密码由管理员设定，请先换成自己的密码。', differ: '两次输入不一致', back: '返回',
  min: (n: number) => `至少 ${n} 个字符，越长越好；不要求混合字符种类。`, serverSays: (s: string) => `服务器：${s}`,
  password: '修改密码', old: '当前密码', change: '修改', changed: '密码已修改，其他会话已结束。', wrongOld: '当前密码不正确',
  factor: '两步验证', factorOff: '未启用。启用后，登录时除密码外还需手机上的验证码。', factorOn: (n: number) => `已启用，剩余 ${n} 个备用码。`, begin: '启用', scan: '用身份验证器扫描二维码，或手工输入密钥。', secret: '密钥', qr: '两步验证密钥的二维码', firstCode: '验证器显示的 6 位数字', turnOn: '确认启用',
  recovery: '备用码', recoveryHint: '请抄下并妥善保管：手机不在身边时，每个可登录一次。关闭后无法再次查看。', done: '我已保存', remove: '停用', yourPassword: '您的密码',
  sessions: '登录会话', began: '登录时间', seen: '最近活动', address: '地址', browser: '浏览器', how: '方式', hows: { password: '密码', totp: '密码＋验证码', passkey: '通行密钥', oidc: '统一身份认证' }, thisOne: '本会话', end: '结束', endOthers: '结束其他会话', ended: '已结束',
  tokens: 'API 令牌', tokensHint: '供程序以您的名义读取接口；不能用于实时连接，权限不超过您本人。', noTokens: '没有令牌', name: '名称', permissions: '权限', expires: '到期', used: '最近使用', never: '从未', makeToken: '新建令牌', days: '有效天数', create: '创建', created: '令牌已创建', tokenOnce: '请立即复制：关闭后无法再次查看。', copy: '复制', copied: '已复制', revoke: '吊销', revoked: '已吊销', expired: '已过期', from: (a: string) => `来自 ${a}`, sites: '单位（每行一个编号；全县填 *）', needName: '请填写名称', needPermission: '请至少选择一项权限', cancel: '取消', close: '关闭',
  areas: { alarms: '告警', county: '单位与设备', history: '通行与历史', availability: '在线率', registry: '登记册', guard: '门卫', inspections: '检查', notify: '通知', rules: '规则', gateways: '网关', audit: '审计', config: '配置', accounts: '账户' },
  levels: { view: '查看', work: '处理', desk: '调度', report: '报表', school: '本校', inspect: '督查', admin: '管理' },
};

const en: Widen<typeof zh> = {
  title: 'My account', who: 'Who you are', username: 'User name', role: 'Role', scope: 'Scope', county: 'Whole county', none: 'none', township: (n) => `Township: ${n}`, kept: 'The configuration keeps this account: its password cannot be changed here.',
  code: 'Code', codeHint: 'Type the 6 digits of your authenticator, or one recovery code.', badCode: 'The code is wrong, or was used before.', newPassword: 'New password', again: 'Once more', chooseHint: 'An administrator chose this password. Choose your own first.', differ: 'The two are not the same', back: 'Back',
  min: (n) => `At least ${n} characters; longer is better. No mix of kinds is asked for.`, serverSays: (s) => `Server: ${s}`,
  password: 'Change password', old: 'Present password', change: 'Change', changed: 'Password changed; your other sessions have ended.', wrongOld: 'This is not the present password',
  factor: 'Second factor', factorOff: 'Off. When it is on, a login needs a code from your phone as well.', factorOn: (n) => `On; ${n} recovery codes left.`, begin: 'Turn on', scan: 'Scan this with your authenticator, or type the secret.', secret: 'Secret', qr: 'QR code of the second factor’s secret', firstCode: 'The 6 digits that it shows', turnOn: 'Confirm',
  recovery: 'Recovery codes', recoveryHint: 'Write them down and keep them safe: each is good for one login without your phone. They cannot be shown again.', done: 'I have kept them', remove: 'Turn off', yourPassword: 'Your password',
  sessions: 'Sessions', began: 'Began', seen: 'Last seen', address: 'Address', browser: 'Browser', how: 'By', hows: { password: 'password', totp: 'password + code', passkey: 'passkey', oidc: 'single sign-on' }, thisOne: 'this one', end: 'End', endOthers: 'End the others', ended: 'Ended',
  tokens: 'API tokens', tokensHint: 'Let programs use REST in your name; never for live connections, and never beyond what you may.', noTokens: 'No tokens', name: 'Name', permissions: 'Permissions', expires: 'Expires', used: 'Last used', never: 'never', makeToken: 'New token', days: 'Days', create: 'Create', created: 'Token created', tokenOnce: 'Copy it now: it cannot be shown again.', copy: 'Copy', copied: 'Copied', revoke: 'Revoke', revoked: 'revoked', expired: 'expired', from: (a) => `from ${a}`, sites: 'Sites (an id a line; * is the county)', needName: 'Give it a name', needPermission: 'Choose at least one permission', cancel: 'Cancel', close: 'Close',
  areas: { alarms: 'Alarms', county: 'Sites and devices', history: 'Gate log and history', availability: 'Availability', registry: 'Registry', guard: 'Gate desk', inspections: 'Inspections', notify: 'Notification', rules: 'Rules', gateways: 'Gateways', audit: 'Audit', config: 'Settings', accounts: 'Accounts' },
  levels: { view: 'view', work: 'work', desk: 'dispatch', report: 'report', school: 'own school', inspect: 'inspect', admin: 'administer' },
};

export const words = { zh, en };
