import type { ArtifactDeps } from '#core/artifacts/keep-artifact.ts';
import type { Bus } from '#core/kernel/bus.ts';
import type { Clock } from '#core/kernel/clock.ts';
import type { ControllerId, NodeId } from '#core/kernel/ids.ts';
import type { Sealer } from '#core/kernel/sealer.ts';
import type { Database } from '#core/kernel/sql.ts';
import type { CutReason } from '#core/sessions/session-cutter.ts';
import { TunnelDesk } from '#core/tunnels/tunnel-desk.ts';
import { TunnelConnections } from '#surfaces/node-session/tunnels/tunnel-connections.ts';
import { HttpProxy } from '#surfaces/tunnels/http-proxy.ts';
import type { ProxyParts } from '#surfaces/tunnels/proxy-parts.ts';
import { SocksProxy } from '#surfaces/tunnels/socks-proxy.ts';
import { TerminalRoom } from '#surfaces/tunnels/terminal-room.ts';
import type { ReachableAddresses } from '../reachable-addresses.ts';
import type { ServiceStack } from '../service-stack.ts';
import type { AccessPart } from './access.ts';
import type { Base } from './base.ts';

export interface TunnelConnectionsNeeds extends Base {
  readonly db: Database;
  readonly bus: Bus;
  readonly sealer: Sealer;
  readonly addresses: ReachableAddresses;
}

/** What nodes dial for tunnels; it is there before their first session. */
export function startTunnelConnections(stack: ServiceStack, needs: TunnelConnectionsNeeds): Promise<TunnelConnections> {
  return stack.start('tunnel connections', new TunnelConnections(needs));
}

export interface TunnelsNeeds extends Base {
  readonly db: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly access: Pick<AccessPart, 'audit' | 'keyRing'>;
  readonly connections: TunnelConnections;
  readonly artifacts: ArtifactDeps;
  readonly controllerId: ControllerId;
}

export interface TunnelsPart {
  readonly tunnels: TunnelDesk;
  readonly terminals: TerminalRoom;
  readonly httpProxy: { readonly host: string; readonly port: number };
  readonly socksProxy: { readonly host: string; readonly port: number };
}

const MEGABYTE = 1 << 20;
const USUAL_HTTP_PORT = 43_128;
const USUAL_SOCKS_PORT = 41_080;

/** Who may reach what through nodes, and the two proxies. */
export async function startTunnels(stack: ServiceStack, needs: TunnelsNeeds): Promise<TunnelsPart> {
  const { config, db, bus, clock, log, access, connections, artifacts, controllerId } = needs;
  const limits = {
    most: config.tunnels,
    mostPerNode: config.tunnelsPerNode,
    mostPerPrincipal: config.tunnelsPerCaller,
    bytesPerPrincipal: bytesOf(config.tunnelMegabytesPerCaller),
    bytesPerNode: bytesOf(config.tunnelMegabytesPerNode),
  };
  const desk = new TunnelDesk({ db, clock, log, audit: access.audit, opener: connections, limits });
  await stack.start('tunnels', desk);
  const recording = { isOn: config.terminalRecording === 'on', maxBytes: config.terminalRecordingMegabytes * MEGABYTE };
  const terminals = await stack.start(
    'terminals',
    new TerminalRoom({ audit: access.audit, db, bus, clock, log, desk, artifacts, controllerId, recording }),
  );
  const leave = bus.subscribe('session.cut', (payload) => {
    const { nodeIds, reason } = payload as { nodeIds: readonly NodeId[]; reason: CutReason }; // our own message
    if (reason !== 'superseded') desk.endOf(nodeIds, `node_${reason}`);
  });
  stack.add('ends of tunnels', async () => leave());
  const parts = { desk, keys: access.keyRing, log };
  const http = await startProxy(stack, {
    make: (at) => new HttpProxy({ ...parts, ...at }),
    host: config.httpProxyHost,
    wanted: config.httpProxyPort,
    usual: config.apiPort === 0 ? 0 : USUAL_HTTP_PORT,
  });
  const socks = await startProxy(stack, {
    make: (at) => new SocksProxy({ ...parts, ...at }),
    host: config.socksProxyHost,
    wanted: config.socksProxyPort,
    usual: config.apiPort === 0 ? 0 : USUAL_SOCKS_PORT,
  });
  return { tunnels: desk, terminals, httpProxy: http, socksProxy: socks };
}

/** 0 is no limit. */
function bytesOf(megabytes: number): number {
  return megabytes === 0 ? Infinity : megabytes * MEGABYTE;
}

interface ProxyPlace {
  readonly make: (at: Pick<ProxyParts, 'host' | 'port'>) => HttpProxy | SocksProxy;
  readonly host: string;
  /** A port that somebody asked for is used, or it is an error. */
  readonly wanted: number | undefined;
  /** Another one is taken where this one is not free. */
  readonly usual: number;
}

async function startProxy(stack: ServiceStack, { make, host, wanted, usual }: ProxyPlace) {
  const first = make({ host, port: wanted ?? usual });
  const started = await stack.start(first.name, first).catch(async (error) => {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (wanted !== undefined || !isTaken) throw error;
    return stack.start(first.name, make({ host, port: 0 }));
  });
  return { host, port: started.port ?? 0 };
}
