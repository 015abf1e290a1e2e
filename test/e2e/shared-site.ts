import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Installation } from '#test/support/installation.ts';
import { startTestIssuer, type TestIssuer } from '#test/support/oidc-issuer.ts';

/** Where the tests of this project find the door to the shared site. Not called like a setting: programs that other tests start refuse those they do not know. */
export const siteDoorVariable = 'E2E_SITE_DOOR';

const ADA_MAY = ['aegis.edge.hosts.read', 'aegis.edge.fleet.read'];

/**
 * Vitest's global set-up of the project, in its main process: one controller with daemons for all files, started when
 * the first test asks for it. The processes are this process's own, so tests order their ends here.
 */
export async function setup(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'garrison-e2e-'));
  let starting: Promise<Shared> | undefined;
  const issuer = await startTestIssuer();
  const orders: Readonly<Record<string, (site: Installation) => Promise<unknown>>> = {
    '/state': async () => {},
    '/kill': (site) => site.stopController('SIGKILL'),
    '/start': (site) => site.startController(),
    '/ada-signs-in': async () => issuer.signsIn('ada', { tenant_id: 'default', realm_access: { roles: ADA_MAY } }),
    '/ada-says-no': async () => issuer.saysNo(),
    '/nodes-connected': (site) => site.untilConnected(site.daemons.map(({ name }) => name)),
  };
  const door = createServer(async (request, response) => {
    try {
      starting ??= startSite(directory, issuer);
      const { site } = await starting;
      await orderOf(request, orders)(site);
      const state = request.url === '/kill' ? {} : { ready: site.ready, dataDir: site.dataDir };
      response.end(JSON.stringify(state));
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.stack : String(error));
    }
  });
  const socket = join(directory, 'door');
  await new Promise<void>((resolve) => door.listen(socket, resolve));
  process.env[siteDoorVariable] = socket;
  return async () => {
    delete process.env[siteDoorVariable];
    door.close();
    const shared = await starting?.catch(() => undefined);
    await shared?.close();
    await shared?.site.close();
    await issuer.close();
    await rm(directory, { recursive: true, force: true });
  };
}

interface Shared {
  readonly site: Installation;
  readonly close: () => Promise<void>;
}

/** Loaded only now: which program is under test is known after the other set-ups have run. */
async function startSite(directory: string, issuer: TestIssuer): Promise<Shared> {
  const { Installation } = await import('#test/support/installation.ts');
  const { livedInOptions, liveIn } = await import('./lived-in.ts');
  const site = await Installation.start(livedInOptions(directory, issuer));
  try {
    const { close } = await liveIn(site);
    return { site, close };
  } catch (error) {
    await site.close();
    throw error;
  }
}

function orderOf<Order>({ url = '' }: IncomingMessage, orders: Readonly<Record<string, Order>>): Order {
  const order = orders[url];
  if (order === undefined) throw new Error(`no such order: ${url}`);
  return order;
}
