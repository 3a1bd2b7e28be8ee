// A guard's day on the real program, on a phone, run by the Go test TestGuardInBrowser: the
// log, a visitor, pupils who leave, the watch list, duty, a call for help that the
// operator sees, and the history of it as a file.
import type { Browser, Page } from 'playwright-core';
import { Watch } from './browser';
import { onServer, open, say, type Options } from './system';

export const main = (): Promise<void> => onServer(walk);

async function walk(opts: Options, browser: Browser, told: () => Promise<void>): Promise<void> {
  const watches = [new Watch(), new Watch()];
  const page = await open(opts, browser, watches[0]!);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.locator('[role=grid], [role=table]').first().waitFor();
  say('live', { text: new URL(page.url()).pathname });

  const row = page.locator('[role=row][data-key]', { hasText: opts.person });
  await row.waitFor();
  say('shown', { text: await row.textContent() });
  await page.screenshot({ path: `${opts.artifacts}/gate.png` });

  await page.getByRole('link', { name: '门卫台' }).click();
  await page.fill('input[name=name]', '张小三');
  await page.fill('input[name=host]', '李老师');
  await page.fill('input[name=reason]', '送物品');
  await page.fill('input[name=celsius]', '36.6');
  await page.locator('form button.primary').click();
  const visitor = page.locator('[data-list=inside] li', { hasText: '张*三' });
  await visitor.getByRole('button', { name: '登记离校' }).click();
  await visitor.waitFor({ state: 'detached' });
  await page.locator('[data-list=today] li', { hasText: '张*三' }).waitFor();
  say('visited');

  await page.getByRole('button', { name: '学生离校' }).click();
  await leave(page, '林小溪', `${opts.person}-1`);
  await page.screenshot({ path: `${opts.artifacts}/leave.png` });
  say('approved');
  // The gate sees the pupil going, and another one whose leave nobody wrote down.
  const alarm = page.locator('[data-alarm]', { hasText: '学生未经批准离校' });
  await alarm.waitFor();
  say('alarmed', { id: await alarm.getAttribute('data-alarm'), text: String(await alarm.count()) });
  await leave(page, '何一一', `${opts.person}-2`);
  await alarm.waitFor({ state: 'detached' });
  await page.locator('[data-pass]', { hasText: '林*溪' }).getByRole('button', { name: '放行' }).click();
  await page.locator('[data-list=passes-ended] li', { hasText: '林*溪' }).waitFor();
  say('settled');

  const warning = page.locator('[data-warning]');
  await warning.waitFor();
  await page.screenshot({ path: `${opts.artifacts}/warning.png` });
  say('warned', { text: await warning.textContent() });

  await page.getByRole('button', { name: '值勤' }).click();
  await page.locator('form select').first().selectOption('arrival');
  await page.fill('input[name=person]', '周警官');
  await page.getByLabel('民警').check();
  await page.locator('form button.primary').first().click();
  const duty = page.locator('[data-list=duty] li', { hasText: '周警官' });
  await duty.getByRole('button', { name: '离岗签退' }).click();
  await duty.getByRole('button').waitFor({ state: 'detached' });
  say('served');

  const operator = await open({ ...opts, user: 'operator' }, browser, watches[1]!);
  await page.getByRole('button', { name: '呼叫支援' }).click();
  await page.getByRole('group', { name: '呼叫支援' }).getByLabel('情况').fill('有人强行闯入');
  await page.getByRole('group', { name: '呼叫支援' }).getByRole('button', { name: '呼叫支援' }).click();
  await page.getByText('已呼叫').waitFor();
  await operator.locator('.queue [role=row].s-critical', { hasText: '紧急呼叫' }).waitFor();
  await operator.screenshot({ path: `${opts.artifacts}/called.png` });
  say('called', { text: (await operator.getByRole('alert').textContent()) ?? '' });
  await told();
  say('exported', { text: await exported(operator, opts.person) });
  say('faults', { faults: watches.flatMap((w) => w.faults) });
}

/** Finds somebody in the gate's history, and gives the file of what was found. */
async function exported(page: Page, person: string): Promise<string> {
  await page.goto(new URL(`/gate/history?q=${person}`, page.url()).href);
  await page.locator('[role=row][data-key]', { hasText: person }).first().waitFor();
  await page.getByRole('button', { name: '导出' }).click();
  const box = page.getByRole('group', { name: '导出文件' });
  await box.getByLabel('格式').selectOption('csv');
  await box.getByRole('button', { name: '开始导出' }).click();
  const href = await box.locator('[data-job] a').first().getAttribute('href');
  return (await page.request.get(new URL(href!, page.url()).href)).text();
}

/** Writes a leave down and has it confirmed by two people. */
async function leave(page: Page, name: string, pupil: string): Promise<void> {
  await page.fill('form.new input[name=name]', name);
  await page.fill('form.new input[name=class]', '大二班');
  await page.fill('form.new input[name=reason]', '就诊');
  await page.fill('form.new input[name=pupil]', pupil);
  await page.locator('form.new button.primary').click();
  const card = page.locator('[data-pass]', { hasText: pupil });
  for (const [button, who] of [['记录监护人确认', '林建国'], ['班主任确认', '李秀英']] as const) {
    await card.getByRole('button', { name: button }).click();
    await card.locator('input[name=who]').fill(who);
    await card.locator('form.say button.primary').click();
    await card.getByText(`${who[0]}*${who[2]}`).waitFor();
  }
  await card.getByText('可以放行').waitFor();
}
