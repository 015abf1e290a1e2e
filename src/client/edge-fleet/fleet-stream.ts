import type { ApiRequest, Connection } from '../connection.ts';
import { readEventStream } from '../read-event-stream.ts';
import type { FleetEvent } from './wire.ts';

/** An open stream of a run's events, on one connection. */
export interface FleetStream {
  /** Known before the first event where the server says it in the head. */
  readonly runId: string | null;
  readonly events: AsyncGenerator<FleetEvent, void, void>;
}

const KNOWN_EVENTS: ReadonlySet<string> = new Set<FleetEvent['event']>([
  'fleet_started',
  'command_progress',
  'command_result',
  'error',
  'fleet_result',
]);

export async function openFleetStream(connection: Connection, request: ApiRequest): Promise<FleetStream> {
  const response = await connection.stream({
    ...request,
    headers: { ...request.headers, accept: 'text/event-stream' },
  });
  return { runId: response.headers.get('x-fleet-command-id'), events: readFleetEvents(response) };
}

/** Events of a name this version does not know are passed over. */
async function* readFleetEvents(response: Response): AsyncGenerator<FleetEvent, void, void> {
  if (response.body === null) return;
  for await (const { event = '', id = '', data } of readEventStream(response.body)) {
    if (KNOWN_EVENTS.has(event)) yield { event, id, data: JSON.parse(data) } as FleetEvent; // the contract's, by its name
  }
}
