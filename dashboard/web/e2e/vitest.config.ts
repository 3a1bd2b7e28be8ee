import { defineConfig } from 'vitest/config';

// Browser tests: one browser a file, two files at a time, the longest first. The files that
// measure have the machine to themselves, after the others.
const measured = ['e2e/load.e2e.ts', 'e2e/quality.e2e.ts'];
const common = {
  environment: 'node' as const,
  testTimeout: 20_000,
  hookTimeout: 20_000,
  // A busy machine may starve the browser for a moment; a fault of ours fails twice. What
  // was tried again is said in the report.
  retry: 1,
};
export default defineConfig({
  test: {
    passWithNoTests: false,
    projects: [
      { test: { ...common, name: 'pages', include: ['e2e/**/*.e2e.ts'], exclude: measured, maxWorkers: 2, sequence: { groupOrder: 0 } } },
      { test: { ...common, name: 'measured', include: measured, fileParallelism: false, sequence: { groupOrder: 1 } } },
    ],
  },
});
