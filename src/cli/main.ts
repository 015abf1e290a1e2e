import { runCli } from './program.ts';
import { processTerminal } from './terminal.ts';

const exitCode = await runCli(process.argv.slice(2), processTerminal());
process.exitCode ||= exitCode;
