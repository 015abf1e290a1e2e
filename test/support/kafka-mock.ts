import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { whereIs } from './server-program.ts';

/** Why tests with a Kafka are skipped here; undefined when they are not. */
export const noKafka =
  whereIs('cc') !== undefined && whereIs('kcat') !== undefined && existsSync('/usr/include/librdkafka/rdkafka_mock.h')
    ? undefined
    : 'kcat, librdkafka-dev or a C compiler is not installed';

export interface ReadMessage {
  readonly key: string;
  /** `name=value,name=value` */
  readonly headers: string;
  readonly value: string;
}

/** One broker of librdkafka's mock cluster, as a process. */
export class KafkaMock {
  /** `host:port` */
  readonly address: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #directory: string;

  private constructor(
    address: string,
    child: ChildProcessByStdio<Writable, Readable, null>,
    lines: AsyncIterator<string>,
    directory: string,
  ) {
    this.address = address;
    this.#child = child;
    this.#lines = lines;
    this.#directory = directory;
  }

  static async start(topics: readonly string[]): Promise<KafkaMock> {
    const directory = mkdtempSync(join(tmpdir(), 'garrison-kafka-'));
    const program = join(directory, 'kafka-mock');
    const source = join(import.meta.dirname, 'kafka-mock.c');
    await promisify(execFile)('cc', ['-o', program, source, '-lrdkafka']);
    const child = spawn(program, [...topics], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { value } = await lines.next();
    return new KafkaMock(String(value), child, lines, directory);
  }

  async tell(what: 'down' | 'up' | 'few replicas' | 'too large'): Promise<void> {
    this.#child.stdin.write(`${what}\n`);
    await this.#lines.next();
  }

  /** Everything in a topic, in the order of its partitions, as a client of others reads it. */
  async read(topic: string): Promise<ReadMessage[]> {
    const format = '%k\t%h\t%s\n';
    const words = ['-C', '-q', '-b', this.address, '-t', topic, '-o', 'beginning', '-e', '-f', format];
    const { stdout } = await promisify(execFile)('kcat', words, { maxBuffer: 64 << 20 });
    return stdout.split('\n').flatMap((line) => {
      const [key = '', headers = '', value] = line.split('\t');
      return value === undefined ? [] : [{ key, headers, value }];
    });
  }

  async close(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.stdin.end();
    await exited;
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
