import { createHash, sign } from 'node:crypto';
import { credentials, Metadata, type ServiceError, status as Status } from '@grpc/grpc-js';
import type { EnrollRequest, EnrollResponse } from '#protocol/gen/garrison/node/v1/node.ts';
import { PROTOCOL_VERSION } from '#protocol/protocol-version.ts';
import { isAboutTime, withClock } from '../about-clock.ts';
import { DaemonError, type DaemonErrorCode } from '../daemon-error.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import { newCertificateRequest } from '../identity/certificate-request.ts';
import type { Identity } from '../identity/identity.ts';
import type { MachineId } from '../identity/machine-id.ts';
import { MAX_ENDPOINTS } from '../session/endpoint-list.ts';
import { isUntrusted, type ProxyFor, suspectProxy } from '../session/http-proxy.ts';
import { type ChannelWay, newClient } from '../session/open-channel.ts';
import { tlsTarget } from '../session/tls-target.ts';
import { fetchRoot } from './fetch-root.ts';
import type { JoinSecret } from './join-secret.ts';

export interface EnrolOptions {
  readonly joinSecret: JoinSecret;
  /** host:port, tried in order. */
  readonly endpoints: readonly string[];
  readonly proxyFor: ProxyFor;
  /** SHA-256 of the root, hex, or the root itself, PEM. */
  readonly trust: { readonly caSha256: string } | { readonly caPem: string };
  /** Empty: what the join secret or the host says. */
  readonly name: string;
  readonly machine: MachineId;
  readonly facts: HostFacts;
  /** What the host was before: it proves that it is the same by its old key. */
  readonly previous?: Identity | undefined;
}

const ENROL_WITHIN_MS = 30_000;

/** The next one is asked: who answers at an address here may be somebody else than where the join secret was made. */
const ELSEWHERE: readonly DaemonErrorCode[] = ['controller_unreachable', 'controller_untrusted'];

export interface Enrolled {
  readonly identity: Identity;
  /** The release key of the installation, as minisign writes it in one line; empty when there is none. */
  readonly releaseKey: string;
}
/** Makes a key and has it certified. The key leaves this function in the identity and goes nowhere else. @throws DaemonError */
export async function enrol(request: EnrolOptions): Promise<Enrolled> {
  const failures: DaemonError[] = [];
  for (const endpoint of request.endpoints) {
    try {
      return await enrolAt(endpoint, request);
    } catch (error) {
      if (!(error instanceof DaemonError) || !ELSEWHERE.includes(error.code)) throw error;
      failures.push(error);
    }
  }
  const message = failures.map((failure) => failure.message).join('; ');
  if (failures.length === 0) {
    throw new DaemonError(
      'controller_unreachable',
      'the join secret names no controller; give its address with --endpoint HOST:PORT',
    );
  }
  const isNobodyTrusted = failures.every(({ code }) => code === 'controller_untrusted');
  const isWorthARetry = failures.some(({ retryInMs }) => retryInMs !== undefined);
  throw new DaemonError(
    isNobodyTrusted ? 'controller_untrusted' : 'controller_unreachable',
    message,
    isWorthARetry ? { retryInMs: 0 } : {},
  );
}

async function enrolAt(endpoint: string, request: EnrolOptions): Promise<Enrolled> {
  const { trust } = request;
  const way = { endpoint, proxy: request.proxyFor(endpoint) };
  const root = 'caPem' in trust ? trust.caPem : await fetchRoot(way, trust.caSha256);
  const { privateKey, csr } = newCertificateRequest(request.facts.hostname);
  const response = await callEnroll(way, root, {
    protocolVersion: PROTOCOL_VERSION,
    joinSecret: request.joinSecret.secret,
    csr,
    name: request.name,
    machineId: request.machine.machineId,
    idType: request.machine.idType,
    facts: request.facts,
    previousNodeId: request.previous?.nodeId ?? '',
    previousKeySignature: proofOf(request.previous, csr),
  });
  const identity: Identity = {
    nodeId: response.nodeId,
    tenantId: response.tenantId,
    clusterName: response.clusterName,
    privateKey,
    certificateChain: response.certificateChain,
    caBundle: response.caBundle,
    endpoints: [...new Set([...response.endpoints.slice(0, MAX_ENDPOINTS - 1), endpoint])],
  };
  return { identity, releaseKey: response.releaseKey };
}

function proofOf(previous: Identity | undefined, csr: Buffer): Buffer {
  if (previous === undefined) return Buffer.alloc(0);
  return sign('sha256', createHash('sha256').update(csr).digest(), previous.privateKey);
}

/** TLS is verified against `root` before a byte of the request leaves. */
function callEnroll(way: ChannelWay, root: string, request: EnrollRequest): Promise<EnrollResponse> {
  const { verifyOptions } = tlsTarget(way.endpoint);
  const client = newClient(credentials.createSsl(Buffer.from(root), null, null, verifyOptions), way);
  const deadline = Date.now() + ENROL_WITHIN_MS;
  return new Promise<EnrollResponse>((resolve, reject) => {
    client.enroll(request, new Metadata(), { deadline }, (error, response) =>
      error === null ? resolve(response) : reject(refusal(error, way)),
    );
  }).finally(() => client.close());
}

const CODES: Partial<Record<Status, DaemonErrorCode>> = {
  [Status.UNAUTHENTICATED]: 'join_refused',
  [Status.INVALID_ARGUMENT]: 'join_refused',
  [Status.PERMISSION_DENIED]: 'join_refused',
  [Status.RESOURCE_EXHAUSTED]: 'join_postponed',
  [Status.FAILED_PRECONDITION]: 'protocol_unsupported',
};

function refusal(error: ServiceError, way: ChannelWay): DaemonError {
  const { endpoint } = way;
  const code = CODES[error.code];
  if (code !== undefined) {
    const message = `the controller at ${endpoint} does not let this host in: ${error.details}`;
    return new DaemonError(code, message, code === 'join_postponed' ? { retryInMs: retryAfterMs(error) } : {});
  }
  const message = `the controller at ${endpoint} could not be asked: ${withClock(error.details)}`;
  if (isAboutTime(error.details)) return new DaemonError('controller_untrusted', message, { retryInMs: 0 });
  if (isUntrusted(error.details))
    return new DaemonError('controller_untrusted', message + suspectProxy(way.proxy, endpoint));
  return new DaemonError('controller_unreachable', message, { retryInMs: 0 });
}

/** What the controller asks for, in seconds as in HTTP; no more than an hour. */
function retryAfterMs({ metadata }: ServiceError): number {
  const seconds = Number(metadata.get('retry-after')[0] ?? 0);
  return Number.isFinite(seconds) ? Math.min(3_600, Math.max(0, seconds)) * 1_000 : 0;
}
