import { ApiError } from '../api-error.ts';
import { type Connection, path } from '../connection.ts';
import { type CursorPage, walkCursor } from '../walk-pages.ts';
import { type FleetStream, openFleetStream } from './fleet-stream.ts';
import type {
  Approval,
  CancelResult,
  EnrollmentToken,
  EnrollmentTokenFields,
  EnrollmentTokenRecord,
  FoundOutput,
  Group,
  GroupChanges,
  GroupDetail,
  GroupFields,
  GroupHost,
  Host,
  HostChanges,
  HostDetail,
  InvokeRequest,
  OrderPreview,
  OrderRequest,
  OutputGroups,
  PinnedRun,
  Preview,
  RerunRequest,
  Run,
  RunDetail,
  SentFile,
  TagChange,
  Target,
} from './wire.ts';

export interface HostFilter {
  /** Hosts with all of these. */
  readonly tags?: readonly string[];
  /** `key=value`, all of them. */
  readonly labels?: readonly string[];
  /** Hosts of any of these names, in which `*` stands for any characters. */
  readonly names?: readonly string[];
  readonly ids?: readonly string[];
  readonly connected?: boolean | undefined;
}

export interface RunFilter {
  readonly tool?: string | undefined;
  readonly outcome?: string | undefined;
  /** Name or id. */
  readonly caller?: string | undefined;
  readonly node?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly text?: string | undefined;
}

export interface EventFilter {
  /** `none`: neither what hosts say nor what tools answer. */
  readonly output?: 'none' | undefined;
  /** The events of these hosts alone, 100 at most. */
  readonly nodes?: readonly string[] | undefined;
}

export interface OutputSearch {
  readonly text: string;
  readonly run?: string | undefined;
  readonly node?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** A search looks no further than a page needs. Default 200, the most there is. */
  readonly pageSize?: number;
}

const MAX_PAGE = 200;

/** `/v1/edge`: hosts, tags, groups, runs over the fleet. Ids may be given with their prefix or as bare UUIDs. */
export class EdgeFleetClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  issueEnrollmentToken(body: EnrollmentTokenFields): Promise<EnrollmentToken> {
    return this.#connection.json({ method: 'POST', path: '/v1/edge/enrollment-tokens', body });
  }

  enrollmentTokens(): AsyncGenerator<EnrollmentTokenRecord, void, void> {
    return this.#walk<EnrollmentTokenRecord>('/v1/edge/enrollment-tokens', {});
  }

  withdrawEnrollmentToken(id: string): Promise<void> {
    return this.#connection.json({ method: 'DELETE', path: path`/v1/edge/enrollment-tokens/${id}` });
  }

  hosts({ tags, labels, names, ids, connected }: HostFilter = {}): AsyncGenerator<Host, void, void> {
    return this.#walk<Host>('/v1/edge/hosts', { tag: tags, label: labels, name: names, node_id: ids, connected });
  }

  host(id: string): Promise<HostDetail> {
    return this.#connection.json({ path: path`/v1/edge/hosts/${id}` });
  }

  updateHost(id: string, body: HostChanges): Promise<HostDetail> {
    return this.#connection.json({ method: 'PATCH', path: path`/v1/edge/hosts/${id}`, body });
  }

  changeHostTags(id: string, body: TagChange): Promise<HostDetail> {
    return this.#connection.json({ method: 'POST', path: path`/v1/edge/hosts/${id}/tags`, body });
  }

  revokeHost(id: string): Promise<void> {
    return this.#connection.json({ method: 'DELETE', path: path`/v1/edge/hosts/${id}` });
  }

  async groups(): Promise<readonly Group[]> {
    const { items } = await this.#connection.json<{ items: readonly Group[] }>({ path: '/v1/edge/groups' });
    return items;
  }

  group(id: string): Promise<GroupDetail> {
    return this.#connection.json({ path: path`/v1/edge/groups/${id}` });
  }

  createGroup(body: GroupFields): Promise<Group> {
    return this.#connection.json({ method: 'POST', path: '/v1/edge/groups', body });
  }

  updateGroup(id: string, body: GroupChanges): Promise<Group> {
    return this.#connection.json({ method: 'PATCH', path: path`/v1/edge/groups/${id}`, body });
  }

  deleteGroup(id: string): Promise<void> {
    return this.#connection.json({ method: 'DELETE', path: path`/v1/edge/groups/${id}` });
  }

  preview(target: Target): Promise<Preview> {
    return this.#connection.json({ method: 'POST', path: '/v1/edge/fleet/preview', body: { target } });
  }

  /** What an order would do, and a pin to give exactly it. */
  previewOrder(body: OrderRequest): Promise<OrderPreview> {
    return this.#connection.json({ method: 'POST', path: '/v1/previews', body });
  }

  /** @throws ApiError `target_changed`, in whose body is the preview of now. */
  startWithPin(pin: string): Promise<PinnedRun> {
    return this.#connection.json({ method: 'POST', path: '/v1/runs', body: { pin } });
  }

  /** The newest first. */
  approvals(state?: Approval['state']): AsyncGenerator<Approval, void, void> {
    return this.#walk<Approval>('/v1/approvals', { state });
  }

  approval(id: string): Promise<Approval> {
    return this.#connection.json({ path: path`/v1/approvals/${id}` });
  }

  decide(id: string, word: 'approve' | 'deny', reason?: string): Promise<Approval> {
    const body = reason === undefined ? {} : { reason };
    return this.#connection.json({ method: 'POST', path: path`/v1/approvals/${id}/${word}`, body });
  }

  /** Starts a run. The stream is one connection's; `follow-run.ts` keeps following when it breaks. */
  invoke(body: InvokeRequest, signal: AbortSignal, { output }: EventFilter = {}): Promise<FleetStream> {
    return openFleetStream(this.#connection, {
      method: 'POST',
      path: '/v1/edge/fleet/invoke',
      query: { output },
      body,
      signal,
    });
  }

  /** The events of a run, those after `lastEventId` only, then the ones to come. */
  events(
    runId: string,
    lastEventId: string | undefined,
    signal: AbortSignal,
    { output, nodes }: EventFilter = {},
  ): Promise<FleetStream> {
    const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    const query = { output, node: nodes };
    return openFleetStream(this.#connection, {
      path: path`/v1/edge/fleet/runs/${runId}/events`,
      query,
      headers,
      signal,
    });
  }

  /** Hosts that have ended, by what they said, exactly; the largest group first. */
  outputGroups(runId: string, cursor?: string): Promise<OutputGroups> {
    return this.#connection.json({ path: path`/v1/runs/${runId}/groups`, query: { cursor } });
  }

  /** In the order of the targets. */
  hostsOfOutputGroup(runId: string, digest: string): AsyncGenerator<GroupHost, void, void> {
    return this.#walk<GroupHost>(path`/v1/runs/${runId}/groups/${digest}/hosts`, {});
  }

  /** The order of a run once more; the stream is that of the new run. */
  rerun(runId: string, body: RerunRequest, signal: AbortSignal, { output }: EventFilter = {}): Promise<FleetStream> {
    return openFleetStream(this.#connection, {
      method: 'POST',
      path: path`/v1/edge/fleet/runs/${runId}/rerun`,
      query: { output },
      body,
      signal,
    });
  }

  /** Undefined when the caller has not sent it yet. */
  async findSentFile(sha256: string): Promise<SentFile | undefined> {
    try {
      return await this.#connection.json<SentFile>({ path: path`/v1/files/${sha256}` });
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  sendFile(sha256: string, content: ReadableStream<Uint8Array>): Promise<SentFile> {
    return this.#connection.json({ method: 'PUT', path: '/v1/files', query: { sha256 }, content });
  }

  /** What `fs.get` has brought from a node. */
  async readFetchedFile(id: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.#connection.stream({ path: path`/v1/fetched_files/${id}`, signal });
    return body ?? new ReadableStream({ start: (controller) => controller.close() });
  }

  cancel(runId: string): Promise<CancelResult> {
    return this.#connection.json({ method: 'POST', path: path`/v1/edge/fleet/${runId}/cancel` });
  }

  /** @param pageSize where no more than the first ones are read */
  runs(
    { tool, outcome, caller, node, since, until, text }: RunFilter = {},
    pageSize?: number,
  ): AsyncGenerator<Run, void, void> {
    return this.#walk<Run>('/v1/edge/fleet/runs', { tool, outcome, caller, node, since, until, text }, pageSize);
  }

  run(id: string): Promise<RunDetail> {
    return this.#connection.json({ path: path`/v1/edge/fleet/runs/${id}` });
  }

  /** Newest run first. A page may be empty and not the last. */
  searchOutput({ pageSize, ...search }: OutputSearch): AsyncGenerator<FoundOutput, void, void> {
    return this.#walk<FoundOutput>('/v1/edge/fleet/output/search', { ...search }, pageSize);
  }

  #walk<Item>(
    at: string,
    filter: Record<string, readonly string[] | string | boolean | undefined>,
    limit: number = MAX_PAGE,
  ) {
    return walkCursor((cursor) =>
      this.#connection.json<CursorPage<Item>>({
        path: at,
        query: { ...filter, cursor, limit: Math.min(limit, MAX_PAGE) },
      }),
    );
  }
}
