import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { currentProfileFile, findProfileFile, profileFileIn, readProfile, writeProfile } from './profile.ts';

let homeDir: string;
beforeEach(async () => {
  homeDir = await mkdtemp(join(tmpdir(), 'garrison-profile-'));
});
afterEach(() => rm(homeDir, { recursive: true, force: true }));

const PROFILE = {
  api: 'http://127.0.0.1:7070',
  masterKey: 'master_1',
  apiKey: 'api_1',
  edgeToken: 't',
  orgId: 'o',
  arbKey: 'arb_1',
  dataDir: '/d',
};

test('what is written is read again, by its owner only, and nothing else is left in the directory', async () => {
  const file = currentProfileFile({ env: {}, homeDir });
  expect(file).toBe(join(homeDir, '.config', 'garrison', 'profile.json'));
  await writeProfile(file, PROFILE);
  await writeProfile(file, { ...PROFILE, apiKey: 'api_2' });
  expect(await readProfile(file)).toEqual({ ...PROFILE, apiKey: 'api_2' });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(file, '..'))).mode & 0o777).toBe(0o700);
  expect(await readdir(join(file, '..'))).toEqual(['profile.json']);
});

test('no file is no profile', async () => {
  expect(await readProfile(join(homeDir, 'nothing.json'))).toBeUndefined();
});

test('a file that others can read is refused with the way to mend it', async () => {
  const file = join(homeDir, 'profile.json');
  await writeProfile(file, PROFILE);
  await chmod(file, 0o644);
  await expect(readProfile(file)).rejects.toMatchObject({ advice: `Mend it with: chmod 600 ${file}` });
});

test.each([['{'], ['[]'], ['{"api":7}'], ['null']])('%s is not a profile', async (text) => {
  const file = join(homeDir, 'profile.json');
  await writeFile(file, text, { mode: 0o600 });
  await expect(readProfile(file)).rejects.toThrow('is not a profile');
});

test('fields it does not know and values of another kind are left out', async () => {
  const file = join(homeDir, 'profile.json');
  await writeFile(file, '{"api":"http://x","apiKey":5,"colour":"red"}', { mode: 0o600 });
  expect(await readProfile(file)).toEqual({ api: 'http://x' });
});

test('the named one comes first, then GARRISON_PROFILE, then the data directory’s, then the current one', async () => {
  const dataDir = join(homeDir, 'data');
  const serviceDataDir = join(homeDir, 'service');
  await mkdir(dataDir);
  const env = { GARRISON_DATA_DIR: dataDir };
  const current = currentProfileFile({ env, homeDir });
  expect(await findProfileFile(undefined, { env, homeDir, serviceDataDir })).toBe(current);
  await writeProfile(profileFileIn(dataDir), PROFILE);
  expect(await findProfileFile(undefined, { env, homeDir, serviceDataDir })).toBe(profileFileIn(dataDir));
  expect(
    await findProfileFile(undefined, { env: { ...env, GARRISON_PROFILE: '/p.json' }, homeDir, serviceDataDir }),
  ).toBe('/p.json');
  expect(await findProfileFile(dataDir, { env: { GARRISON_PROFILE: '/p.json' }, homeDir, serviceDataDir })).toBe(
    profileFileIn(dataDir),
  );
  expect(currentProfileFile({ env: { XDG_CONFIG_HOME: '/xdg' }, homeDir })).toBe('/xdg/garrison/profile.json');
});
