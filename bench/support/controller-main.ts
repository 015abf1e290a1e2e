/** A whole controller in a process of its own; the parent says where its data is, and asks it to stop. */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { type ReadyController, runController } from '#controller/main.ts';
import { serveParent } from './child.ts';
import type { ControllerAddresses, ControllerPlace } from './controller.ts';

const stopping = new AbortController();
let isOver: Promise<void> | undefined;

serveParent<never>({ start, startProfile, writeProfile }, () => {
  stopping.abort();
  void (isOver ?? Promise.resolve()).finally(() => process.exit());
});

function start({ dataDir, ports, env }: ControllerPlace): Promise<ControllerAddresses> {
  return new Promise((resolve, reject) => {
    isOver = runController({
      flags: {
        dataDir,
        port: String(ports.api),
        tlsPort: String(ports.tls),
        nodePort: String(ports.nodes),
        logLevel: 'error',
      },
      env: { GARRISON_TLS_HOST: '127.0.0.1', GARRISON_NODE_HOST: '127.0.0.1', ...env }, // nothing of whoever runs the bench
      withLocalNode: false,
      signal: stopping.signal,
      onReady: (ready) => resolve(addressesOf(ready)),
    });
    isOver.catch(reject);
  });
}

function addressesOf({ controller, secrets }: ReadyController): ControllerAddresses {
  return {
    api: controller.api,
    tls: controller.tls,
    nodes: controller.nodes,
    tenantId: controller.orgId,
    apiKey: secrets.apiKey.reveal(),
    masterKey: secrets.masterKey.reveal(),
    edgeToken: controller.keys.edgeToken.reveal(),
    httpProxy: controller.httpProxy,
    socksProxy: controller.socksProxy,
    proxyKey: secrets.proxyKey.reveal(),
  };
}

const inspector = new Session();

async function startProfile(): Promise<void> {
  inspector.connect();
  await inspector.post('Profiler.enable');
  await inspector.post('Profiler.start');
}

async function writeProfile(file: string): Promise<void> {
  const { profile } = await inspector.post('Profiler.stop');
  writeFileSync(file, JSON.stringify(profile));
  inspector.disconnect();
}
