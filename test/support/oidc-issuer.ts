import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import Provider, { type Adapter, type AdapterPayload, type ClientMetadata } from 'oidc-provider';

/** A real OpenID provider in this process. Whatever it signs it signs with its newest key. */
export interface TestIssuer {
  readonly issuer: string;
  readonly audience: string;
  /** Requests for its keys so far. */
  readonly keyRequests: number;
  /** What the token endpoint gives to a client that authenticates as itself. */
  clientToken(clientId: string): Promise<string>;
  /** What a person who has signed in gets. */
  userToken(sub: string, claims?: Record<string, unknown>, clientId?: string): Promise<string>;
  /** Who signs in and agrees, without being asked, whenever somebody's browser or device code comes; and what its tokens say. */
  signsIn(sub: string, claims?: Record<string, unknown>): void;
  /** Whoever comes next with a browser says no, once. */
  saysNo(): void;
  /** The person signs in at an address with a code in it, as `signsIn` says. */
  confirmDevice(userCode: string): Promise<void>;
  /** From now on another key signs, and it is the only one that is published. */
  rotate(): Promise<void>;
  /** While away, every request is answered with 503. */
  setAway(isAway: boolean): void;
  close(): Promise<void>;
}

const AUDIENCE = 'garrison';

export async function startTestIssuer(options: { clients?: readonly string[] } = {}): Promise<TestIssuer> {
  const clients = ['person-app', ...(options.clients ?? [])];
  const people = new Map<string, Record<string, unknown>>();
  let provider: Provider;
  let isAway = false;
  let isRefusing = false;
  let keyRequests = 0;
  let keyNumber = 0;
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/jwks')) keyRequests += 1;
    if (isAway) response.writeHead(503).end();
    else if (request.url?.startsWith('/interaction/')) {
      void (isRefusing ? refuse : agree)(provider, request, response, person.sub);
      isRefusing = false;
    } else void provider.callback()(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
  const rotate = async () => {
    keyNumber += 1;
    provider = newProvider(issuer, { clients, people }, await newKey(`key-${keyNumber}`));
  };
  await rotate();
  let person: Person = { sub: 'nobody', claims: {} };

  return {
    issuer,
    audience: AUDIENCE,
    get keyRequests() {
      return keyRequests;
    },
    async clientToken(clientId) {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${clientId}:secret-of-${clientId}`)}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: RESOURCE }),
      });
      const answer = (await response.json()) as { access_token?: string };
      if (answer.access_token === undefined) throw new Error(`the issuer refuses: ${JSON.stringify(answer)}`);
      return answer.access_token;
    },
    async userToken(sub, claims = {}, clientId = 'person-app') {
      const client = await provider.Client.find(clientId);
      if (client === undefined) throw new Error('the issuer has lost its client');
      const token = new provider.AccessToken({ client, accountId: sub, extra: claims, grantId: 'g' } as never); // its types want a request
      token.resourceServer = new provider.ResourceServer(RESOURCE, resource());
      return token.save();
    },
    signsIn(sub, claims = {}) {
      person = { sub, claims };
      people.set(sub, claims);
    },
    saysNo() {
      isRefusing = true;
    },
    async confirmDevice(userCode) {
      const code = await provider.DeviceCode.findByUserCode(userCode.replaceAll('-', ''));
      if (code === undefined) throw new Error(`nobody was given the code ${userCode}`);
      const grantId = await grantTo(provider, person.sub, COMMAND_LINE);
      Object.assign(code, { accountId: person.sub, grantId, authTime: Math.floor(Date.now() / 1_000), ...ASKED_FOR });
      await code.save();
    },
    rotate,
    setAway(away) {
      isAway = away;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

interface Person {
  readonly sub: string;
  readonly claims: Record<string, unknown>;
}

/** The public client of `garrison login`, and of a console. */
const COMMAND_LINE = 'garrison-cli';
const RESOURCE = 'urn:garrison';
const ASKED_FOR = { scope: 'openid offline_access', resource: RESOURCE, claims: {} };

/** What a person does on the pages of an issuer: signs in, then agrees. */
async function agree(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  sub: string,
): Promise<void> {
  const { prompt, params } = await provider.interactionDetails(request, response);
  const answer =
    prompt.name === 'login'
      ? { login: { accountId: sub } }
      : { consent: { grantId: await grantTo(provider, sub, String(params.client_id)) } };
  await provider.interactionFinished(request, response, answer, { mergeWithLastSubmission: true });
}

async function refuse(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = { error: 'access_denied', error_description: 'The person said no.' };
  await provider.interactionFinished(request, response, answer, { mergeWithLastSubmission: false });
}

async function grantTo(provider: Provider, accountId: string, clientId: string): Promise<string> {
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope(ASKED_FOR.scope);
  return grant.save();
}

function newProvider(
  issuer: string,
  { clients, people }: { clients: readonly string[]; people: ReadonlyMap<string, Record<string, unknown>> },
  key: JWK,
): Provider {
  return new Provider(issuer, {
    adapter: MemoryAdapter,
    jwks: { keys: [key] },
    clients: [commandLine(), ...clients.map(serviceClient)],
    findAccount: (_, sub) => ({ accountId: sub, claims: async () => ({ sub }) }),
    scopes: ['openid', 'offline_access'],
    ttl: { Session: 600, Interaction: 600, Grant: 600, IdToken: 600, RefreshToken: 600, DeviceCode: 600 },
    cookies: { keys: ['a test'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      resourceIndicators: { enabled: true, getResourceServerInfo: () => resource() },
    },
    extraTokenClaims: (_, token) => {
      const { extra, accountId } = token as unknown as { extra?: Record<string, unknown>; accountId?: string }; // `extra` by userToken
      return extra ?? people.get(accountId ?? '');
    },
  });
}

function serviceClient(id: string): ClientMetadata {
  return {
    client_id: id,
    client_secret: `secret-of-${id}`,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    id_token_signed_response_alg: 'ES256',
  };
}

function commandLine(): ClientMetadata {
  return {
    client_id: COMMAND_LINE,
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    redirect_uris: ['http://127.0.0.1/callback', 'http://127.0.0.1/console/api/oidc/callback'],
    response_types: ['code'],
    id_token_signed_response_alg: 'ES256',
  };
}

/** The provider warns of its own; nothing here outlives a test anyway. */
class MemoryAdapter implements Adapter {
  readonly #kept = new Map<string, AdapterPayload>();

  async upsert(id: string, payload: AdapterPayload) {
    this.#kept.set(id, payload);
  }
  async find(id: string) {
    return this.#kept.get(id);
  }
  async findByUserCode(userCode: string) {
    return [...this.#kept.values()].find((one) => one.userCode === userCode);
  }
  async findByUid(uid: string) {
    return [...this.#kept.values()].find((one) => one.uid === uid);
  }
  async consume(id: string) {
    const kept = this.#kept.get(id);
    if (kept !== undefined) kept.consumed = Math.floor(Date.now() / 1_000);
  }
  async destroy(id: string) {
    this.#kept.delete(id);
  }
  async revokeByGrantId() {}
}

function resource() {
  return {
    audience: AUDIENCE,
    scope: '',
    accessTokenTTL: 10_800,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'ES256' } },
  } as const;
}

async function newKey(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg: 'ES256', use: 'sig' };
}
