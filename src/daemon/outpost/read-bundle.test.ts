import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { lifeFrom, ScriptedAuthority } from '#test/support/scripted-listener.ts';
import { laterIdentity, readOutpostBundle } from './read-bundle.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

const authority = new ScriptedAuthority();

function bundleWith(record: object, life = lifeFrom(-1, 90)): string {
  const directory = mkdtempSync(join(tmpdir(), 'garrison-bundle-'));
  directories.push(directory);
  const { certificateChain, privateKey, caBundle } = authority.identity([], life);
  writeFileSync(join(directory, 'outpost.pem'), certificateChain);
  writeFileSync(join(directory, 'outpost.key'), privateKey);
  writeFileSync(join(directory, 'ca.pem'), caBundle);
  writeFileSync(join(directory, 'outpost.json'), JSON.stringify({ id: 'o', org_id: 'org', ...record }));
  return directory;
}

describe('the bundle of an outpost', () => {
  test.each([
    [{ api: 'https://fleet.example:7443', nodes: ['a:1', 'b:2'] }, ['a:1', 'b:2'], 'https://fleet.example:7443'],
    [{ api: 'https://fleet.example/', nodes: 'a:1' }, ['a:1'], 'https://fleet.example'],
    [{ api: 'http://fleet.example:7070' }, ['fleet.example:7071'], 'https://fleet.example:7443'],
    [{ api: 'http://h:7070', tls: 'https://h:9443' }, ['h:7071'], 'https://h:9443'],
  ])('says where to go: %j', (record, endpoints, api) => {
    const identity = readOutpostBundle({ directory: bundleWith(record), endpoints: [] });
    expect(identity).toMatchObject({ nodeId: 'o', endpoints, outpost: { api, orgId: 'org', outpostId: 'o' } });
  });

  test('may be overruled on the command line', () => {
    const directory = bundleWith({ api: 'http://h:7070' });
    const identity = readOutpostBundle({ directory, endpoints: ['other'], api: 'https://other:1' });
    expect(identity).toMatchObject({ endpoints: ['other:7071'], outpost: { api: 'https://other:1' } });
  });

  test('gives way to what was renewed after it, and replaces what is older or another outpost’s', () => {
    const record = { api: 'https://h:1', nodes: ['h:2'] };
    const bundle = readOutpostBundle({ directory: bundleWith(record), endpoints: [] });
    const renewed = { ...authority.identity(['h:2'], lifeFrom(-0.5, 90)), nodeId: 'o' };
    const older = { ...authority.identity(['h:2'], lifeFrom(-40, 50)), nodeId: 'o' };
    expect(laterIdentity(undefined, bundle)).toBe(bundle);
    expect(laterIdentity(renewed, bundle)).toEqual({ ...renewed, outpost: bundle.outpost });
    expect(laterIdentity(older, bundle)).toBe(bundle);
    expect(laterIdentity({ ...renewed, nodeId: 'another' }, bundle)).toBe(bundle);
  });

  test('that is not whole is refused', () => {
    const directory = bundleWith({ api: 'https://h:1', id: '' });
    expect(() => readOutpostBundle({ directory, endpoints: [] })).toThrow(/outpost\.json does not say outpost_id/);
    rmSync(join(directory, 'outpost.key'));
    expect(() => readOutpostBundle({ directory, endpoints: [] })).toThrow(/cannot be used/);
  });
});
