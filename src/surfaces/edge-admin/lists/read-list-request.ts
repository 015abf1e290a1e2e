import { FleetError } from '#core/kernel/fleet-error.ts';
import { parseId } from '#core/kernel/ids.ts';
import type { Condition, ListRequest, Ordering } from '#core/lists/list-request.ts';
import { readDayOrInstant } from '#surfaces/targeting/read-instant.ts';
import { readPatterns } from '#surfaces/targeting/text-patterns.ts';
import type { ListGrammar, Parameter } from './list-grammar.ts';

export const DEFAULT_PAGE_SIZE = 20;
export const MAX_PAGE_SIZE = 100;
/** The newest first. */
const DEFAULT_ORDER = { field: 'createdAt', direction: 'desc' } as const;

type Problems = Record<string, string[]>;
type Read<T> = { readonly value: T } | { readonly problem: string };

/**
 * Reads the parameters of a list.
 *
 * @throws FleetError `malformed` with every parameter that is unknown or not of its form, at once.
 */
export function readListRequest(grammar: ListGrammar, parameters: Readonly<Record<string, unknown>>): ListRequest {
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
    order: readOrder(grammar, order_by, order_directions, problems),
    conditions: collectConditions(grammar, filters, problems),
  };
  refuseProblems(problems);
  return request;
}

function collectConditions(
  { parameters }: ListGrammar,
  filters: Readonly<Record<string, unknown>>,
  problems: Problems,
): Condition[] {
  return Object.entries(filters).flatMap(([name, raw]) => {
    const parameter = parameters.get(name);
    const read: Read<Condition> =
      parameter === undefined ? { problem: unexpected(name, parameters) } : readCondition(parameter, raw);
    if ('value' in read) return [read.value];
    addProblem(problems, name, read.problem);
    return [];
  });
}

function unexpected(name: string, known: ListGrammar['parameters']): string {
  return `Unexpected field: ${name}; the fields are ${[...known.keys()].join(', ')}`;
}

function readCondition(parameter: Parameter, raw: unknown): Read<Condition> {
  if (Array.isArray(raw)) return { problem: 'Given more than once' };
  if (typeof raw === 'object' || raw === undefined) return { problem: `Invalid string. Got: ${typeName(raw)}` };
  return readValue(parameter, String(raw));
}

function readValue({ field, about, comparison, words }: Parameter, text: string): Read<Condition> {
  const equal = (value: string | boolean): Read<Condition> => ({ value: { field, is: 'equal', value } });
  switch (about.kind) {
    case 'text':
      if (text.includes('\0')) return { problem: 'Invalid string. It holds a null character' };
      return { value: { field, is: 'like', anyOf: readPatterns(text) } };
    case 'special':
      return text.includes('\0') ? { problem: 'Invalid string. It holds a null character' } : equal(text);
    case 'choice': {
      const word = words.get(text);
      return word === undefined ? { problem: 'Invalid value for enum' } : equal(word);
    }
    case 'uuid': {
      const id = parseId(text);
      return id === undefined ? { problem: 'Invalid format. Expected :uuid' } : equal(id);
    }
    case 'integer': {
      const read = readInteger(text, about.minimum);
      return 'problem' in read ? read : { value: { field, is: IS[comparison], value: read.value } };
    }
    case 'flag':
      if (text === 'true' || text === 'false') return equal(text === 'true');
      return { problem: 'Invalid boolean. Got: string' };
    case 'instant': {
      const value = readDayOrInstant(text, comparison === 'atLeast' ? 'first' : 'last');
      if (value !== undefined) return { value: { field, is: IS[comparison], value } };
      return { problem: 'Failed to cast value using any of: date-time, date' };
    }
  }
}

const IS = { exact: 'equal', atLeast: 'atLeast', atMost: 'atMost' } as const;

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
function readOrder(
  { sortable }: ListGrammar,
  orderBy: unknown,
  orderDirections: unknown,
  problems: Problems,
): readonly Ordering[] {
  const names = readNames(orderBy, 'order_by', problems);
  const directions = readNames(orderDirections, 'order_directions', problems) ?? [];
  for (const name of names?.filter((one) => !sortable.has(one)) ?? []) {
    addProblem(problems, 'order_by', `Cannot order by ${name}; fields that can: ${[...sortable.keys()].join(', ')}`);
  }
  const fields = names?.map((name) => sortable.get(name) ?? name) ?? [DEFAULT_ORDER.field];
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
