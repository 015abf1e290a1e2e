import { readFileSync } from 'node:fs';
import { until } from '#test/support/installation.ts';

/** The physical memory of a process, bytes. */
export function residentBytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/** Bytes. */
export interface Memory {
  /** By objects of JavaScript, with what they keep outside of its heap. */
  readonly inUse: number;
  /** All of the process, with what its allocators keep for later. */
  readonly resident: number;
}

/**
 * The garbage collector of a controller, asked through the inspector of Node: started by SIGUSR1 on the port that the
 * environment names, so that the program measured is the one that users run.
 */
export class ControllerMemory {
  readonly #pid: number;
  readonly #port: number;
  #socket: WebSocket | undefined;
  #calls = 0;

  constructor(pid: number, port: number) {
    this.#pid = pid;
    this.#port = port;
  }

  static environment(port: number): Readonly<Record<string, string>> {
    return {
      NODE_OPTIONS: `--inspect-port=127.0.0.1:${port}`,
      MALLOC_ARENA_MAX: '1',
      MALLOC_TRIM_THRESHOLD_: '131072',
      MALLOC_MMAP_THRESHOLD_: '131072',
    };
  }

  async open(): Promise<void> {
    process.kill(this.#pid, 'SIGUSR1');
    let address: string | undefined;
    await until('the inspector answers', async () => {
      const targets = await fetch(`http://127.0.0.1:${this.#port}/json/list`).then(
        (answer) => answer.json() as Promise<{ webSocketDebuggerUrl: string }[]>,
        () => [],
      );
      address = targets[0]?.webSocketDebuggerUrl;
      return address !== undefined;
    });
    const socket = new WebSocket(address ?? '');
    await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
    this.#socket = socket;
  }

  /** After a collection. */
  async look(): Promise<Memory> {
    await this.#call('HeapProfiler.collectGarbage');
    const expression = 'process.memoryUsage().heapUsed + process.memoryUsage().external';
    const { result } = await this.#call<{ result: { value: number } }>('Runtime.evaluate', { expression });
    return { inUse: result.value, resident: residentBytes(this.#pid) };
  }

  close(): void {
    this.#socket?.close();
  }

  async #call<Answer>(method: string, params: object = {}): Promise<Answer> {
    const socket = this.#socket;
    if (socket === undefined) throw new Error('the inspector has not been opened');
    this.#calls += 1;
    const id = this.#calls;
    const answered = new Promise<Answer>((resolve) => {
      socket.addEventListener('message', function read({ data }) {
        const answer = JSON.parse(String(data));
        if (answer.id !== id) return;
        socket.removeEventListener('message', read);
        resolve(answer.result);
      });
    });
    socket.send(JSON.stringify({ id, method, params }));
    return answered;
  }
}
