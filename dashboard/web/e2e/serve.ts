// The mock server with life in it, to work on the pages: npm run build && npm run mock
import { DIST } from './browser';
import { alarm, event } from './county';
import { Mock } from './mock';

export async function main([port = '8090']: string[]): Promise<void> {
  const mock = new Mock({ dist: DIST, alarms: 60, events: 500 });
  const origin = await mock.start(Number(port));
  console.log(`${origin}  admin | operator | guard | inspector, password: secret`);
  setInterval(() => {
    mock.publish(Array.from({ length: 5 }, () => event(Date.now(), mock.random)));
    mock.publishStats(300 + Math.floor(mock.random() * 40));
  }, 500);
  let n = 0;
  setInterval(() => mock.put(alarm(`live${n++}`, Date.now(), { severity: n % 4 ? 'warning' : 'critical', device: 'g1', rule: n % 4 ? 'visitor_unregistered' : 'gate_forced' })), 15_000);
}
