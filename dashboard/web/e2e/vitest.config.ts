import { defineConfig } from 'vitest/config';

// Browser tests: one browser a file, and files one after the other, since each of them
// already keeps a browser busy.
export default defineConfig({
  test: {
    include: ['e2e/**/*.e2e.ts'],
    environment: 'node',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    fileParallelism: false,
    // A busy machine may starve the browser for a moment; a fault of ours fails twice. What
    // was tried again is said in the report.
    retry: 1,
    passWithNoTests: false,
  },
});
