import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Types are stripped and code is compiled once, not at every start: it halves the time to the first answer.
enableCompileCache(join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'compile'));

const [{ runCli }, { processTerminal }] = await Promise.all([import('./program.ts'), import('./terminal.ts')]);
const exitCode = await runCli(process.argv.slice(2), processTerminal());
process.exitCode ||= exitCode;
