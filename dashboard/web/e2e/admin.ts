// The administrator's part of the mock: adoption, notification, audit, settings.
import type { IncomingMessage } from 'node:http';
import type { Notification, QuietView, RotaView } from '../src/lib/notify';
import type { Device, Me } from '../src/lib/types';
import type { Answer } from './desk';
import type { Mock } from './mock';
import { problem } from './ops';

export class Admin {
  readonly notifications: Notification[] = [];
  readonly audit: { seq: number; at: string; by: string; action: string; subject: string; detail: object }[] = [];
  rota: RotaView;
  quiet: QuietView[] = [{ person: 'operator', rev: 0, quiet: { from: '', to: '', days: null } }, { person: 'zhang', rev: 1, quiet: { from: '22:00', to: '06:30', days: [] } }];
  #mock: Mock;

  constructor(mock: Mock) {
    this.#mock = mock;
    const now = mock.now();
    const iso = (ms: number): string => new Date(ms).toISOString();
    const day = Math.floor((now + 8 * 3_600_000) / 86_400_000) * 86_400_000 - 8 * 3_600_000;
    for (let i = 0; i < 40; i++) {
      const state = ['sent', 'sent', 'queued', 'dead'][i % 4]!;
      this.notifications.push({
        id: `n${i}`, alarm_id: `a${i}`, receiver: i % 2 ? 'mail' : 'duty', person: i % 3 ? 'zhang' : '', reason: 'raise', severity: 'critical', site: 's002', rule: 'gas', state, tries: 1,
        error: state === 'dead' ? '550 no such user <b>' : '', digest: `n${i}`, created_at: iso(now - i * 60_000), done_at: state === 'queued' ? null : iso(now - i * 60_000 + 900),
      });
      this.audit.unshift({ seq: i + 1, at: iso(now - (40 - i) * 60_000), by: i % 2 ? 'operator' : 'admin', action: i % 4 ? 'alarm.ack' : 'registry.update', subject: i % 4 ? `a${i}` : `site s00${i % 9}`, detail: { from: 'unack', to: 'acked', note: '<script>' } });
    }
    this.rota = {
      name: 'duty', rev: 2, by: 'admin', at: iso(now - 86_400_000), on_call: 'zhang', gaps: 14,
      rota: { weekly: [{ person: 'zhang', days: [], from: '08:00', to: '20:00' }], dated: [], overrides: [] },
      duties: Array.from({ length: 14 }, (_, i) => [{ person: 'zhang', from: iso(day + i * 86_400_000 + 8 * 3_600_000), to: iso(day + i * 86_400_000 + 20 * 3_600_000) }, { person: '', from: iso(day + i * 86_400_000 + 20 * 3_600_000), to: iso(day + i * 86_400_000 + 32 * 3_600_000) }]).flat(),
    };
  }

  answer(req: IncomingMessage, url: URL, path: string, user: Me, body: Record<string, unknown>): Answer | null {
    const q = (k: string): string => url.searchParams.get(k) ?? '';
    const admin = user.role === 'admin';
    if (path === '/registry/adopt') return admin ? this.#adopt(user, body) : problem(403, 'forbidden');
    if (path === '/audit' || path === '/config') {
      if (!admin) return problem(403, 'forbidden');
      if (path === '/config') return { body: { text: 'dashboard:\n  data_dir: data/dashboard\n  alarm_retention: 26280h0m0s\n  http:\n    addr: 127.0.0.1:8080\n  notify:\n    log_retention: 4320h0m0s\n    receivers:\n    - name: duty\n      secret_file: /run/secrets/duty\nbus:\n  urls:\n  - nats://(hidden)@127.0.0.1:4222\n  event_stream:\n    max_age: 168h0m0s\n', alarm_retention_s: 94_608_000, build: this.#mock.build } };
      const rows = this.audit.filter((r) => (!q('by') || r.by === q('by')) && (!q('area') || r.action.startsWith(`${q('area')}.`)) && JSON.stringify(r).includes(q('q')) && (!q('cursor') || r.seq < Number(q('cursor'))));
      return { body: { items: rows.slice(0, 25), next: rows.length > 25 ? String(rows[24]!.seq) : '' } };
    }
    if (!path.startsWith('/notif')) return null;
    if (!admin && user.role !== 'operator') return problem(403, 'forbidden');
    if (path === '/notifications') {
      return { body: { items: this.notifications.filter((n) => (!q('receiver') || n.receiver === q('receiver')) && (!q('state') || n.state === q('state')) && (!q('person') || n.person === q('person')) && (!q('reason') || n.reason === q('reason'))), next: '' } };
    }
    const again = /^\/notifications\/([^/]+)\/retry$/.exec(path);
    if (again) {
      const row = this.notifications.find((n) => n.id === again[1] && n.state === 'dead' && n.reason !== 'test');
      if (!row) return problem(404, 'not_found');
      Object.assign(row, { state: 'queued', tries: 0, done_at: null });
      return { status: 204 };
    }
    if (path === '/notify') {
      return { body: {
        receivers: [{ name: 'duty', type: 'wecom', max_per_minute: 20, last: this.notifications[0] }, { name: 'mail', type: 'mail', max_per_minute: 30, last: this.notifications[3] }, { name: 'sms', type: 'webhook', max_per_minute: 10, last: null }],
        people: ['operator', 'zhang'], rotas: ['duty'], policies: [{ name: 'standard', steps: [{ after_s: 300, to: ['person/zhang'] }] }],
        routes: [{ sites: null, townships: ['城关镇'], rules: null, kinds: null, days: null, min_severity: 'high', hours: '', to: ['duty'], policy: 'standard', clear: true, go_on: false }],
      } };
    }
    if (path === '/notify/test') {
      const dead = body['receiver'] === 'mail';
      const n: Notification = { ...this.notifications[0]!, id: `t${this.notifications.length}`, alarm_id: '', receiver: String(body['receiver']), reason: 'test', state: dead ? 'dead' : 'sent', error: dead ? 'connection refused' : '' };
      this.notifications.unshift(n);
      return { body: n };
    }
    if (path === '/notify/rotas/duty') {
      if (req.method !== 'PUT') return { body: this.rota };
      if (body['rev'] !== this.rota.rev) return problem(409, 'conflict');
      const rota = body['rota'] as RotaView['rota'];
      if ((rota.weekly ?? []).length > 1 && rota.weekly![1]!.from < '20:00') return problem(422, 'invalid', { errors: [{ location: 'body.weekly', message: 'the shift of operator at Mon 19:00 overlaps with another' }] });
      this.rota = { ...this.rota, rota, rev: this.rota.rev + 1, by: user.username, at: new Date(this.#mock.now()).toISOString(), gaps: (rota.weekly ?? []).length > 1 ? 0 : 14 };
      return { body: this.rota };
    }
    if (path === '/notify/quiet-hours') return { body: { items: this.quiet, next: '' } };
    const m = /^\/notify\/quiet-hours\/(.+)$/.exec(path);
    if (m) {
      if (!admin && m[1] !== user.username) return problem(403, 'forbidden');
      this.quiet = this.quiet.map((x) => (x.person === m[1] ? { ...x, rev: x.rev + 1, quiet: body['quiet'] as QuietView['quiet'] } : x));
      return { body: { items: this.quiet, next: '' } };
    }
    return problem(404, 'not_found');
  }

  #adopt(user: Me, body: Record<string, unknown>): Answer {
    const from = body['from'] as { site: string; device: string };
    const old = this.#mock.world.devices.get(`${from.site}/${from.device}`);
    if (!old || old.assigned) return problem(422, 'invalid', { errors: [{ location: 'body.from', message: 'no such unknown device has reported' }] });
    const id = `${String(body['site'])}/${String(body['device'])}`;
    if (this.#mock.registry.of('devices').has(id)) return problem(409, 'conflict', { conflict: { rev: 1, by: 'admin', at: old.last_seen, action: 'edit' } });
    const { from: _, ...row } = body;
    const made = this.#mock.registry.put(user, 'devices', id, row);
    const device: Device = { ...old, id, site: String(body['site']), device: String(body['device']), assigned: true, name: body['name'] as Device['name'] };
    this.#mock.removeDevice(old.id);
    this.#mock.setDevices([device]);
    return { body: made };
  }
}
