import { Agent, request } from 'node:http';
import { ATTACKER_ADDRESS } from './grpc.ts';

const ENOUGH_OF_A_STREAM_MS = 3_000;

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A tenant with a key, who calls the API as any program would. */
export class Tenant {
  readonly #port: number;
  readonly #key: string;
  readonly #agent: Agent;

  constructor(port: number, key: string, connections = 20) {
    this.#port = port;
    this.#key = key;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, localAddress: ATTACKER_ADDRESS });
  }

  /** Status 0: the connection was closed without an answer. */
  call(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const payload =
      body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    return new Promise((resolve) => {
      const sent = request({
        host: '127.0.0.1',
        port: this.#port,
        agent: this.#agent,
        method,
        path,
        headers: {
          authorization: `Bearer ${this.#key}`,
          ...(payload && { 'content-type': 'application/json', 'content-length': payload.length }),
          ...headers,
        },
      });
      sent.once('error', (error) => resolve({ status: 0, body: String(error) }));
      sent.once('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => {
          if (text.length < 65_536) text += part;
        });
        const isStream = response.headers['content-type']?.startsWith('text/event-stream') === true;
        const enough = isStream ? setTimeout(() => response.destroy(), ENOUGH_OF_A_STREAM_MS) : undefined; // some have no end
        response.once('error', () => resolve({ status: response.statusCode ?? 0, body: text }));
        response.once('close', () => {
          clearTimeout(enough);
          resolve({ status: response.statusCode ?? 0, body: text });
        });
      });
      sent.end(payload);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Runs the task so many times, a few at once. */
export async function inParallel<Result>(
  count: number,
  atOnce: number,
  task: (index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const work = async () => {
    for (let index = next++; index < count; index = next++) results[index] = await task(index);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

export function countBy(values: readonly (string | number)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
