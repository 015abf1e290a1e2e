import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import Provider, { type Adapter, type AdapterPayload } from 'oidc-provider';

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
  /** From now on another key signs, and it is the only one that is published. */
  rotate(): Promise<void>;
  /** While away, every request is answered with 503. */
  setAway(isAway: boolean): void;
  close(): Promise<void>;
}

const AUDIENCE = 'garrison';

export async function startTestIssuer(options: { clients?: readonly string[] } = {}): Promise<TestIssuer> {
  const clients = ['person-app', ...(options.clients ?? [])];
  let provider: Provider;
  let isAway = false;
  let keyRequests = 0;
  let keyNumber = 0;
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/jwks')) keyRequests += 1;
    if (isAway) response.writeHead(503).end();
    else void provider.callback()(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
  const rotate = async () => {
    keyNumber += 1;
    provider = newProvider(issuer, clients, await newKey(`key-${keyNumber}`));
  };
  await rotate();

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
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: 'urn:garrison' }),
      });
      const answer = (await response.json()) as { access_token?: string };
      if (answer.access_token === undefined) throw new Error(`the issuer refuses: ${JSON.stringify(answer)}`);
      return answer.access_token;
    },
    async userToken(sub, claims = {}, clientId = 'person-app') {
      const client = await provider.Client.find(clientId);
      if (client === undefined) throw new Error('the issuer has lost its client');
      const token = new provider.AccessToken({ client, accountId: sub, extra: claims, grantId: 'g' } as never); // its types want a request
      token.resourceServer = new provider.ResourceServer('urn:garrison', resource());
      return token.save();
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

function newProvider(issuer: string, clients: readonly string[], key: JWK): Provider {
  return new Provider(issuer, {
    adapter: MemoryAdapter,
    jwks: { keys: [key] },
    clients: clients.map((id) => ({
      client_id: id,
      client_secret: `secret-of-${id}`,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      id_token_signed_response_alg: 'ES256',
    })),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: { enabled: true, getResourceServerInfo: () => resource() },
    },
    extraTokenClaims: (_, token) => (token as unknown as { extra?: Record<string, unknown> }).extra, // put there by userToken
  });
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
  async findByUserCode() {
    return undefined;
  }
  async findByUid() {
    return undefined;
  }
  async consume() {}
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
