import { describe, expect, test } from 'vitest';
import { resolveCredentials } from './credentials.ts';

const PROFILE = {
  api: 'http://127.0.0.1:7070',
  masterKey: 'master',
  apiKey: 'api',
  edgeToken: 'edge',
  arbKey: 'arb',
  orgId: 'org',
};

describe('which key goes to which surface', () => {
  test('each gets the one the profile has for it', () => {
    expect(resolveCredentials({}, {}, PROFILE)).toMatchObject({
      api: 'http://127.0.0.1:7070',
      edgeFleet: 'edge',
      edgeAdmin: 'api',
      outposts: 'arb',
      native: 'master',
      orgId: 'org',
    });
  });

  test('a key of the command line goes to all, before everything else', () => {
    const env = { GARRISON_KEY: 'env-key', GARRISON_TOKEN: 'env-token' };
    expect(resolveCredentials({ key: 'k' }, env, PROFILE)).toMatchObject({
      edgeFleet: 'k',
      edgeAdmin: 'k',
      outposts: 'k',
      native: 'k',
    });
  });

  test('a token of the environment goes to the edge fleet, a key to the others', () => {
    const env = { GARRISON_KEY: 'env-key', GARRISON_TOKEN: 'env-token' };
    expect(resolveCredentials({}, env, undefined)).toMatchObject({ edgeFleet: 'env-token', edgeAdmin: 'env-key' });
  });

  test('a sign-in is all that a laptop has: it goes wherever no other key is there', () => {
    const signedIn = { api: PROFILE.api, edgeToken: 'edge' };
    expect(resolveCredentials({}, {}, signedIn)).toMatchObject({
      edgeFleet: 'edge',
      edgeAdmin: 'edge',
      dispatch: 'edge',
      native: 'edge',
    });
  });

  test('without any, the default address and nothing to open it', () => {
    expect(resolveCredentials({}, {}, undefined)).toMatchObject({ api: 'http://127.0.0.1:7070', edgeFleet: undefined });
  });
});

describe('keys of a profile stay with its controller', () => {
  test.each([
    ['a flag', { api: 'http://evil.example' }, {}],
    ['the environment', {}, { GARRISON_API: 'http://evil.example' }],
  ])('%s that names another controller gets none of them', (_, flags, env) => {
    const found = resolveCredentials(flags, env, PROFILE);
    expect(found.api).toBe('http://evil.example');
    expect(Object.values(found).filter((value) => value !== undefined)).toEqual(['http://evil.example']);
  });

  test('the same address with a slash is the same controller', () => {
    expect(resolveCredentials({ api: 'http://127.0.0.1:7070/' }, {}, PROFILE).edgeAdmin).toBe('api');
  });
});
