/** The clients of the surfaces, each with its own way of saying who calls. Loaded when something is asked of a controller. */
import { readFile } from 'node:fs/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { AgentDispatchClient } from '#client/agent-dispatch/agent-dispatch-client.ts';
import { Connection } from '#client/connection.ts';
import { EdgeAdminClient } from '#client/edge-admin/edge-admin-client.ts';
import { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import { NativeClient } from '#client/native/native-client.ts';
import { OrgOutpostsClient } from '#client/org-outposts/org-outposts-client.ts';
import type { TunnelAccess } from '#client/tunnels/open-tunnel.ts';
import { CliError } from './cli-error.ts';
import type { Credentials } from './credentials.ts';

/** Where, and by whose authority. */
type Place = Pick<Credentials, 'api' | 'ca'>;

export async function edgeFleetClient(
  place: Place,
  token: string,
  tenant: string | undefined,
): Promise<EdgeFleetClient> {
  const headers = { authorization: `Bearer ${token}`, ...(tenant && { 'x-tenant-id': tenant }) };
  return new EdgeFleetClient(await connect(place, headers));
}

export async function edgeAdminClient(place: Place, key: string): Promise<EdgeAdminClient> {
  return new EdgeAdminClient(await connect(place, { authorization: `Bearer ${key}` }));
}

export async function outpostsClient(place: Place, key: string): Promise<OrgOutpostsClient> {
  return new OrgOutpostsClient(await connect(place, { 'x-api-key': key }));
}

export async function dispatchClient(place: Place, key: string): Promise<AgentDispatchClient> {
  return new AgentDispatchClient(await connect(place, { 'x-api-key': key }));
}

export async function nativeClient(place: Place, key: string): Promise<NativeClient> {
  return new NativeClient(await connect(place, { 'x-api-key': key }));
}

export async function tunnelAccess(
  { api, ca }: Place,
  headers: Readonly<Record<string, string>>,
): Promise<TunnelAccess> {
  if (ca !== undefined) await trust(ca);
  return { baseUrl: api, headers };
}

export async function connect({ api, ca }: Place, headers: Readonly<Record<string, string>>): Promise<Connection> {
  if (ca !== undefined) await trust(ca);
  return new Connection({ baseUrl: api, headers });
}

/** Adds an authority for the connections of this process. */
async function trust(file: string): Promise<void> {
  const pem = await readFile(file, 'utf8').catch((cause) => {
    throw new CliError(`cannot read the certificate authority ${file}: ${cause.message}`, { cause });
  });
  setDefaultCACertificates([...getCACertificates('default'), pem]);
}
