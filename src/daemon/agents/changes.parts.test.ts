/** The patch, applied to the commit it began with, gives the tree the agent left, whatever that is. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AgentDesk, git, hasBubblewrap } from '#test/support/agent-desk.ts';

let desk: AgentDesk;
beforeAll(() => {
  desk = new AgentDesk({ definitions: { script: { command: ['sh', '{promptFile}'] } } });
});
afterAll(() => desk.close());

const BASE = {
  'text.txt': 'one\ntwo\nthree\n',
  'crlf.txt': 'one\r\ntwo\r\n',
  'no-end.txt': 'no line break at the end',
  'binary.bin': 'bin\u0000ary\u0001',
  'deep/er/file.txt': 'deep\n',
  'with space.txt': 'space\n',
  empty: '',
  '.gitattributes': '*.norm text\n',
  'x.norm': 'a\nb\n',
};

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const write = (path: string, content: Uint8Array) => {
  const encoded = Buffer.from(content).toString('base64');
  return `mkdir -p "$(dirname ./${quoted(path)})" && rm -rf ./${quoted(path)} && printf %s ${quoted(encoded)} | base64 -d > ./${quoted(path)}`;
};

const known = fc.constantFrom(...Object.keys(BASE).filter((name) => name !== '.gitattributes'));
const odd = fc.constantFrom(
  'ä ö ü.txt',
  '"quoted".txt',
  "it's",
  'tab\there',
  'line\nbreak',
  '-dash',
  'back\\slash',
  'new/dir/file',
  '*',
  ':(top)x',
  'deep/new.norm',
);
const content = fc.oneof(
  fc.string().map((text) => Buffer.from(text)),
  fc.array(fc.constantFrom('a', 'b', '', 'ü'), { maxLength: 30 }).map((lines) => Buffer.from(lines.join('\r\n'))),
  fc.uint8Array({ maxLength: 300 }),
);
const change = fc.oneof(
  fc.tuple(fc.oneof(known, odd), content).map(([path, bytes]) => write(path, bytes)),
  known.map((path) => `rm -rf ./${quoted(path)}`),
  known.map((path) => `[ -f ./${quoted(path)} ] && chmod +x ./${quoted(path)}`),
  fc
    .tuple(known, odd)
    .map(([from, to]) => `mkdir -p "$(dirname ./${quoted(to)})" && mv ./${quoted(from)} ./${quoted(to)}`),
  // No link leads to a directory: a later `mv` would put its file there, outside the workspace where it may.
  fc
    .tuple(odd, fc.constantFrom('text.txt', '/etc/passwd', 'nowhere', '../nowhere'))
    .map(
      ([path, target]) => `mkdir -p "$(dirname ./${quoted(path)})" && ln -sfn -- ${quoted(target)} ./${quoted(path)}`,
    ),
);

test.runIf(hasBubblewrap)('for any changes', { timeout: 60_000 }, async () => {
  const source = desk.repository('me/project', BASE);
  const repository = { base_url: desk.baseUrl, name: 'me/project' };
  const property = fc.asyncProperty(
    fc.array(change, { minLength: 1, maxLength: 12 }),
    fc.boolean(),
    async (changes, commits) => {
      const script = `${changes.join('\n')}\n`;
      const commit = commits ? 'git add -A && git commit -qm x\n' : '';
      const ran = await desk.run({ agent: 'script', task: `${script}${commit}exit 0\n`, repository });
      expect(ran).toMatchObject({ outcome: 'ok', result: { missing_artifacts: [] } });
      expect(applied(source, ran.artifacts['changes.patch'] ?? Buffer.alloc(0))).toBe(treeAfter(source, script));
    },
  );
  await fc.assert(property, { numRuns: 5 });
});

function treeAfter(source: string, script: string): string {
  const clone = cloneOf(source);
  try {
    execFileSync('sh', ['-c', script], { cwd: clone, stdio: 'ignore' });
  } catch {
    // some of it could not be done, as for the agent
  }
  git(clone, 'add', '--all');
  return git(clone, 'write-tree').trim();
}

function applied(source: string, patch: Buffer): string {
  const clone = cloneOf(source);
  const file = `${clone}.patch`;
  writeFileSync(file, patch);
  if (patch.length > 0) git(clone, 'apply', '--index', '--whitespace=nowarn', file);
  return git(clone, 'write-tree').trim();
}

function cloneOf(source: string): string {
  const clone = mkdtempSync(join(desk.directory, 'clone-'));
  git(desk.directory, 'clone', '--quiet', source, clone);
  chmodSync(clone, 0o755);
  return clone;
}
