import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from '#core/kernel/sql.ts';
import { BenchController } from './controller.ts';

export interface Dispatched {
  readonly id: string;
  /** Just before it was asked for. */
  readonly askedAt: number;
}

export interface LogLine {
  readonly timestamp: string;
  readonly source: string;
  readonly message: string;
}

const GARRISON = fileURLToPath(new URL('../../bin/garrison', import.meta.url));
/** Sixty requests a minute are what one key may make. */
const KEYS = 8;

/** A controller and one real daemon whose agents are scripts of `sh`. */
export class DispatchSite {
  readonly controller = new BenchController({
    ...{ GARRISON_QUOTA_RUNNING_DISPATCHES: '100', GARRISON_QUOTA_WAITING_DISPATCHES: '1000' },
    ...{ GARRISON_OUTPUT_LIMIT: '256MiB', GARRISON_DISPATCH_LOG_LIMIT: '256MiB' },
  });
  #place = '';
  #daemon: ChildProcess | undefined;
  #keys: string[] = [];
  #calls = 0;

  async start(agents: Readonly<Record<string, object>>, slots: number): Promise<void> {
    const { controller } = this;
    await controller.start();
    this.#place = await mkdtemp(join(tmpdir(), 'garrison-bench-agents-'));
    await chmod(this.#place, 0o755); // the users of agents come through it
    const file = join(this.#place, 'agents.yaml');
    await writeFile(file, JSON.stringify({ agents }));
    await controller.call('POST', '/api/v1/clusters', { name: 'bench' });
    const enrolment = await controller.call<{ data: { key: string } }>(
      'POST',
      '/api/v1/clusters/bench/enrollment_keys',
      {},
    );
    const options = ['--state-dir', join(this.#place, 'node'), '--agent-slots', String(slots)];
    this.#daemon = spawn(GARRISON, ['node', 'run', ...options], {
      env: {
        ...process.env,
        ENROLLMENT_KEY: enrolment.data.key,
        USE_RANDOM_ID: 'true',
        GARRISON_AGENTS: file,
        GARRISON_AGENTS_DIR: join(this.#place, 'agents'),
      },
      stdio: 'ignore',
    });
    for (let number = 0; number < KEYS; number += 1) {
      const body = { kind: 'scoped', name: `bench-${number}`, scopes: ['dispatch', 'status'] };
      this.#keys.push((await controller.call<{ api_key: string }>('POST', '/v1/keys', body)).api_key);
    }
    await this.#until(sql`select from nodes where facts -> 'agents' ->> 'sandbox' = 'bubblewrap'`, 1);
  }

  async dispatch(agent: string, fields: object = {}): Promise<Dispatched> {
    const askedAt = performance.timeOrigin + performance.now();
    const asked = { agent, task: 'Do what you do, please.', network: 'off', ...fields };
    const { data } = await this.#call<{ data: { dispatchId: string } }>('POST', '/dispatch', asked);
    return { id: data.dispatchId, askedAt };
  }

  /** All of them ended well. */
  async ended(dispatches: readonly Dispatched[]): Promise<void> {
    const ids = dispatches.map(({ id }) => id);
    await this.#until(
      sql`select from dispatches where name = any (${ids}::text[]) and released_at is not null`,
      ids.length,
    );
    const bad = await this.controller.db.query<{ name: string; error_message: string }>(sql`
      select name, error_message from dispatches where name = any (${ids}::text[]) and status <> 'success'`);
    if (bad.length > 0) throw new Error(`${bad[0]?.name} did not end well: ${bad[0]?.error_message}`);
  }

  /** Milliseconds between two statuses of one. */
  async between({ id }: Dispatched, from: string, to: string): Promise<number> {
    const { data } = await this.#call<{ data: { transitions: { status: string; at: string }[] } }>(
      'GET',
      `/dispatch/${id}?skipLogs=true`,
    );
    const at = (wanted: string) => Date.parse(data.transitions.find(({ status }) => status === wanted)?.at ?? '');
    return at(to) - at(from);
  }

  /** What its agent has said first. */
  async firstWord({ id }: Dispatched): Promise<string> {
    const { data } = await this.#call<{ data: { logs: LogLine[] } }>('GET', `/dispatch/${id}`);
    return data.logs.find(({ source }) => source === 'agent')?.message ?? '';
  }

  async artifact({ id }: Dispatched, name: string): Promise<string> {
    const { data } = await this.#call<{ data: { artifacts: { key: string; url: string }[] } }>(
      'GET',
      `/artifacts/${id}`,
    );
    const { url = '' } = data.artifacts.find(({ key }) => key === name) ?? {};
    const { pathname, search } = new URL(url);
    return this.controller.addresses.api + pathname + search;
  }

  async close(): Promise<void> {
    this.#daemon?.kill('SIGTERM');
    await this.controller.close();
    if (this.#place !== '') await rm(this.#place, { recursive: true, force: true, maxRetries: 5 });
  }

  async #call<Body>(method: string, path: string, body?: object): Promise<Body> {
    this.#calls += 1;
    const headers = { 'x-api-key': this.#keys[this.#calls % KEYS] ?? '', 'content-type': 'application/json' };
    const answer = await fetch(this.controller.addresses.api + path, {
      ...{ method, headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} was answered with ${answer.status}: ${text}`);
    return JSON.parse(text) as Body; // what the surface says of the path
  }

  async #until(rows: ReturnType<typeof sql>, amount: number): Promise<void> {
    while ((await this.controller.db.query(rows)).length < amount) await delay(5);
  }
}
