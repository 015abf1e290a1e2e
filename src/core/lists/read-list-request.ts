import { FleetError } from '../kernel/fleet-error.ts';
import { parseId } from '../kernel/ids.ts';
import { type Bound, boundsOf, type Field, type List, parameterName, sortableFields } from './fields.ts';
import { readDayOrInstant } from './read-instant.ts';

export const DEFAULT_PAGE_SIZE = 20;
export const MAX_PAGE_SIZE = 100;
const DEFAULT_ORDER = { field: 'inserted_at', direction: 'desc' } as const;

/** One thing a row has to satisfy; all of them together decide. */
export type Condition =
  | { readonly field: string; readonly bound: 'exact'; readonly value: string | number | boolean }
  | { readonly field: string; readonly bound: 'gte' | 'lte'; readonly value: string | number };

export interface Ordering {
  readonly field: string;
  readonly direction: 'asc' | 'desc';
}

/** What a caller asks of a list, read and checked. */
export interface ListRequest {
  readonly conditions: readonly Condition[];
  readonly order: readonly Ordering[];
  readonly page: number;
  readonly pageSize: number;
}

type Problems = Record<string, string[]>;
type Read<T> = { readonly value: T } | { readonly problem: string };

/**
 * Reads the parameters of a list.
 *
 * @throws FleetError `malformed` with every parameter that is unknown or not of its form, at once.
 */
export function readListRequest(list: List, parameters: Readonly<Record<string, unknown>>): ListRequest {
  const problems: Problems = {};
  const { page, page_size, order_by, order_directions, ...filters } = parameters;
  const request = {
    page: readWhole(page, 'page', { fallback: 1, minimum: 1 }, problems),
    pageSize: readWhole(
      page_size,
      'page_size',
      { fallback: DEFAULT_PAGE_SIZE, minimum: 1, maximum: MAX_PAGE_SIZE },
      problems,
    ),
    order: readOrder(list, order_by, order_directions, problems),
    conditions: collectConditions(list, filters, '', problems),
  };
  refuseProblems(problems);
  return request;
}

/**
 * Reads filters that come in a body, where numbers and booleans are themselves. `path` is put before the names of what
 * is wrong with them.
 *
 * @throws FleetError `malformed` as `readListRequest`.
 */
export function readConditions(
  list: List,
  filters: Readonly<Record<string, unknown>>,
  path: string,
): readonly Condition[] {
  const problems: Problems = {};
  const conditions = collectConditions(list, filters, `${path}/`, problems);
  refuseProblems(problems);
  return conditions;
}

function collectConditions(
  list: List,
  filters: Readonly<Record<string, unknown>>,
  path: string,
  problems: Problems,
): Condition[] {
  const known = parametersOf(list);
  return Object.entries(filters).flatMap(([name, raw]) => {
    const parameter = known.get(name);
    const read: Read<Condition> =
      parameter === undefined ? { problem: unexpected(name, known) } : readCondition(parameter, raw);
    if ('value' in read) return [read.value];
    addProblem(problems, path + name, read.problem);
    return [];
  });
}

function unexpected(name: string, known: ReadonlyMap<string, Parameter>): string {
  return `Unexpected field: ${name}; the fields are ${[...known.keys()].join(', ')}`;
}

interface Parameter {
  readonly name: string;
  readonly field: Field;
  readonly bound: Bound;
}

function parametersOf(list: List): Map<string, Parameter> {
  const entries = Object.entries(list.fields).flatMap(([name, field]) =>
    boundsOf(field).map((bound) => [parameterName(name, bound), { name, field, bound }] as const),
  );
  return new Map(entries);
}

function readCondition({ name, field, bound }: Parameter, raw: unknown): Read<Condition> {
  if (Array.isArray(raw)) return { problem: 'Given more than once' };
  if (typeof raw === 'object' || raw === undefined) return { problem: `Invalid string. Got: ${typeName(raw)}` };
  const read = readValue(field, bound, String(raw));
  if ('problem' in read) return read;
  return { value: { field: name, bound, value: read.value } as Condition }; // the bound decides the value's type
}

function readValue(field: Field, bound: Bound, text: string): Read<string | number | boolean> {
  switch (field.kind) {
    case 'text':
    case 'special':
      return text.includes('\0') ? { problem: 'Invalid string. It holds a null character' } : { value: text };
    case 'choice':
      return field.values.includes(text) ? { value: text } : { problem: 'Invalid value for enum' };
    case 'uuid': {
      const id = parseId(text);
      return id === undefined ? { problem: 'Invalid format. Expected :uuid' } : { value: id };
    }
    case 'integer':
      return readInteger(text, field.minimum);
    case 'flag':
      if (text === 'true' || text === 'false') return { value: text === 'true' };
      return { problem: 'Invalid boolean. Got: string' };
    case 'instant': {
      const value = readDayOrInstant(text, bound === 'gte' ? 'first' : 'last');
      if (value !== undefined) return { value };
      return { problem: 'Failed to cast value using any of: date-time, date' };
    }
  }
}

function readInteger(text: string, minimum?: number, maximum?: number): Read<number> {
  if (!/^-?\d{1,15}$/.test(text)) return { problem: 'Invalid integer. Got: string' };
  const value = Number(text);
  if (minimum !== undefined && value < minimum) {
    return { problem: `${value} is smaller than inclusive minimum ${minimum}` };
  }
  if (maximum !== undefined && value > maximum) {
    return { problem: `${value} is larger than inclusive maximum ${maximum}` };
  }
  return { value };
}

interface WholeLimits {
  readonly fallback: number;
  readonly minimum: number;
  readonly maximum?: number;
}

function readWhole(raw: unknown, name: string, limits: WholeLimits, problems: Problems): number {
  if (raw === undefined) return limits.fallback;
  const read: Read<number> = Array.isArray(raw)
    ? { problem: 'Given more than once' }
    : readInteger(String(raw), limits.minimum, limits.maximum);
  if ('value' in read) return read.value;
  addProblem(problems, name, read.problem);
  return limits.fallback;
}

/** Fields without a direction go up; directions without fields turn the default order. */
function readOrder(list: List, orderBy: unknown, orderDirections: unknown, problems: Problems): readonly Ordering[] {
  const fields = readNames(orderBy, 'order_by', problems) ?? [DEFAULT_ORDER.field];
  const directions = readNames(orderDirections, 'order_directions', problems) ?? [];
  const sortable = sortableFields(list);
  for (const name of fields.filter((one) => !sortable.includes(one))) {
    addProblem(problems, 'order_by', `Cannot order by ${name}; fields that can: ${sortable.join(', ')}`);
  }
  for (const word of directions.filter((one) => one !== 'asc' && one !== 'desc')) {
    addProblem(problems, 'order_directions', `Invalid direction ${word}; directions are asc and desc`);
  }
  if (directions.length > fields.length) {
    addProblem(problems, 'order_directions', `${directions.length} directions for ${fields.length} fields in order_by`);
  }
  if (orderBy === undefined && directions.length === 0) return [DEFAULT_ORDER];
  return fields.map((field, index) => ({ field, direction: directions[index] === 'desc' ? 'desc' : 'asc' }));
}

function readNames(raw: unknown, parameter: string, problems: Problems): readonly string[] | undefined {
  if (typeof raw === 'string') return raw.split(',').map((name) => name.trim());
  if (raw !== undefined) addProblem(problems, parameter, 'Given more than once');
  return undefined;
}

function addProblem(problems: Problems, name: string, problem: string): void {
  if (!Object.hasOwn(problems, name)) problems[name] = [];
  problems[name]?.push(problem);
}

function refuseProblems(problems: Problems): void {
  if (Object.keys(problems).length === 0) return;
  throw new FleetError('malformed', 'Invalid request parameters', { details: problems });
}

function typeName(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
