// Words of the administrator's page of accounts.
import type { Widen } from '../lib/zh';

const zh = {
  title: '账户', find: '查找', count: (n: number) => `${n} 个`, state: '状态', on: '启用', off: '停用', first: '待改密', kept: '配置维护', external: '统一认证', factor: '两步验证', yes: '有', no: '无', sessions: '会话', none: '没有账户', make: '新建账户', edit: (n: string) => `账户 ${n}`, editRole: '修改',
  nameZh: '中文姓名', nameEn: '英文姓名', scope: '范围（每行一个：单位编号、township:乡镇名，或 * 表示全县；留空则什么也看不到）', disabled: '停用此账户', save: '保存', saved: '已保存，其会话已结束。', reset: '重设密码', resetSure: '确认重设？其会话立即结束。', alsoFactor: '同时取消两步验证', endAll: '结束其会话', ended: '会话已结束', once: '一次性密码', onceHint: '请当面或电话告知本人：首次登录时须换成自己的密码。关闭后无法再次查看。', keptHint: '此账户由配置文件维护，只能在配置中修改。', overtaken: '他人刚修改过此账户，请重新打开。',
  roles: '自定义角色', rolesHint: '角色是一组权限，只能包含您自己拥有的权限。', noRoles: '没有自定义角色', makeRole: '新建角色', roleName: '标识', roleTitle: '名称', permissionsOf: (n: number) => `${n} 项权限`, remove: '删除', removeSure: '确认删除？', removed: '已删除', confirm: '确认', cancel: '取消', close: '关闭', builtIn: '内置',
};

const en: Widen<typeof zh> = {
  title: 'Accounts', find: 'Find', count: (n) => `${n}`, state: 'State', on: 'active', off: 'disabled', first: 'password to be chosen', kept: 'kept by settings', external: 'single sign-on', factor: 'Second factor', yes: 'yes', no: 'no', sessions: 'Sessions', none: 'No accounts', make: 'New account', edit: (n) => `Account ${n}`, editRole: 'Change',
  nameZh: 'Name in Chinese', nameEn: 'Name in English', scope: 'Scope (one a line: a site’s id, township:NAME, or * for the county; empty sees nothing)', disabled: 'Disable this account', save: 'Save', saved: 'Saved; its sessions have ended.', reset: 'Reset password', resetSure: 'Reset it? Its sessions end at once.', alsoFactor: 'Take the second factor away, too', endAll: 'End its sessions', ended: 'Sessions ended', once: 'Password to begin with', onceHint: 'Tell the person face to face or by telephone: the first login asks for one of their own. It cannot be shown again.', keptHint: 'The settings keep this account: it is changed there only.', overtaken: 'Somebody has just changed this account. Open it again.',
  roles: 'Roles of the county', rolesHint: 'A role is a set of permissions, of those that you have yourself.', noRoles: 'No roles of the county', makeRole: 'New role', roleName: 'Id', roleTitle: 'Name', permissionsOf: (n) => `${n} permissions`, remove: 'Remove', removeSure: 'Remove it?', removed: 'Removed', confirm: 'Confirm', cancel: 'Cancel', close: 'Close', builtIn: 'built in',
};

export const words = { zh, en };
