import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation } from '#test/support/installation.ts';
import { garrison as program } from '#test/support/program.ts';

const run = promisify(execFile);
const LARGE = 64 * 1024 * 1024;

let site: Installation;
/** A directory of the nodes, which share the file system of this machine. */
let there: string;
let here: string;

beforeAll(async () => {
  site = await Installation.start();
  await Promise.all(['web-1', 'web-2'].map((name) => site.addNode(name)));
  [there, here] = ['there', 'here'].map((name) => join(site.directory, name)) as [string, string]; // two were asked for
  for (const directory of [there, here]) mkdirSync(directory);
});
afterAll(() => site?.close());

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function cp(...args: string[]): Promise<Ended> {
  const env = { ...process.env, GARRISON_PROFILE: `${site.dataDir}/profile.json` };
  return run(program, ['cp', ...args], { env }).then(
    (ended) => ({ code: 0, ...ended }),
    (error: Ended) => error,
  );
}

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const hashOfFile = (path: string) => hashOf(readFileSync(path));

function file(name: string, content: Uint8Array | string): string {
  const path = join(here, name);
  writeFileSync(path, content);
  return path;
}

async function sentFiles(): Promise<number> {
  const answer = await fetch(`${site.ready.api}/v1/audit?action=file.send`, {
    headers: { 'x-api-key': site.ready.masterKey },
  });
  const { items } = (await answer.json()) as { items: readonly unknown[] };
  return items.length;
}

test('a file goes to a node and back, byte for byte, and nothing else stays', async () => {
  const sizes = [0, 1, 65_537, LARGE];
  for (const size of sizes) {
    const path = file(`size-${size}`, randomBytes(size));
    expect(await cp(path, `web-1:${there}/`)).toMatchObject({ code: 0 });
    expect(hashOfFile(join(there, `size-${size}`)), `${size} bytes there`).toBe(hashOfFile(path));
    expect(await cp(`web-1:${there}/size-${size}`, `${path}.back`)).toMatchObject({ code: 0 });
    expect(hashOfFile(`${path}.back`), `${size} bytes back`).toBe(hashOfFile(path));
  }
  expect(readdirSync(there).toSorted()).toEqual(sizes.map((size) => `size-${size}`).toSorted());
  expect(readdirSync(here).filter((name) => name.includes('.part'))).toEqual([]);
});

test('the same content is sent to the controller once, however many nodes it is for', async () => {
  const path = file('once', randomBytes(100_000));
  expect(await cp(path, `web-1,web-2:${there}/once`)).toMatchObject({ code: 0 });
  const before = await sentFiles();
  expect(await cp(path, `all:${there}/once-more`)).toMatchObject({ code: 0 });
  expect(await sentFiles()).toBe(before);
  expect(hashOfFile(join(there, 'once-more'))).toBe(hashOfFile(path));
});

test('permissions are what was asked for, and those of the file that is replaced otherwise', async () => {
  const path = file('mode', 'one');
  chmodSync(path, 0o750);
  await cp('-p', path, `web-1:${there}/mode`);
  expect(statSync(join(there, 'mode')).mode & 0o7777).toBe(0o750);
  await cp(file('mode', 'two'), `web-1:${there}/mode`);
  expect(statSync(join(there, 'mode')).mode & 0o7777).toBe(0o750);
  expect(await cp('--chmod', '4755', path, `web-1:${there}/mode`)).toMatchObject({ code: expect.any(Number) });
  expect(statSync(join(there, 'mode')).mode & 0o7777).toBe(0o750);
  expect(readFileSync(join(there, 'mode'), 'utf8')).toBe('two');
});

test('a dry run says what would be done and does nothing; --create replaces nothing', async () => {
  const path = file('dry', 'new content');
  writeFileSync(join(there, 'dry'), 'old content');
  const dry = await cp('--dry-run', path, `web-1:${there}/dry`, '-o', 'json');
  expect(dry.stdout).toMatch(/"is_same": ?false/);
  expect(readFileSync(join(there, 'dry'), 'utf8')).toBe('old content');
  const refused = await cp('--create', path, `web-1:${there}/dry`);
  expect(refused.code).not.toBe(0);
  expect(`${refused.stdout}${refused.stderr}`).toContain('there is something at');
  expect(readFileSync(join(there, 'dry'), 'utf8')).toBe('old content');
});

test('a difference is shown, with what a machine has to say made harmless, and nothing is changed', async () => {
  const path = file('motd', 'one\ntwo\nthree\n');
  writeFileSync(join(there, 'motd'), 'one\n2\nthree\n');
  const shown = await cp('--diff', path, `all:${there}/motd`);
  expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/web-1, web-2: *\n[\s\S]*-2\n\+two\n/) });
  expect(readFileSync(join(there, 'motd'), 'utf8')).toBe('one\n2\nthree\n');
  expect((await cp('--diff', path, `web-1:${there}/no-motd`)).stdout).toContain('there is no such file yet');
  writeFileSync(join(there, 'motd'), 'one\ntwo\nthree\n');
  expect((await cp('--diff', path, `web-1:${there}/motd`)).stdout).toContain('web-1: the same');
  const binary = await cp('--diff', file('binary', Buffer.from([0, 1, 2])), `web-1:${there}/motd`);
  expect(binary).toMatchObject({ code: expect.any(Number), stderr: expect.stringContaining('for a text') });
});

test('back from many nodes each has a directory of its own', async () => {
  writeFileSync(join(there, 'hosts'), 'the hosts\n');
  expect(await cp(`all:${there}/hosts`, join(here, 'from-all'))).toMatchObject({ code: 0 });
  for (const node of ['web-1', 'web-2'])
    expect(readFileSync(join(here, 'from-all', node, 'hosts'), 'utf8')).toBe('the hosts\n');
});

test('a directory goes to many nodes and back, and what is there beside it stays', async () => {
  const from = join(here, 'site');
  mkdirSync(join(from, 'assets'), { recursive: true });
  writeFileSync(join(from, 'index.html'), 'new');
  writeFileSync(join(from, 'assets', 'large'), randomBytes(3_000_000));
  writeFileSync(join(from, 'deploy.sh'), '#!/bin/sh\n', { mode: 0o755 });
  symlinkSync('/etc/passwd', join(from, 'link'));
  const www = join(there, 'www');
  mkdirSync(join(www, 'site'), { recursive: true });
  writeFileSync(join(www, 'site', 'kept'), 'kept');
  writeFileSync(join(www, 'site', 'index.html'), 'old');
  const sent = await cp('-r', from, `web-1:${www}/`);
  expect(sent).toMatchObject({ code: 0, stderr: expect.stringContaining('left out') });
  expect(readdirSync(join(www, 'site')).toSorted()).toEqual(['assets', 'deploy.sh', 'index.html', 'kept']);
  expect(readFileSync(join(www, 'site', 'index.html'), 'utf8')).toBe('new');
  expect(statSync(join(www, 'site', 'deploy.sh')).mode & 0o777).toBe(0o755);
  expect(hashOfFile(join(www, 'site', 'assets', 'large'))).toBe(hashOfFile(join(from, 'assets', 'large')));

  symlinkSync('/etc', join(www, 'site', 'away'));
  expect(await cp('-r', `all:${www}/site`, join(here, 'sites'))).toMatchObject({ code: 0 });
  for (const node of ['web-1', 'web-2'])
    expect(readdirSync(join(here, 'sites', node, 'site')).toSorted()).toEqual([
      'assets',
      'deploy.sh',
      'index.html',
      'kept',
    ]);
  expect(hashOfFile(join(here, 'sites', 'web-2', 'site', 'assets', 'large'))).toBe(
    hashOfFile(join(from, 'assets', 'large')),
  );
});

test('a directory leads nowhere else by a link that somebody has put in its way', async () => {
  const from = join(here, 'trap');
  mkdirSync(join(from, 'conf'), { recursive: true });
  writeFileSync(join(from, 'conf', 'x'), 'x');
  const elsewhere = join(there, 'elsewhere');
  mkdirSync(elsewhere);
  mkdirSync(join(there, 'trap'));
  symlinkSync(elsewhere, join(there, 'trap', 'conf'));
  const refused = await cp('-r', from, `web-1:${there}/`);
  expect(refused.code).not.toBe(0);
  expect(`${refused.stdout}${refused.stderr}`).toMatch(/is a link|leads through a link/);
  expect(readdirSync(elsewhere)).toEqual([]);
  const noDirectory = await cp('-r', `web-1:${there}/once`, here);
  expect(`${noDirectory.stdout}${noDirectory.stderr}`).toMatch(/is a file, not a directory/);
});

test('what is no file, not there, or closed is refused, each with its reason', async () => {
  mkdirSync(join(there, 'directory'));
  symlinkSync('/etc/hostname', join(there, 'link'));
  const path = file('refused', 'x');
  const reasons: [string[], RegExp][] = [
    [[`web-1:${there}/nothing`, here], /there is nothing at/],
    [[`web-1:${there}/directory`, here], /is a directory/],
    [[`web-1:/dev/zero`, here], /is closed to file tools/],
    [[path, `web-1:${there}/nowhere/`], /there is no(thing| directory) at/],
    [[path, 'web-1:/proc/sys/kernel/hostname'], /is closed to file tools/],
    [[here, `web-1:${there}/`], /is a directory/],
    [[path, path], /one of the two has to be a local path/],
    [[path, 'web-1:motd'], /no absolute path/],
  ];
  for (const [args, reason] of reasons) {
    const ended = await cp(...args);
    expect(ended.code, args.join(' ')).not.toBe(0);
    expect(`${ended.stdout}${ended.stderr}`, args.join(' ')).toMatch(reason);
  }
});

test('content that is not what was said is taken by nobody', async () => {
  const wrong = hashOf(Buffer.from('something else'));
  const answer = await fetch(`${site.ready.api}/v1/files?sha256=${wrong}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${site.ready.edgeToken}`, 'content-type': 'application/octet-stream' },
    body: 'content',
  });
  expect(answer.status).toBe(400);
  const path = file('other', 'other content');
  await cp(path, `web-1:${there}/other`);
  const ticket = (await site.fleet.findSentFile(hashOfFile(path)))?.ticket;
  const args = { path: join(there, 'other'), ticket, sha256: wrong, size: 13 };
  const events = await site.run({ target: { All: null }, tool: 'fs.put', args });
  const results = events.filter(({ event }) => event === 'command_result');
  expect(results).toHaveLength(2);
  for (const { data } of results) expect(data).toMatchObject({ result: { err: { code: 'file_io_failed' } } });
  expect(readFileSync(join(there, 'other'), 'utf8')).toBe('other content');
});
