// The service worker of the guards' pages, made with each build: sw.js keeps the files of this
// very build, so that a page that is reloaded while the server is out of reach still comes up
// with what was typed. It never looks at, keeps or answers anything of the API.
import { createHash } from 'node:crypto';
import type { Plugin } from 'vite';

/** Larger files are not part of the shell: the map's code, which shows nothing offline. */
const MOST = 200_000;

const worker = (version: string, files: string[]): string => `// Made by shell.ts with each build.
const cacheName = ${JSON.stringify(`campusgate-${version}`)};
const files = ${JSON.stringify(files)};
addEventListener('install', (e) => {
  e.waitUntil(caches.open(cacheName).then((c) => c.addAll(files.map((f) => new Request(f, { cache: 'reload' })))).then(() => skipWaiting()));
});
addEventListener('activate', (e) => {
  e.waitUntil(caches.keys().then((all) => Promise.all(all.filter((n) => n.startsWith('campusgate-') && n !== cacheName).map((n) => caches.delete(n)))).then(() => clients.claim()));
});
addEventListener('fetch', (e) => {
  const url = new URL(e.request.url);
  if (e.request.method !== 'GET' || url.origin !== location.origin || url.pathname.startsWith('/api/')) return;
  const kept = (path) => caches.open(cacheName).then((c) => c.match(path, { ignoreVary: true }));
  if (e.request.mode === 'navigate') {
    e.respondWith(fetch(e.request).catch(() => kept('/').then((r) => r ?? Response.error())));
  } else if (files.includes(url.pathname)) {
    e.respondWith(kept(url.pathname).then((r) => r ?? fetch(e.request)));
  }
});
`;

/** Writes sw.js with the names of the files of the build. */
export function shell(): Plugin {
  return {
    name: 'campusgate-shell',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const digest = createHash('sha256');
        const files: string[] = [];
        for (const name of Object.keys(bundle).sort()) {
          const part = bundle[name]!;
          const body = part.type === 'chunk' ? part.code : part.source;
          if (name !== 'index.html' && (!name.startsWith('assets/') || body.length > MOST)) continue;
          digest.update(`${name}\n`).update(body);
          files.push(name === 'index.html' ? '/' : `/${name}`);
        }
        this.emitFile({ type: 'asset', fileName: 'sw.js', source: worker(digest.digest('hex').slice(0, 16), files) });
      },
    },
  };
}
