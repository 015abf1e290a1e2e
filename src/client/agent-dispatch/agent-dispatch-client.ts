import type * as Schemas from '#surfaces/agent-dispatch/wire.ts';
import { type Connection, path } from '../connection.ts';
import { readEventStream } from '../read-event-stream.ts';
import { walkCursor } from '../walk-pages.ts';
import type { Wire } from '../wire-type.ts';

export type DispatchFields = Pick<Wire<typeof Schemas.CreateDispatchRequest>, 'agent' | 'task'> &
  Partial<Wire<typeof Schemas.CreateDispatchRequest>>;
export type CreatedDispatch = Wire<typeof Schemas.CreatedDispatch>;
export type DispatchRecord = Wire<typeof Schemas.DispatchSummary>;
export type DispatchDetail = Wire<typeof Schemas.Dispatch>;
export type DispatchLogEntry = Wire<typeof Schemas.LogEntry>;
export type DispatchWorkspace = Wire<typeof Schemas.Workspace>;
export type DispatchArtifact = Wire<typeof Schemas.ArtifactList>['artifacts'][number];
export type DispatchFleet = Wire<typeof Schemas.FleetHealth>;

export interface DispatchFilter {
  readonly status?: string | undefined;
  readonly agent?: string | undefined;
  readonly repo?: string | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly attemptGroup?: string | undefined;
}

export type DispatchEvent =
  | { readonly event: 'log'; readonly logs: readonly DispatchLogEntry[] }
  | { readonly event: 'status' | 'end'; readonly dispatch: DispatchRecord };

interface Single<T> {
  readonly data: T;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** Tasks for coding agents. Every answer is taken out of its envelope. */
export class AgentDispatchClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async create(body: DispatchFields): Promise<CreatedDispatch> {
    return this.#data({ method: 'POST', path: '/dispatch', body });
  }

  /** The same again, from the beginning. */
  async retry(id: string): Promise<CreatedDispatch> {
    return this.#data({ method: 'POST', path: path`/dispatch/${id}/retry` });
  }

  /** In the persistent workspace, as that one left it. */
  async resume(id: string, task?: string): Promise<CreatedDispatch> {
    const body = task === undefined ? {} : { task };
    return this.#data({ method: 'POST', path: path`/dispatch/${id}/resume`, body });
  }

  /** One that is parked goes on. */
  async giveBudget(id: string, body: Wire<typeof Schemas.GiveBudgetRequest>): Promise<DispatchRecord> {
    return this.#data({ method: 'POST', path: path`/dispatch/${id}/budget`, body });
  }

  /** Newest first. */
  dispatches(filter: DispatchFilter = {}): AsyncGenerator<DispatchRecord, void, void> {
    return this.#walk('/dispatch', { ...filter });
  }

  async dispatch(id: string): Promise<DispatchDetail> {
    return this.#data({ path: path`/dispatch/${id}`, query: { skipLogs: true } });
  }

  /** Everything that has been logged so far. */
  async *logs(id: string): AsyncGenerator<DispatchLogEntry, void, void> {
    for (let logOffset: string | undefined; ; ) {
      const query = { logOffset, logLimit: 1_000 };
      const { logs = [], logOffset: next } = await this.#data<DispatchDetail>({ path: path`/dispatch/${id}`, query });
      yield* logs;
      if (logs.length === 0) return;
      logOffset = next;
    }
  }

  /** The log from its beginning, and what is still to come; goes on where it was when the connection breaks. */
  async *follow(id: string, signal: AbortSignal): AsyncGenerator<DispatchEvent, void, void> {
    for (let last: string | undefined; !signal.aborted; ) {
      const headers = { accept: 'text/event-stream', ...(last !== undefined && { 'last-event-id': last }) };
      const { body } = await this.#connection.stream({ path: path`/dispatch/${id}/logs`, headers, signal });
      if (body === null) return;
      for await (const { event = '', id: place, data } of readEventStream(body)) {
        last = place ?? last;
        const told = JSON.parse(data);
        if (event === 'log') yield { event, logs: told.logs };
        if (event === 'status' || event === 'end') yield { event, dispatch: told };
        if (event === 'end') return;
      }
    }
  }

  async cancel(id: string, reason?: string): Promise<void> {
    const body = reason === undefined ? {} : { reason };
    await this.#connection.json({ method: 'DELETE', path: path`/dispatch/${id}`, body });
  }

  async artifacts(id: string): Promise<readonly DispatchArtifact[]> {
    const { artifacts } = await this.#data<Wire<typeof Schemas.ArtifactList>>({ path: path`/artifacts/${id}` });
    return artifacts;
  }

  /** By its presigned address, which needs no key. */
  async download({ url }: Pick<DispatchArtifact, 'url'>): Promise<Uint8Array> {
    const { pathname, search } = new URL(url);
    const response = await this.#connection.stream({ path: pathname + search });
    return new Uint8Array(await response.arrayBuffer());
  }

  workspaces(): AsyncGenerator<DispatchWorkspace, void, void> {
    return this.#walk('/workspaces', {});
  }

  async workspace(id: string): Promise<DispatchWorkspace> {
    const { workspace } = await this.#data<{ workspace: DispatchWorkspace }>({ path: path`/workspaces/${id}` });
    return workspace;
  }

  async deleteWorkspace(id: string): Promise<void> {
    await this.#connection.json({ method: 'DELETE', path: path`/workspaces/${id}` });
  }

  async fleet(): Promise<DispatchFleet> {
    return this.#data({ path: '/health/fleet' });
  }

  async #data<T>(request: Parameters<Connection['json']>[0]): Promise<T> {
    const { data } = await this.#connection.json<Single<T>>(request);
    return data;
  }

  #walk<Item>(at: string, filter: Readonly<Record<string, string | readonly string[] | undefined>>) {
    return walkCursor<Item>(async (cursor) => {
      const { items, nextCursor } = await this.#data<Page<Item>>({
        path: at,
        query: { ...filter, cursor, limit: 100 },
      });
      return { items, next_cursor: nextCursor };
    });
  }
}
