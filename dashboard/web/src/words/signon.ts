// Words of the login with the county's identity provider.
import type { Widen } from '../lib/zh';

const zh = {
  or: '或', going: '正在前往统一身份认证…',
  why: {
    down: '统一身份认证暂时无法连接，请稍后再试，或用密码登录。', stale: '登录已超时或已用过，请重新开始。', cancelled: '您在统一身份认证处取消了登录。',
    bad_answer: '统一身份认证的答复未通过校验，未登录。请联系管理员。', no_role: '您的身份没有对应的角色，无法登录。请联系管理员。', no_sites: '您的身份没有对应的单位，无法登录。请联系管理员。',
    bad_name: '您在统一身份认证中的用户名不能用作本系统用户名。请联系管理员。', taken: '本系统已有同名的账户，不能用统一身份认证登录。请联系管理员。', disabled: '您的账户已被停用。请联系管理员。', failed: '登录未成功，原因已记入日志。请稍后再试。',
  },
};

const en: Widen<typeof zh> = {
  or: 'or', going: 'Going to the identity provider…',
  why: {
    down: 'The identity provider is out of reach. Try again later, or use your password.', stale: 'This login took too long or was used before. Begin again.', cancelled: 'You cancelled the login at the identity provider.',
    bad_answer: 'The identity provider’s answer did not hold, so you are not logged in. Ask an administrator.', no_role: 'You have no role here, so you cannot log in. Ask an administrator.', no_sites: 'You have no schools here, so you cannot log in. Ask an administrator.',
    bad_name: 'Your user name at the identity provider cannot be one here. Ask an administrator.', taken: 'An account of that name is here already, and does not log in this way. Ask an administrator.', disabled: 'Your account is disabled. Ask an administrator.', failed: 'The login failed; the reason is in the log. Try again later.',
  },
};

export const words = { zh, en };
