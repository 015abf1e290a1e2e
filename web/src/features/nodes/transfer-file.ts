import { type Answer, addressOf, call } from '../../api/call.ts';
import { Problem, problemOf, unreachable } from '../../api/problem.ts';
import { startRun } from '../../orders/start-run.ts';
import { nodeWords } from '../../words/nodes.ts';

const { files: words } = nodeWords;

/** A browser hashes content in one piece; beyond that the command line sends it as a stream. */
const MOST_BYTES_SENT = 256 * 2 ** 20;
const ASKED_AGAIN_MS = 500;

export interface Transfer {
  readonly run: string;
  /** The address of what was fetched. */
  readonly address?: string;
}

/** The content goes up once, by its hash; then the node is ordered to fetch it. */
export async function sendFile(node: string, path: string, file: File): Promise<Transfer> {
  if (file.size > MOST_BYTES_SENT) throw refused(words.tooLarge);
  const { ticket, sha256, size } = await keepContent(file);
  const args = { path, ticket, sha256, size, name: file.name };
  const { run } = await order(node, 'fs.put', args);
  return { run };
}

/** The node sends the file to the controller, which a browser takes it from. */
export async function fetchFile(node: string, path: string): Promise<Transfer> {
  const { run, result } = await order(node, 'fs.get', { path });
  const { file_id: id } = (result ?? {}) as { readonly file_id?: unknown }; // looked at here
  if (typeof id !== 'string') throw refused(words.noFile);
  return { run, address: addressOf('/v1/fetched_files/{id}', { id }) };
}

async function keepContent(file: File): Promise<Answer<'PUT /v1/files'>> {
  // Over plain HTTP from elsewhere browsers offer no hashes.
  if (globalThis.crypto.subtle === undefined) throw refused(words.needsTls);
  const content = await file.arrayBuffer();
  const sha256 = hex(await crypto.subtle.digest('SHA-256', content));
  const response = await fetch(addressOf('/v1/files', {}, { sha256 }), {
    method: 'PUT',
    credentials: 'same-origin',
    headers: { 'content-type': 'application/octet-stream', accept: 'application/json' },
    body: content,
  }).catch((cause: unknown) => {
    throw unreachable(cause);
  });
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as Answer<'PUT /v1/files'>; // as the document of the surface says
}

async function order(node: string, tool: string, args: Readonly<Record<string, unknown>>) {
  const run = await startRun('/v1/edge/fleet/invoke', { target: { Node: node }, tool, args });
  for (;;) {
    const {
      outcome,
      approval,
      per_node: nodes,
    } = await call('GET /v1/edge/fleet/runs/{fleet_command_id}', {
      path: { fleet_command_id: run },
    });
    if (approval?.is_waiting === true) throw refused(words.waitsForApproval(run));
    const [one] = nodes;
    if (outcome !== 'running') {
      if (one?.outcome !== 'ok') throw refused(words.failed(one?.stderr_tail.trim() ?? '', run));
      return { run, result: one.result };
    }
    await new Promise((resolve) => setTimeout(resolve, ASKED_AGAIN_MS));
  }
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function refused(message: string): Problem {
  return new Problem(message, { status: 0, code: 'transfer' });
}
