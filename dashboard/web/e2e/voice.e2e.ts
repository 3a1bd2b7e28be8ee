import { expect, test } from 'vitest';
import { alarm } from './county';
import { row, said, stage, stubAudio, stubVoice, until } from './setup';

const begin = stage();
const now = (): number => Date.now();

test('the voice says new alarms once it is on, is muted with the tones, and says when there is none (5, 7)', async () => {
  const { mock, open } = await begin();
  const page = await open('operator', '/', async (c) => {
    await stubAudio(c);
    await stubVoice(c);
  });
  mock.put(alarm('c0', now(), { severity: 'critical', rule: 'gas', site: 's002', device: 'k1' }));
  await row(page, 'c0').waitFor();
  expect(await said(page)).toEqual([]); // locked
  await page.locator('[data-sound=locked]').click();
  await page.locator('[data-sound=on]').click();
  const toggle = page.locator('[data-voice]');
  expect(await toggle.textContent()).toBe('语音播报：关');
  await toggle.click();
  await until(() => toggle.getAttribute('data-voice'), (s) => s === 'on');
  await until(() => said(page), (s) => s.includes('语音播报已开启'));
  mock.put(alarm('c1', now(), { severity: 'critical', rule: 'gate_forced', site: 's002', device: 'g1' }));
  await until(() => said(page), (s) => s.includes('紧急告警：城关第二初级中学，正门闸机，强行闯入'));
  mock.put(alarm('w1', now(), { severity: 'warning' }));
  await row(page, 'w1').waitFor();
  await page.getByRole('button', { name: '静音 5 分钟' }).click();
  const before = (await said(page)).length;
  mock.put(alarm('c2', now(), { severity: 'critical', rule: 'smoke' }));
  await row(page, 'c2').waitFor();
  expect((await said(page)).length).toBe(before);
  expect((await said(page)).some((s) => s.includes('警告告警'))).toBe(false);

  const mute = await open('operator', '/', async (c) => {
    await stubAudio(c);
    await stubVoice(c, 'fr-FR');
  });
  await mute.locator('[data-sound=locked]').click();
  await mute.locator('[data-sound]').click();
  expect(await mute.locator('[data-voice=none]').isDisabled()).toBe(true);
  expect(await mute.locator('[data-voice=none]').textContent()).toContain('没有中文语音');
});
