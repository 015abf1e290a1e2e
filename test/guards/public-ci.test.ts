import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from './source-imports.ts';

const WORKFLOWS = join(ROOT, '.github/workflows');

interface Workflow {
  readonly permissions: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Job {
  readonly 'timeout-minutes': number;
  readonly steps: readonly { readonly run?: string }[];
}

const workflows = readdirSync(WORKFLOWS).map((name) => ({
  name,
  workflow: parse(readFileSync(join(WORKFLOWS, name), 'utf8')) as Workflow,
}));
const scripts: Readonly<Record<string, string>> = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts;

test.each(workflows)('$name calls only what is in the repository', ({ workflow }) => {
  const lines = Object.values(workflow.jobs).flatMap(({ steps }) => steps.flatMap(({ run = '' }) => run.split('\n')));
  const files = lines.flatMap((line) => line.match(/(?<=^\s*|node )(?:\.ci|build|test)\/[\w./-]+/g) ?? []);
  expect(files.length).toBeGreaterThan(0);
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  const called = lines.flatMap((line) => line.match(/(?<=npm run )\w+/g) ?? []);
  expect(called.filter((name) => scripts[name] === undefined)).toEqual([]);
});

test.each(workflows)('$name may do little, and every job of it ends', ({ workflow }) => {
  expect(workflow.permissions).toEqual({ contents: 'read' });
  for (const job of Object.values(workflow.jobs)) expect(job['timeout-minutes']).toBeGreaterThan(0);
});
