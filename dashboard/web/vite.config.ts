import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { shell } from './shell.ts';

// The build goes into dist/, which is committed and embedded by embed.go. It has to be
// the same on every machine: no time, no host, no random part may enter it.
export default defineConfig({
  plugins: [svelte(), shell()],
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    sourcemap: false,
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    reportCompressedSize: true,
    modulePreload: {
      polyfill: false,
      // The first view's chunks are named in index.html. For a page that comes later the list
      // would stand in the first chunk and grow with every page; its imports name them anyway.
      resolveDependencies: (_, deps, { hostType }) => (hostType === 'html' ? deps : []),
    },
  },
  server: {
    // `npm run dev` beside a running dashboard.
    proxy: { '/api': { target: process.env['CAMPUSGATE_URL'] ?? 'http://127.0.0.1:8080', ws: true } },
  },
});
