/**
 * The heartbeat of the org-outposts contract (seed 000): every 120 s, by HTTPS with the outpost's own certificate, beside
 * the session. It says what that contract asks for; the session's own heartbeats are another matter.
 */
import { Agent, request } from 'node:https';
import { finished } from 'node:stream/promises';
import { rootCertificates } from 'node:tls';
import type { Log } from '#runtime/log.ts';
import type { Service } from '#runtime/service.ts';
import { messageOf } from '../daemon-error.ts';
import type { Identity } from '../identity/identity.ts';

export interface OutpostTelemetry {
  readonly version: string;
  readonly policyVersion: string;
  /** When a controller last told us anything. */
  readonly lastSyncAt: Date | undefined;
  /** Results the controller has not confirmed. */
  readonly pendingEvents: number;
}

export interface OutpostHeartbeatParts {
  readonly identity: () => Identity;
  readonly telemetry: () => OutpostTelemetry;
  readonly log: Log;
  /** Default 120 s; each wait is up to a twentieth longer or shorter. */
  readonly everyMs?: number;
  readonly random?: () => number;
}

const ANSWER_WITHIN_MS = 15_000;

export class OutpostHeartbeat implements Service {
  readonly name = 'outpost heartbeat';
  readonly #parts: OutpostHeartbeatParts;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> = Promise.resolve();
  #hasFailed = false;
  #isStarted = false;

  constructor(parts: OutpostHeartbeatParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    if (this.#isStarted || this.#stop.signal.aborted) return;
    this.#isStarted = true;
    this.#beating = this.#beat();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#beating;
  }

  async #beat(): Promise<void> {
    const { log, everyMs = 120_000, random = Math.random } = this.#parts;
    try {
      await this.#post();
      if (this.#hasFailed) log.info({}, 'the outpost heartbeat is answered again');
      this.#hasFailed = false;
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      if (!this.#hasFailed)
        log.warn({ error: messageOf(error) }, 'the outpost heartbeat was not answered; it is tried again');
      this.#hasFailed = true;
    }
    if (this.#stop.signal.aborted) return;
    this.#timer = setTimeout(
      () => {
        this.#beating = this.#beat();
      },
      everyMs * (0.95 + random() / 10),
    );
  }

  #post(): Promise<void> {
    const identity = this.#parts.identity();
    const { outpost } = identity;
    if (outpost === undefined) return Promise.resolve();
    const body = JSON.stringify(this.#body());
    const url = `${outpost.api}/v1/orgs/${outpost.orgId}/outposts/${outpost.outpostId}/heartbeat`;
    // A connection of its own for every beat: the certificate may be another one by then.
    const agent = new Agent({
      cert: identity.certificateChain,
      key: identity.privateKey,
      ca: [...rootCertificates, identity.caBundle],
      keepAlive: false,
    });
    return new Promise((resolve, reject) => {
      const call = request(
        url,
        {
          method: 'POST',
          agent,
          signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        },
        (response) => {
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) finished(response.resume()).then(resolve, reject);
          else reject(new Error(`${url} answered ${status}`));
        },
      );
      call.once('error', reject);
      call.end(body);
    });
  }

  #body(): Record<string, unknown> {
    const { version, policyVersion, lastSyncAt, pendingEvents } = this.#parts.telemetry();
    return {
      version: version.slice(0, 32),
      uptime: Math.floor(process.uptime()),
      policy_version: policyVersion,
      last_sync_at: lastSyncAt === undefined ? null : `${lastSyncAt.toISOString().slice(0, 19)}Z`,
      dlp_model_version: 'none',
      pending_audit_events: pendingEvents,
      tier3_active: false,
    };
  }
}
