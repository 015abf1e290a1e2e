/**
 * The bundle an outpost was given when it was registered: certificate, key and authority as files, and a record that says
 * where to go. A daemon takes its identity from it, once; what it has renewed since is newer and stays. A bundle that was
 * issued after that (the outpost was renewed by hand) is taken again.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DaemonError, messageOf } from '../daemon-error.ts';
import { certificateLife, type Identity } from '../identity/identity.ts';
import { endpointOf } from '../session/endpoint.ts';

export interface BundleOptions {
  readonly directory: string;
  /** In place of what the record says. */
  readonly endpoints: readonly string[];
  readonly api?: string | undefined;
}

/** @throws DaemonError `identity_unusable` */
export function readOutpostBundle({ directory, endpoints, api }: BundleOptions): Identity {
  try {
    const certificate = read(directory, ['outpost.pem', 'client.crt']);
    const authorities = read(directory, ['ca.pem']);
    const record = JSON.parse(read(directory, ['outpost.json'])) as Readonly<Record<string, unknown>>; // read field by field below
    const outpostId = textOf(record, 'outpost_id', 'id');
    const orgId = textOf(record, 'org_id');
    const apiUrl = api ?? textOf(record, 'tls', 'api');
    const identity: Identity = {
      nodeId: outpostId,
      tenantId: orgId,
      clusterName: '',
      privateKey: read(directory, ['outpost.key', 'client.key']),
      certificateChain: `${certificate.trim()}\n`,
      caBundle: authorities,
      endpoints: endpoints.length > 0 ? endpoints.map(endpointOf) : nodeEndpoints(record, apiUrl),
      outpost: { api: overTls(apiUrl), orgId, outpostId },
    };
    certificateLife(identity);
    return identity;
  } catch (error) {
    throw new DaemonError('identity_unusable', `the bundle in ${directory} cannot be used: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The one of the two that was issued later, with where to go from the bundle. */
export function laterIdentity(kept: Identity | undefined, bundle: Identity): Identity {
  if (kept === undefined || kept.nodeId !== bundle.nodeId) return bundle;
  const isKeptNewer = certificateLife(kept).notBefore >= certificateLife(bundle).notBefore;
  return isKeptNewer ? { ...kept, ...(bundle.outpost !== undefined && { outpost: bundle.outpost }) } : bundle;
}

function read(directory: string, names: readonly string[]): string {
  const path = names.map((name) => join(directory, name)).find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error(`it has no ${names[0]}`);
  return readFileSync(path, 'utf8');
}

function textOf(record: Readonly<Record<string, unknown>>, ...names: readonly string[]): string {
  const value = names
    .map((name) => record[name])
    .find((candidate) => typeof candidate === 'string' && candidate !== '');
  if (typeof value !== 'string') throw new Error(`outpost.json does not say ${names[0]}`);
  return value;
}

/** A record of somebody else's making may not name them: the node listener is then taken to be beside the API. */
function nodeEndpoints(record: Readonly<Record<string, unknown>>, api: string): string[] {
  const named = [record.nodes].flat().filter((value): value is string => typeof value === 'string' && value !== '');
  return (named.length > 0 ? named : [new URL(api).hostname]).map(endpointOf);
}

/** A client certificate needs TLS: where the record names the plain listener, its neighbour is meant. */
function overTls(api: string): string {
  const url = new URL(api);
  return url.protocol === 'https:' ? url.origin : `https://${url.hostname}:${DEFAULT_TLS_PORT}`;
}

const DEFAULT_TLS_PORT = 7443;
