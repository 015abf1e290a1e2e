import { writeFile } from 'node:fs/promises';
import { commandLinePage } from '#cli/documents/command-line-page.ts';
import { manualPage } from '#cli/documents/manual-page.ts';
import { wholeProgram } from '#cli/whole-program.ts';

const program = await wholeProgram();
await writeFile(new URL('../docs/reference/command-line.md', import.meta.url), commandLinePage(program));
await writeFile(new URL('../docs/reference/garrison.1', import.meta.url), manualPage(program));
