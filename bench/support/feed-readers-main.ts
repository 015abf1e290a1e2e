/** Readers of an event stream in a process of their own: how many events came, and how long after each was made. */
import { Agent, type IncomingMessage, request } from 'node:http';
import { serveParent } from './child.ts';

export interface ReadersOrder {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly count: number;
}

export interface FeedArrivals {
  readonly count: number;
  /** From the time in the event to its arrival, of each. */
  readonly delaysMs: readonly number[];
}

const TIME = /"time":"([^"]+)"/;
let delaysMs: number[] = [];
let open: IncomingMessage[] = [];

serveParent<ReadersOrder>({ connect, take, count, disconnect });

/** Resolves when each of them has the headers of its answer. */
async function connect({ url, headers, count: wanted }: ReadersOrder): Promise<void> {
  const agent = new Agent({ maxSockets: wanted });
  open = await Promise.all(
    Array.from({ length: wanted }, () => {
      return new Promise<IncomingMessage>((resolve, reject) => {
        const outgoing = request(url, { agent, headers }, (answer) => {
          if (answer.statusCode !== 200) reject(new Error(`a reader was answered with ${answer.statusCode}`));
          read(answer);
          resolve(answer);
        });
        outgoing.on('error', reject).end();
      });
    }),
  );
}

function read(answer: IncomingMessage): void {
  let text = '';
  answer.on('error', () => {}); // it is disconnected
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    const events = (text + chunk).split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const time = TIME.exec(event)?.[1];
      if (time !== undefined) delaysMs.push(Date.now() - Date.parse(time));
    }
  });
}

function take(): FeedArrivals {
  const taken = { count: delaysMs.length, delaysMs };
  delaysMs = [];
  return taken;
}

function count(): number {
  return delaysMs.length;
}

function disconnect(): void {
  for (const answer of open) answer.destroy();
  open = [];
}
