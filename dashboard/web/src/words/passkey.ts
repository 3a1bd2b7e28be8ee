// Words of passkeys: at the login and on the own account.
import type { Widen } from '../lib/zh';

const zh = {
  login: '使用通行密钥登录', asking: '请按浏览器提示验证…', title: '通行密钥', or: '或',
  hint: '用指纹、人脸、设备 PIN 或安全密钥登录，无需密码和验证码，且不会被钓鱼网站骗取。', none: '没有通行密钥',
  name: '名称', nameHint: '如“办公室电脑”“我的手机”', password: '您的密码', wrongPassword: '当前密码不正确', needName: '请填写名称', add: '添加通行密钥', go: '继续', cancel: '取消', added: '通行密钥已添加。',
  created: '添加时间', used: '最近使用', never: '从未', remove: '移除', confirm: '确认移除', removed: '已移除。', synced: '已同步到其他设备', copied: '可能已被复制，已停用：请移除', full: (n: number) => `最多 ${n} 个，请先移除一个。`,
  why: {
    off: '此服务器未设置通行密钥：管理员需在配置 dashboard.passkeys.origin 中填写本页地址。', browser: '此浏览器不支持通行密钥，请使用较新的浏览器，或用密码登录。',
    insecure: '此连接不是安全连接（HTTPS），浏览器不允许使用通行密钥。',
  },
  address: (o: string) => `通行密钥只能在 ${o} 使用，请从该地址打开本页。`,
  gaveUp: '未完成：已取消、超时，或设备上没有可用的通行密钥。', has: '此设备上已有您的通行密钥。', failed: '浏览器未能使用通行密钥。', refused: '通行密钥未被接受。请重试，或用密码登录。',
};

const en: Widen<typeof zh> = {
  login: 'Log in with a passkey', asking: 'Do what the browser asks…', title: 'Passkeys', or: 'or',
  hint: 'Log in by fingerprint, face, device PIN or security key: without a password or code, and out of reach of phishing sites.', none: 'No passkeys',
  name: 'Name', nameHint: 'such as “office PC” or “my phone”', password: 'Your password', wrongPassword: 'This is not the present password', needName: 'Give it a name', add: 'Add a passkey', go: 'Continue', cancel: 'Cancel', added: 'Passkey added.',
  created: 'Added', used: 'Last used', never: 'never', remove: 'Remove', confirm: 'Confirm removal', removed: 'Removed.', synced: 'synced to other devices', copied: 'may have been copied and is refused: remove it', full: (n) => `At most ${n}: remove one first.`,
  why: {
    off: 'This server has no passkeys: an administrator must set dashboard.passkeys.origin to the address of this page.', browser: 'This browser has no passkeys. Use a newer one, or your password.',
    insecure: 'This connection is not secure (HTTPS): browsers allow no passkeys here.',
  },
  address: (o) => `Passkeys work at ${o} only: open the page there.`,
  gaveUp: 'Not done: it was cancelled, took too long, or there is no passkey for this place.', has: 'This device has a passkey of yours already.', failed: 'The browser could not use a passkey.', refused: 'The passkey was not accepted. Try again, or use your password.',
};

export const words = { zh, en };

/** What a failed ceremony of the browser means. */
export function ceremonyFault(err: unknown, lang: 'zh' | 'en'): string {
  const w = words[lang];
  const name = err instanceof DOMException ? err.name : '';
  if (name === 'NotAllowedError' || name === 'AbortError') return w.gaveUp;
  if (name === 'InvalidStateError') return w.has;
  return w.failed;
}
