// Live pictures: nothing without a reason, a real WebRTC handshake, an end when nobody looks;
// the register; a patrol from its plan to its result.
import { describe, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { axe } from './browser';
import type { Mock } from './mock';
import { stage, until } from './setup';

const start = stage();
const offline = /net::ERR_(FAILED|CONNECTION|INTERNET)/;

/** A media server's side of WebRTC: a page that sends a moving picture to whoever offers. */
async function camera(page: Page): Promise<(offer: string) => Promise<string>> {
  await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [320, 180];
    const ctx = canvas.getContext('2d')!;
    let n = 0;
    setInterval(() => {
      ctx.fillStyle = `hsl(${(n += 7)} 60% 50%)`;
      ctx.fillRect(0, 0, 320, 180);
    }, 50);
    const peers: RTCPeerConnection[] = [];
    Object.assign(window, {
      peers,
      answer: async (sdp: string) => {
        const pc = new RTCPeerConnection();
        peers.push(pc);
        await pc.setRemoteDescription({ type: 'offer', sdp });
        const video = pc.getTransceivers().find((x) => x.receiver.track.kind === 'video')!;
        await video.sender.replaceTrack(canvas.captureStream(20).getVideoTracks()[0]!);
        video.direction = 'sendonly';
        await pc.setLocalDescription(await pc.createAnswer());
        await new Promise<void>((done) => {
          const check = (): void => {
            if (pc.iceGatheringState === 'complete') done();
          };
          pc.onicegatheringstatechange = check;
          check();
        });
        return pc.localDescription!.sdp;
      },
    });
  });
  return (offer) => page.evaluate((sdp) => (window as unknown as { answer(s: string): Promise<string> }).answer(sdp), offer);
}

async function ask(page: Page, reason = '接警核实', button = '实时画面'): Promise<void> {
  await page.fill('input[name=reason]', reason);
  await page.fill('input[name=unit]', '县教育局');
  await page.getByRole('button', { name: button, exact: true }).click();
}
const state = (page: Page, s: string) => page.locator(`[data-look=${s}]`);
const ended = (mock: Mock) => () => mock.media.looks.at(-1)?.ended ?? '';

describe('live pictures', () => {
  test('nothing is pulled without a reason and a unit; faults stand beside their fields', async () => {
    const { mock, open } = await start();
    const page = await open('operator', '/cameras/s002/c1');
    await page.getByRole('button', { name: '实时画面' }).click();
    expect((await page.locator('form .error').allTextContents()).filter(Boolean)).toEqual(['请填写事由（2 至 300 字）', '请填写单位']);
    expect(mock.requests.filter((r) => r.includes('look'))).toEqual([]);
    expect(await axe(page)).toEqual([]);
  });

  test('a picture comes by a real WebRTC handshake, says how late it is, and ends when the page is left', async () => {
    const { mock, origin, open, context } = await start();
    const server = await (await context()).newPage();
    await server.goto(`${origin}/readyz`);
    mock.media.answerer = await camera(server);
    const page = await open('operator', '/cameras/s002/c1');
    await ask(page);
    await state(page, 'live').waitFor({ timeout: 15_000 });
    await page.getByText(/延迟约 \d/).waitFor();
    await page.getByText('WebRTC').waitFor();
    const size = await page.locator('video').evaluate((v: HTMLVideoElement) => [v.videoWidth, v.videoHeight]);
    expect(size).toEqual([320, 180]);
    expect(mock.media.looks[0]).toMatchObject({ site: 's002', device: 'c1', reason: '接警核实', unit: '县教育局', person: '王值班', by: 'operator', kind: 'live', ended_at: null });
    expect(await axe(page)).toEqual([]);
    // Still pictures are called so.
    await server.evaluate(() => (window as unknown as { peers: RTCPeerConnection[] }).peers.forEach((p) => p.getSenders().forEach((s) => void s.replaceTrack(null))));
    await state(page, 'stalled').waitFor({ timeout: 10_000 });
    await page.click('nav a[href="/"]');
    await until(ended(mock), (w) => w === 'left');
  });

  test('it stops when the page goes out of sight, and when the button says so', async () => {
    const { mock, origin, open, context } = await start();
    const server = await (await context()).newPage();
    await server.goto(`${origin}/readyz`);
    mock.media.answerer = await camera(server);
    const page = await open('operator', '/cameras/s002/c1');
    await ask(page);
    await state(page, 'live').waitFor({ timeout: 15_000 });
    await page.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await until(ended(mock), (w) => w === 'hidden');
    await page.getByText('页面切到后台，已停止').first().waitFor();
    await page.evaluate(() => Object.defineProperty(document, 'visibilityState', { value: 'visible', configurable: true }));
    await page.getByRole('button', { name: '重新调阅' }).click();
    await state(page, 'live').waitFor({ timeout: 15_000 });
    expect(mock.media.looks.length).toBe(2);
    await page.getByRole('button', { name: '停止' }).click();
    await until(ended(mock), (w) => w === 'left');
  });

  test('a media server that gives nothing is said, after HLS was tried too; limits and no server as well', async () => {
    const { mock, open, watch } = await start();
    watch.allowed.push(/status of (502|429)/);
    const page = await open('operator', '/cameras/s002/c1');
    await ask(page);
    await state(page, 'refused').waitFor({ timeout: 15_000 });
    await page.getByText('媒体服务器没有给出画面').first().waitFor();
    expect(mock.requests.some((r) => r.includes('/hls/index.m3u8'))).toBe(true);
    await until(ended(mock), (w) => w === 'failed');
    mock.media.refuse = { status: 429, code: 'limit' };
    await page.getByRole('button', { name: '重新调阅' }).click();
    await page.getByText('同时调阅已达上限').first().waitFor();
    mock.media.ways = [];
    await page.reload();
    await page.locator('[data-noserver]').waitFor();
    expect(await page.getByRole('button', { name: '实时画面' }).count()).toBe(0);
  });

  test('a single picture of an alarm is attached to it as evidence', async () => {
    const { mock, open } = await start({ alarms: 5 });
    const alarm = [...mock.alarms.values()].find((a) => [...mock.world.devices.values()].some((d) => d.site === a.site && d.kind === 'camera'))!;
    const page = await open('operator', `/alarms/${alarm.id}`);
    await page.locator('[data-camera]').click();
    await page.waitForURL(new RegExp(`/cameras/.*alarm=${alarm.id}`));
    await ask(page, '接警核实', '抓拍一张');
    await state(page, 'shown').waitFor();
    await until(() => page.locator('figure img').evaluate((i: HTMLImageElement) => i.naturalWidth), (n) => n === 1);
    await page.getByRole('button', { name: '抓拍为告警证据' }).click();
    await page.getByText('已附到告警').waitFor();
    expect(mock.media.attached).toEqual([alarm.id]);
    await until(ended(mock), (w) => w === 'done');
    expect(mock.media.looks[0]).toMatchObject({ alarm: alarm.id, kind: 'snapshot' });
  });

  test('the register says who looked and why, can be filtered, and is not for operators', async () => {
    const { mock, open, watch } = await start();
    mock.media.add({ reason: '<img src=x onerror=alert(1)>', ended_at: new Date().toISOString(), ended: 'left' });
    mock.media.add({ site: 's003', device: 'c2', kind: 'snapshot', by: 'guard', role: 'guard', person: '正门门卫' });
    const page = await open('inspector', '/looks');
    await until(() => page.locator('[data-looks] tbody tr').count(), (n) => n === 2);
    await page.getByText('<img src=x onerror=alert(1)>').waitFor();
    await page.getByRole('button', { name: '正在调阅' }).click();
    await until(() => page.locator('[data-looks] tbody tr').count(), (n) => n === 1);
    expect(page.url()).toContain('open=true');
    expect(await page.getByRole('link', { name: '导出 CSV' }).getAttribute('href')).toBe('/api/v1/looks/export?open=true');
    expect(await axe(page)).toEqual([]);
    watch.allowed.push(/status of 403/);
    const other = await open('operator', '/looks');
    await other.getByText('无权执行此操作').waitFor();
  });
});

describe('patrol', () => {
  test('a tour runs by keys, stores findings, survives a reload, and ends in a list', async () => {
    const { mock, open, watch } = await start();
    mock.media.ways = ['snapshot'];
    const page = await open('operator', '/patrol?site=s002');
    await page.fill('input[name=unit]', '县教育局');
    await page.fill('input[name=name]', '早巡');
    const n = Number((await page.locator('[data-chosen]').textContent())!.replace(/\D/g, ''));
    expect(n).toBeGreaterThan(3);
    await page.getByRole('button', { name: '开始巡检' }).click();
    await state(page, 'shown').waitFor();
    await page.getByText(`第 1 / ${n} 路`).waitFor();
    expect(await axe(page)).toEqual([]);
    await page.keyboard.press('o');
    await page.getByText(`第 2 / ${n} 路`).waitFor();
    await page.keyboard.press('v');
    await page.getByText('需人员到场时请写明情况').waitFor();
    await page.fill('textarea', '大门敞开，无人值守');
    await page.getByRole('button', { name: '需人员到场' }).click();
    await page.getByText(`第 3 / ${n} 路`).waitFor();
    const run = [...mock.media.patrols.values()][0]!;
    expect(mock.media.patrols.get(run.id)!.findings).toMatchObject([{ result: 'ok', look: 'look2' }, { result: 'person', note: '大门敞开，无人值守' }]);
    expect(new Set(mock.media.looks.map((l) => l.reason))).toEqual(new Set(['视频巡检：早巡']));
    // The one that was closed is taken up where it stood.
    await page.goto(page.url().replace(/&at=\d+/, ''));
    await page.getByText(`第 3 / ${n} 路`).waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.getByText(`第 2 / ${n} 路`).waitFor();
    watch.allowed.push(offline);
    await page.route('**/finding', (r) => r.abort());
    await page.keyboard.press('b');
    await page.getByText('未成功').waitFor();
    await page.unroute('**/finding');
    await page.getByRole('button', { name: '结束巡检' }).click();
    await page.locator('[data-result]').waitFor();
    expect(await page.locator('[data-result] tbody tr').count()).toBe(n);
    await page.getByRole('button', { name: '生成告警' }).click();
    await page.getByText('已生成告警').waitFor();
    expect(mock.media.raised).toEqual([`${run.id} ${run.cameras[1]}`]);
    expect(await axe(page)).toEqual([]);
  });

  test('it goes on by itself, stands still while paused, and judges nothing by itself', async () => {
    const { mock, open } = await start();
    mock.media.ways = ['snapshot'];
    const page = await open('operator', '/patrol?site=s002');
    await page.fill('input[name=unit]', '县教育局');
    await page.fill('input[name=dwell]', '2');
    await page.getByRole('button', { name: '开始巡检' }).click();
    await page.getByText('3 至 600').waitFor();
    await page.fill('input[name=dwell]', '3');
    await page.getByRole('button', { name: '开始巡检' }).click();
    await page.getByText(/第 2 \/ \d+ 路/).waitFor({ timeout: 12_000 });
    await page.keyboard.press('p');
    await page.getByText('已暂停').waitFor();
    const looks = mock.media.looks.length;
    await until(() => page.locator('.conn.good').isVisible());
    expect(mock.media.looks.length).toBe(looks);
    expect([...mock.media.patrols.values()][0]!.findings).toEqual([]);
  });
});
