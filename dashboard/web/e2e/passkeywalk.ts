// A passkey on the real program: node e2e/run.mjs passkeywalk, run by the Go test
// TestPasskeyInBrowser. Chromium's virtual authenticator holds it. Speaks with the test as
// system.ts does.
import { createInterface } from 'node:readline';
import type { CDPSession, Page } from 'playwright-core';
import { launch, Watch } from './browser';
import { open, say, type Options } from './system';

export async function main(): Promise<void> {
  const input = createInterface({ input: process.stdin });
  const lines = input[Symbol.asyncIterator]();
  const browser = await launch();
  input.once('close', () => void browser.close()); // without the test there is nobody to work for
  try {
    const opts = JSON.parse(String((await lines.next()).value)) as Options;
    const watch = new Watch();
    const page = await open(opts, browser, watch);
    watch.allowed.push(/status of 401 .*\/api\/v1\/(me|login\/passkey)$/); // each start without a session asks who it is
    await walk(page, opts);
    say('faults', { faults: watch.faults });
  } catch (err) {
    say('failed', { error: err instanceof Error ? err.stack : String(err) });
    process.exitCode = 1;
  } finally {
    input.close();
    await browser.close();
  }
}

async function authenticator(page: Page): Promise<{ cdp: CDPSession; id: string }> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId: id } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return { cdp, id };
}

async function walk(page: Page, opts: Options): Promise<void> {
  const { cdp, id } = await authenticator(page);
  await page.goto(`${opts.origin}/account`);
  const panel = page.locator('[data-passkeys]');
  await panel.getByRole('button', { name: '添加通行密钥' }).click();
  await panel.getByLabel('名称').fill('办公室电脑');
  await panel.getByLabel('您的密码').fill(opts.password);
  await panel.getByRole('button', { name: '继续' }).click();
  await panel.getByText('通行密钥已添加。').waitFor();
  await panel.getByText('从未').waitFor();
  await page.screenshot({ path: `${opts.artifacts}/enrolled.png` });
  say('enrolled');

  const leave = async (): Promise<void> => {
    await page.evaluate(() => fetch('/api/v1/logout', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' }));
    await page.context().clearCookies({ name: 'campusgate_session' });
    await page.goto(opts.origin);
  };
  const button = page.getByRole('button', { name: '使用通行密钥登录' });
  await leave();
  await button.click();
  await page.locator('.conn[data-state=live]').waitFor();
  await page.goto(`${opts.origin}/account`);
  await page.locator('section[aria-label=登录会话] tr', { hasText: '本会话' }).getByText('通行密钥').waitFor();
  say('opened');

  // A counter that goes back is a copy: refused.
  const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId: id });
  const one = credentials[0]!;
  await cdp.send('WebAuthn.removeCredential', { authenticatorId: id, credentialId: one.credentialId });
  await cdp.send('WebAuthn.addCredential', { authenticatorId: id, credential: { ...one, signCount: 0 } });
  await leave();
  await button.click();
  await page.getByText('通行密钥未被接受').waitFor();
  await page.screenshot({ path: `${opts.artifacts}/refused.png` });

  // Nothing that fits.
  await cdp.send('WebAuthn.clearCredentials', { authenticatorId: id });
  await button.click();
  await page.getByText('未完成').waitFor();
  say('refused');
}
