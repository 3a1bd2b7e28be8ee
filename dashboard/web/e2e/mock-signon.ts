// The login with an identity provider; none unless a test sets the button's text.
import type { ServerResponse } from 'node:http';
import type { Text } from '../src/lib/types';

export class SignOn {
  text: Text | null = null;
  /** What comes of going there: logged in as who, or the code of a refusal. */
  ends: { as: string } | { code: string } = { as: 'operator' };
  /** Paths that the page asked to come back to. */
  readonly asked: string[] = [];

  answer(path: string, url: URL, res: ServerResponse, begin: (user: string) => string): void {
    const to = url.searchParams.get('to') ?? '/';
    if (path === '/login/ways') return void res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ oidc: this.text }));
    if (path !== '/login/oidc' || !this.text) return void res.writeHead(404, { 'Content-Type': 'application/problem+json' }).end(JSON.stringify({ status: 404, code: 'not_found' }));
    this.asked.push(to);
    if ('as' in this.ends) return void res.writeHead(303, { Location: to, 'Set-Cookie': begin(this.ends.as) }).end();
    const back = new URL(to, 'http://mock');
    back.searchParams.set('signon', this.ends.code);
    res.writeHead(303, { Location: back.pathname + back.search }).end();
  }
}
