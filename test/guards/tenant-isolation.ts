import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Operation } from '#surfaces/http/operation.ts';
import { ROOT } from './source-imports.ts';

/** One tenant's objects, and how somebody of another tenant, who may do everything there, asks for them. */
export interface IsolationCase {
  readonly operations: readonly Operation[];
  /** Parameters of every path that has some, naming what is the tenant's own. */
  readonly params: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Good bodies by operation id. */
  readonly bodies: Readonly<Record<string, object>>;
  /** Operations that name nothing of a tenant, and why. This list only shrinks. */
  readonly exempt: Readonly<Record<string, string>>;
  ask(method: string, path: string, body: object | undefined): Promise<{ status: number; text: string }>;
}

/** What a file `NOUN.isolation.ts` beside the operations exports as `isolation`. */
export type MakeSample = (owner: Owner) => Promise<Sample>;

/** Objects that the owner now has, and the bodies of the operations that name them. */
export interface Sample extends Pick<IsolationCase, 'params'>, Partial<Pick<IsolationCase, 'bodies'>> {}

/** The tenant that has one connected node, and makes what it needs by the surface itself. */
export interface Owner {
  readonly nodeId: string;
  readonly clusterName: string;
  readonly strangersClusterName: string;
  make(path: string, body: object): Promise<{ id: string; name: string }>;
  /** The first item of a list. */
  first(path: string): Promise<{ id: string }>;
}

/** All samples of a folder below src in one. */
export async function samplesBeside(folder: string, owner: Owner): Promise<Required<Sample>> {
  const all = { params: {}, bodies: {} };
  for (const file of readdirSync(join(ROOT, 'src', folder)).filter((name) => name.endsWith('.isolation.ts'))) {
    const { isolation } = (await import(join(ROOT, 'src', folder, file))) as { isolation: MakeSample };
    const { params, bodies } = await isolation(owner);
    Object.assign(all.params, params);
    Object.assign(all.bodies, bodies);
  }
  return all;
}

/**
 * Every operation with something in its path, asked by a stranger: 404 in the words that an unknown id of the same form
 * gets. Gives back what is wrong, one line each.
 */
export async function strangersAnswers(isolation: IsolationCase): Promise<string[]> {
  const wrong: string[] = [];
  for (const operation of isolation.operations.filter(({ path }) => path.includes('{'))) {
    const { method, path, operationId } = operation;
    if (Object.hasOwn(isolation.exempt, operationId)) continue;
    const params = isolation.params[path];
    if (params === undefined) {
      wrong.push(`${operationId}: say which object of the tenant ${path} names`);
      continue;
    }
    const body = isolation.bodies[operationId];
    const [theirs, unknown] = [
      await isolation.ask(method, fill(path, params), body),
      await isolation.ask(method, fill(path, mapValues(params, otherOfTheSameForm)), body),
    ];
    if (theirs.status !== 404) wrong.push(`${operationId}: ${theirs.status} ${theirs.text}`);
    else if (essence(theirs.text) !== essence(unknown.text))
      wrong.push(`${operationId}: ${theirs.text} differs from what an unknown id gets: ${unknown.text}`);
  }
  return wrong;
}

function fill(path: string, params: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

/** The last hex digits of an id, or the last letters of a name, changed. */
function otherOfTheSameForm(value: string): string {
  const end = value.endsWith('00') ? '11' : '00';
  return value.slice(0, -2) + end;
}

/** Without what differs from request to request. */
function essence(text: string): string {
  return text
    .replaceAll(/"(request_id|requestId|timestamp)":"[^"]*"/g, '')
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID');
}

function mapValues<T>(record: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
