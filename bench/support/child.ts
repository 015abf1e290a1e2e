import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

interface Request {
  readonly id: number;
  readonly method: string;
  readonly input: unknown;
}

interface Answer {
  readonly id: number;
  readonly output?: unknown;
  readonly problem?: string;
}

/** A program of ours in a process of its own, whose functions can be called. It ends when this process does. */
export class Child {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve(output: unknown): void; reject(error: Error): void }>();
  readonly #ended: Promise<unknown>;
  #calls = 0;

  constructor(program: URL) {
    this.#process = fork(fileURLToPath(program), {
      serialization: 'advanced',
      execArgv: ['--disable-warning=DEP0123'], // grpc-js names an address as the server in TLS
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#ended = once(this.#process, 'exit').then(([code, signal]) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${program} ended (${code ?? signal})`));
      this.#waiting.clear();
    });
    this.#process.on('message', (answer: Answer) => this.#take(answer));
  }

  get pid(): number {
    return this.#process.pid ?? Number.NaN;
  }

  call<Output>(method: string, input?: unknown): Promise<Output> {
    const id = ++this.#calls;
    return new Promise<Output>((resolve, reject) => {
      this.#waiting.set(id, { resolve: (output) => resolve(output as Output), reject }); // what the method of that name returns
      this.#process.send({ id, method, input } satisfies Request);
    });
  }

  /** Ends it with a signal and waits until it is over. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.#process.kill(signal);
    await this.#ended;
  }

  #take({ id, output, problem }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (problem === undefined) waiting?.resolve(output);
    else waiting?.reject(new Error(problem));
  }
}

/** The other side: answers calls with these functions until the parent is gone or asks it to end. */
export function serveParent<Input>(
  functions: Readonly<Record<string, (input: Input) => unknown>>,
  onEnd: () => void = () => process.exit(),
): void {
  process.on('message', async ({ id, method, input }: Request) => {
    try {
      const output = await functions[method]?.(input as Input); // the parent passes what the function of that name takes
      process.send?.({ id, output } satisfies Answer);
    } catch (error) {
      process.send?.({ id, problem: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.once('disconnect', onEnd);
  process.once('SIGTERM', onEnd);
  process.on('SIGINT', () => undefined); // Ctrl-C reaches the parent, and we end with it
}
