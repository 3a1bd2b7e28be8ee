// Runs a TypeScript script of this folder: node e2e/run.mjs <name>
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const file = fileURLToPath(new URL(`./${process.argv[2]}.ts`, import.meta.url));
const { module } = await runnerImport(file, { configFile: false });
await module.main(process.argv.slice(3));
