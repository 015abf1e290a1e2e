import type { CommandSpec } from '../../command-spec.ts';
import { artifacts } from './artifacts.ts';
import { apply, diff, push } from './changes.ts';
import { compare } from './compare.ts';
import { cancel, list, logs, show } from './read.ts';
import { budget, resume, retry, run } from './run.ts';

export const command: CommandSpec = {
  name: 'dispatch',
  description: 'Tasks for coding agents: run them, follow them, take over what they changed.',
  examples: [
    ["garrison dispatch run 'Add tests for the parser' --agent claude --repo acme/web", 'and watch it work'],
    ['garrison dispatch diff dsp_20260113_143052_abc123', 'what it changed'],
  ],
  commands: [run, list, show, logs, cancel, budget, retry, resume, artifacts, diff, apply, push, compare],
};
