import { createParser } from 'eventsource-parser';
import { Problem, problemOf, unreachable } from '../api/problem.ts';
import { words } from '../words/words.ts';

/**
 * Orders are answered by a stream of events. Its head has the id, and leaving the stream changes nothing: the run is watched by
 * the feed, as every other.
 */
export async function startRun(address: string, body: object): Promise<string> {
  const leave = new AbortController();
  const response = await fetch(address, {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify(body),
    signal: leave.signal,
  }).catch((cause: unknown) => {
    throw unreachable(cause);
  });
  if (!response.ok) throw await problemOf(response);
  const id = response.headers.get('x-fleet-command-id') ?? (await idInStream(response));
  leave.abort();
  if (id === undefined)
    throw new Problem(words.problem.withoutWords(response.status), { status: response.status, code: 'no_run' });
  return id;
}

async function idInStream({ body }: Response): Promise<string | undefined> {
  let id: string | undefined;
  const parser = createParser({
    onEvent: ({ data }) => {
      const started = JSON.parse(data) as { readonly fleet_command_id?: string }; // `fleet_started` comes first
      id ??= started.fleet_command_id;
    },
  });
  if (body === null) return undefined;
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    parser.feed(text);
    if (id !== undefined) break;
  }
  return id;
}
