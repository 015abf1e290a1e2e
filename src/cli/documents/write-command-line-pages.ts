import { writeFile } from 'node:fs/promises';
import { wholeProgram } from '../whole-program.ts';
import { commandLinePage } from './command-line-page.ts';
import { manualPage } from './manual-page.ts';

const program = await wholeProgram();
await writeFile(new URL('../../../docs/reference/command-line.md', import.meta.url), commandLinePage(program));
await writeFile(new URL('../../../docs/reference/garrison.1', import.meta.url), manualPage(program));
