import { fileURLToPath } from 'node:url';
import { compileModule } from 'svelte/compiler';
import { transformWithOxc, type Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Modules with runes as the browser gets them: the server's runes follow no change. */
const runes: Plugin = {
  name: 'runes-of-the-browser',
  enforce: 'pre',
  async transform(code, id) {
    if (!/\.svelte\.ts$/.test(id)) return;
    const plain = await transformWithOxc(code, id);
    return compileModule(plain.code, { generate: 'client', filename: id }).js;
  },
};

export default defineConfig({
  plugins: [runes],
  resolve: { alias: [{ find: /^svelte$/, replacement: fileURLToPath(new URL('node_modules/svelte/src/index-client.js', import.meta.url)) }] },
  test: { include: ['test/**/*.test.ts'], environment: 'node', passWithNoTests: false, server: { deps: { inline: ['svelte'] } } },
});
