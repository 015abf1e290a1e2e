/**
 * Starts the parts of a controller in the order in which they need each other; `stop` goes the other way: the doors close
 * first, then what they called, the database last. Each part is a file in `parts/`: `startX(stack, needs)`.
 *
 * Order that matters: sessions of a former life are closed before the node listener opens; both listeners are bound before
 * the first join secret can be issued, because secrets carry their addresses; runs are taken over last, when nodes can be reached.
 */
import { LivePeers } from '#core/controllers/live-peers.ts';
import { issueEnrollmentToken } from '#core/enrolment/issue-enrollment-token.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { UnsealError } from '#core/kernel/sealer.ts';
import { countedLog } from '#runtime/counted-log.ts';
import type { Log } from '#runtime/log.ts';
import type { ControllerConfig } from './config.ts';
import type { Controller } from './controller.ts';
import { startAccess } from './parts/access.ts';
import { startAddresses } from './parts/addresses.ts';
import { startArtifacts } from './parts/artifacts.ts';
import { startBackground } from './parts/background.ts';
import { makeBase } from './parts/base.ts';
import { startBroker } from './parts/broker.ts';
import { startDispatches } from './parts/dispatches.ts';
import { startDoors } from './parts/doors.ts';
import { startEngine } from './parts/engine.ts';
import { startEvents } from './parts/events.ts';
import { heldKinds } from './parts/held-kinds.ts';
import { settleInstallation } from './parts/installation.ts';
import { startNames } from './parts/names.ts';
import { startNodes } from './parts/nodes.ts';
import { startSessions } from './parts/sessions.ts';
import { startSsh } from './parts/ssh.ts';
import { startStorage } from './parts/storage.ts';
import { makeTelemetry } from './parts/telemetry.ts';
import { startTrust } from './parts/trust.ts';
import { startTunnelConnections, startTunnels } from './parts/tunnels.ts';
import { dialable, ReachableAddresses } from './reachable-addresses.ts';
import type { ControllerSecrets } from './secrets.ts';
import { ServiceStack } from './service-stack.ts';

export async function startController(
  config: ControllerConfig,
  secrets: ControllerSecrets,
  log: Log,
): Promise<Controller> {
  const stack = new ServiceStack(log);
  try {
    return await startParts(stack, config, secrets, countedLog(log));
  } catch (error) {
    await stack.stop();
    if (error instanceof UnsealError) throw new FleetError('conflict', error.message, { cause: error });
    throw error;
  }
}

async function startParts(
  stack: ServiceStack,
  config: ControllerConfig,
  ownSecrets: ControllerSecrets,
  log: Log,
): Promise<Controller> {
  const base = makeBase(config, log);
  const { controllerId, sealer } = ownSecrets;
  const peers = new LivePeers();
  const addresses = new ReachableAddresses(config, peers);
  const storage = await startStorage(stack, { ...base, secretKey: ownSecrets.secretKey });
  const { secrets, names, systemTenantId, ctx, keys } = await settleInstallation({ ...base, ...storage, ownSecrets });
  const shared = {
    ...base,
    ...storage,
    secrets,
    names,
    systemTenantId,
    sealer,
    controllerId,
    addresses,
    peers,
    telemetry: makeTelemetry(),
  };

  const trust = await startTrust(stack, shared);
  const access = await startAccess(stack, shared);
  const streams = await startSessions(stack, shared);
  const files = await startArtifacts(shared);
  const connections = await startTunnelConnections(stack, shared);
  const ssh = await startSsh(stack, { ...shared, access });
  const node = await startNodes(stack, { ...shared, ...streams, ...files, trust, connections, ssh });
  const engine = await startEngine(stack, { ...shared, ...streams });
  const dispatches = await startDispatches(stack, { ...shared, ...streams, ...engine });
  await startAddresses(stack, { ...shared, ...streams, trust });
  const held = heldKinds({ ...shared, ...engine, ...dispatches });
  await startBackground(stack, { ...shared, ...access, ...node, ...engine, ...files, held });
  const events = await startEvents(stack, shared);
  const readBrokerMetrics = await startBroker(stack, shared);
  await startNames(stack, shared);
  const { tunnels, terminals, httpProxy, socksProxy } = await startTunnels(stack, {
    ...shared,
    ...files,
    access,
    connections,
  });
  const http = await startDoors(stack, {
    ...shared,
    trust,
    access,
    node,
    dispatches,
    files,
    tunnels,
    terminals,
    ssh,
    events,
    readBrokerMetrics,
    running: { ...streams, ...engine },
  });

  return {
    api: `http://${dialable(http.plainAddress ?? { host: config.apiHost, port: config.apiPort })}`,
    tls: `https://${dialable(http.tlsAddress ?? { host: config.tlsHost, port: config.tlsPort })}`,
    nodes: dialable({ host: config.nodeHost, port: node.listener.port }),
    httpProxy: dialable(httpProxy),
    socksProxy: dialable(socksProxy),
    orgId: systemTenantId,
    keys,
    secrets,
    issueLocalToken: async () => {
      const deps = { ...storage, ...node, addresses, authorities: trust.authorities };
      return (await issueEnrollmentToken(ctx, deps, {})).token;
    },
    stop: () => stack.stop(),
  };
}
