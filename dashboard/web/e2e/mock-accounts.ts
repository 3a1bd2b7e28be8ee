// The accounts of the mock: password, second factor, sessions, tokens, what administrators do.
import type { AccountRow, OwnRole, OwnSession, Passkey, Token } from '../src/lib/accounts';
import type { Me } from '../src/lib/types';
import told from './permissions.json' with { type: 'json' };

interface Reply { status?: number; code?: string; more?: object; body?: unknown }
const wrong = (field: string, message: string): Reply => ({ status: 422, code: 'invalid', more: { errors: [{ location: `body.${field}`, message }] } });

/** What each built-in role may, as the real program tells it (a Go test holds the file equal). */
const { catalogue, built_in: builtIn } = told as { catalogue: string[]; built_in: Record<string, string[]> };
export const permissionsOf = (role: string): string[] => builtIn[role] ?? [];

/** 21 modules: enough to be drawn. */
const QR = Array.from({ length: 21 }, (_, y) => `M${y % 3} ${y}h${18 - (y % 5)}v1h-${18 - (y % 5)}z`).join('');

export class Accounts {
  password = 'secret';
  mustChange = false;
  /** The second factor: off, enrolled, on. The right code is always 123456, once. */
  totp: '' | 'begun' | 'on' = '';
  codes = Array.from({ length: 10 }, (_, i) => `abcd-efgh-ij${String(i).padStart(2, '0')}`);
  used = new Set<string>();
  /** Where passkeys work; the mock checks no signature, the real program does (passkeywalk.ts). */
  passkeyOrigin = '';
  passkeys: Passkey[] = [];
  sessions: OwnSession[] = ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36 Edg/141.0', 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Safari/604.1', '<b>odd</b> agent']
    .map((agent, i) => ({ id: `sess${i}`, how: i === 1 ? 'totp' : 'password', address: `10.3.7.${20 + i}`, agent, began: new Date(Date.now() - (i + 1) * 7_200_000).toISOString(), seen: new Date(Date.now() - i * 600_000).toISOString(), expires: new Date(Date.now() + 36_000_000).toISOString(), current: i === 0 }));
  tokens: Token[] = [];
  readonly rows: AccountRow[] = [
    ['admin', '系统管理员', 'Administrator', 'admin', ['*']], ['wangwu', '王五', 'Wang Wu', 'operator', ['township:乔庄镇', 's002']], ['gate-s002', '二小门卫', 'Gate of school 2', 'guard', ['s002']],
    ['zhaoliu', '赵六', 'Zhao Liu', 'inspector', ['*']], ['demo', '演示', 'Demo', 'guard', ['s001', 's002', 's003', 's004', 's005']],
  ].map(([username, zh, en, role, scope], i) => ({ username: username as string, name: { zh: zh as string, en: en as string }, role: role as string, scope: scope as string[], disabled: i === 3, version: 1, must_change: i === 2, password_at: null, external: false, kept: username === 'demo', totp: i === 1, sessions: i === 1 ? 2 : 0 }));
  roles: OwnRole[] = [];

  login(me: Me | undefined, body: Record<string, unknown>): Reply | null {
    if (!me || body['password'] !== this.password) return { status: 401, code: 'bad_credentials' };
    const fresh = String(body['new_password'] ?? '');
    if (this.mustChange && !fresh) return { status: 403, code: 'password_change' };
    if (this.mustChange && fresh.startsWith('password')) return wrong('new_password', 'this is among the passwords that are tried first');
    if (this.totp === 'on') {
      const code = String(body['code'] ?? '');
      if (!code) return { status: 401, code: 'second_factor' };
      if (this.used.has(code) || (code !== '123456' && !this.codes.includes(code))) return { status: 401, code: 'bad_code' };
      this.used.add(code);
    }
    if (this.mustChange) {
      this.mustChange = false;
      this.password = fresh;
    }
    return null;
  }

  place(): { origin: string } {
    return { origin: this.passkeyOrigin };
  }

  answer(method: string, path: string, user: Me, body: Record<string, unknown>): Reply | null {
    if (path.startsWith('/account')) return path.startsWith('/accounts') ? this.#admin(method, path, user, body) : this.#own(method, path, user, body);
    if (path.startsWith('/roles')) return this.#role(method, path, user, body);
    return null;
  }

  #own(method: string, path: string, user: Me, body: Record<string, unknown>): Reply | null {
    const mine = body['password'] === this.password;
    switch (path) {
      case '/account':
        return { body: { ...user, role_name: { zh: '', en: '' }, permissions: permissionsOf(user.role), kept: false, totp: this.totp === 'on', recovery_codes: this.codes.length - this.used.size, min_password: 12 } };
      case '/account/sessions': return { body: { items: this.sessions, next: '' } };
      case '/account/sessions/end-others':
        this.sessions = this.sessions.filter((s) => s.current);
        return {};
      case '/account/password':
        if (body['old'] !== this.password) return wrong('old', 'this is not the present password');
        if (String(body['password']).startsWith('password')) return wrong('password', 'this is among the passwords that are tried first');
        this.password = String(body['password']);
        this.sessions = this.sessions.filter((s) => s.current);
        return {};
      case '/account/tokens':
        if (method === 'GET') return { body: { items: this.tokens, next: '' } };
        if ((body['scope'] as string[]).includes('s999')) return wrong('scope', 'want sites, townships or the county within your own scope');
        this.tokens = [{ id: `t${this.tokens.length}`, username: user.username, name: String(body['name']), permissions: body['permissions'] as string[], scope: body['scope'] as string[], created: new Date().toISOString(), expires: String(body['expires']), used: null, used_from: '', revoked: null, revoked_by: '' }, ...this.tokens];
        return { body: { token: this.tokens[0], text: 'cgt_ABCDEFGHIJKLMNOPQRSTUVWXYZ' } };
      case '/account/passkeys': return { body: { items: this.passkeys, next: '' } };
      case '/account/totp':
        if (!mine) return wrong('password', 'this is not the present password');
        this.totp = 'begun';
        return { body: { secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', url: 'otpauth://totp/x', qr: QR, size: 21 } };
      case '/account/totp/confirm':
        if (body['code'] !== '123456') return wrong('code', 'the code is wrong, or was used before');
        this.totp = 'on';
        return { body: { codes: this.codes } };
      case '/account/totp/remove':
        if (!mine) return wrong('password', 'this is not the present password');
        this.totp = '';
        return {};
    }
    const key = /^\/account\/passkeys\/([\w-]+)\/remove$/.exec(path)?.[1];
    if (key) {
      if (!mine) return wrong('password', 'this is not the present password');
      this.passkeys = this.passkeys.filter((k) => k.id !== key);
      return {};
    }
    const m = /^\/account\/(sessions|tokens)\/(\w+)\/(?:end|revoke)$/.exec(path);
    if (m?.[1] === 'sessions') this.sessions = this.sessions.filter((s) => s.id !== m[2]);
    if (m?.[1] === 'tokens') this.tokens = this.tokens.map((k) => (k.id === m[2] ? { ...k, revoked: new Date().toISOString(), revoked_by: user.username } : k));
    return m ? {} : null;
  }

  #admin(method: string, path: string, user: Me, body: Record<string, unknown>): Reply | null {
    if (user.role !== 'admin') return { status: 403, code: 'forbidden' };
    const change = body as unknown as AccountRow;
    if (path === '/accounts' && method === 'GET') return { body: { items: this.rows, next: '' } };
    if (path === '/accounts') {
      if (!/^[a-z0-9_-]{1,64}$/.test(change.username)) return wrong('username', 'want 1 to 64 of a-z, 0-9, "-", "_"');
      const row: AccountRow = { ...change, disabled: false, version: 1, must_change: true, password_at: null, external: false, kept: false, totp: false, sessions: 0 };
      this.rows.push(row);
      return { body: { account: row, password: 'TEMPORARYTEMPORARY' } };
    }
    const m = /^\/accounts\/([\w-]+)(\/reset|\/sessions\/end)?$/.exec(path);
    const i = this.rows.findIndex((r) => r.username === m?.[1]);
    const row = this.rows[i];
    if (!m || !row) return { status: 404, code: 'not_found' };
    if (m[2] === '/reset') {
      this.rows[i] = { ...row, must_change: true, version: row.version + 1, sessions: 0 };
      return { body: { account: this.rows[i], password: 'TEMPORARYAGAIN' } };
    }
    if (m[2]) {
      this.rows[i] = { ...row, sessions: 0 };
      return {};
    }
    if (change.version !== row.version) return { status: 409, code: 'conflict' };
    this.rows[i] = { ...row, ...change, version: row.version + 1, sessions: 0 };
    return { body: this.rows[i] };
  }

  #role(method: string, path: string, user: Me, body: Record<string, unknown>): Reply {
    if (user.role !== 'admin') return { status: 403, code: 'forbidden' };
    if (path === '/roles') return { body: { catalogue, built_in: builtIn, own: this.roles } };
    const name = path.slice('/roles/'.length);
    this.roles = this.roles.filter((r) => r.name !== name);
    if (method === 'DELETE') return {};
    const made = { ...(body as object), name, rev: Number(body['rev']) + 1, updated_by: user.username, updated_at: new Date().toISOString() } as OwnRole;
    this.roles.push(made);
    return { body: made };
  }
}
