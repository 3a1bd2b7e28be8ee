// One alarm from its raise to the hand-over sheet, on the real program.
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** One pixel, blue. */
const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

/** Works on the emergency call of a site; gives the alarm's id and what the sheet says of it. */
export async function walkDesk(page: Page, origin: string, site: string, artifacts: string): Promise<{ id: string; text: string }> {
  await page.goto(`${origin}/alarms?site=${site}&rule=emergency_call`);
  const first = page.locator('.list [role=row][data-key]').first();
  await first.waitFor();
  const id = (await first.getAttribute('data-key')) ?? '';
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  const detail = page.locator('.detail');
  const form = detail.locator('form');
  const act = async (name: string, note = ''): Promise<void> => {
    await detail.locator(`[data-do="${name}"]`).click();
    if (!note) return;
    await form.locator('textarea').fill(note);
    await form.locator('button[type=submit]').click();
    await form.waitFor({ state: 'detached' });
  };
  const state = (word: string): Promise<void> => detail.locator('.title').getByText(word, { exact: true }).waitFor();

  await detail.locator('[data-assignee]', { hasText: '无人' }).waitFor();
  await page.keyboard.press('m');
  await detail.locator('[data-assignee]', { hasText: 'operator' }).waitFor();
  await act('comment', '已联系门卫');
  await page.keyboard.press('e');
  await form.locator('input[type=file]').setInputFiles({ name: '门卫室.png', mimeType: 'image/png', buffer: pixel });
  await form.locator('textarea').fill('现场照片');
  await form.locator('button[type=submit]').click();
  await form.waitFor({ state: 'detached' });
  await detail.locator('[data-evidence] li', { hasText: '门卫室.png' }).getByRole('button').click();
  await page.waitForFunction(() => document.querySelector<HTMLImageElement>('[data-evidence] img')?.naturalWidth === 1);
  await act('confirm');
  await form.locator('button[type=submit]').click();
  await form.waitFor({ state: 'detached' }); // the row may know before the answer is here
  await detail.locator('[data-verdict]', { hasText: '属实' }).waitFor();
  await page.keyboard.press('a');
  await state('已确认');
  await page.keyboard.press('s');
  await form.locator('textarea').fill('等待复位');
  await form.locator('button[type=submit]').click();
  await state('已搁置');
  await page.screenshot({ path: join(artifacts, 'alarm.png') });

  await page.goto(`${origin}/shelved`);
  const shelved = page.locator(`[data-alarm="${id}"]`);
  await shelved.getByText('等待复位').waitFor();
  await shelved.getByRole('button').click();
  await shelved.waitFor({ state: 'detached' });
  await page.goto(`${origin}/alarms/${id}`);
  await state('未确认');
  await act('ack');
  await state('已确认');
  await act('close', '误触，已复位');
  await state('已结束');

  await page.goto(`${origin}/shift`);
  const notes = page.locator('[data-notes]');
  await notes.getByText('误触，已复位').waitFor();
  const text = await notes.innerText();
  await page.screenshot({ path: join(artifacts, 'shift.png'), fullPage: true });
  await page.goto(`${origin}/numbers`);
  await page.locator('[data-target]').first().waitFor();
  return { id, text };
}
