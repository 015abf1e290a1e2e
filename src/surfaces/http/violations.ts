import type { ErrorObject } from 'ajv';
import { wordsOf } from './pattern-words.ts';

/** One way in which a request breaks its schema. */
export interface Violation {
  readonly part: 'path' | 'query' | 'body';
  /** Where: `['targeting', 'node_ids', '0']`. A missing or unknown field is named itself, not its parent. */
  readonly path: readonly string[];
  /** The keyword of JSON Schema that was broken: `required`, `maxLength`, `type` … */
  readonly keyword: string;
  /** What is wrong, without the name of the field: `must have at most 64 characters`. */
  readonly message: string;
  /** Parameters of the keyword, as Ajv gives them: `{ limit: 64 }`. An unknown field has the known ones in `fields`. */
  readonly params: Readonly<Record<string, unknown>>;
}

const MAX_VIOLATIONS = 50;

/** `a.b.0`, or the part itself for the root. */
export function dottedPath(violation: Violation): string {
  return violation.path.length === 0 ? violation.part : violation.path.join('.');
}

/** RFC 6901: `/a/b/0`, empty for the root. */
export function jsonPointer(violation: Violation): string {
  return violation.path.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The report most surfaces want: `name: is required; region: must be a string`. */
export function describeViolations(violations: readonly Violation[]): {
  message: string;
  details: Record<string, string[]>;
} {
  const details: Record<string, string[]> = {};
  for (const violation of violations) {
    const name = dottedPath(violation);
    const problems = Object.hasOwn(details, name) ? details[name] : undefined;
    if (problems) problems.push(violation.message);
    else Object.defineProperty(details, name, { value: [violation.message], enumerable: true });
  }
  const fields = Object.entries(details).map(([name, problems]) => `${name}: ${problems.join(', ')}`);
  return { message: fields.join('; '), details };
}

/** Ajv's errors as violations: what a failed choice says about its branches is folded into one of them. */
export function readViolations(errors: readonly ErrorObject[], part: Violation['part']): Violation[] {
  const seen = new Set<string>();
  const violations: Violation[] = [];
  for (const error of foldChoices(errors)) {
    const violation = readViolation(error, part);
    const key = `${violation.path.join('\0')}\0${violation.message}`;
    if (seen.has(key)) continue;
    seen.add(key);
    violations.push(violation);
    if (violations.length === MAX_VIOLATIONS) break;
  }
  return violations;
}

function readViolation(error: ErrorObject, part: Violation['part']): Violation {
  const path = error.instancePath.split('/').slice(1).map(unescapeStep);
  const params: Record<string, unknown> = { ...error.params };
  if (error.keyword === 'required') path.push(String(params.missingProperty));
  if (error.keyword === 'additionalProperties') {
    path.push(String(params.additionalProperty));
    params.fields = fieldsOf(error.parentSchema);
  }
  return { part, path, keyword: error.keyword, message: messageOf(error, params), params };
}

function messageOf(error: ErrorObject, params: Record<string, unknown>): string {
  const limit = params.limit;
  switch (error.keyword) {
    case 'required':
      return 'is required';
    case 'additionalProperties':
      return `is not known here${listedFields(params.fields)}`;
    case 'enum':
      return `must be one of ${listed(params.allowedValues)}`;
    case 'const':
      return `must be ${JSON.stringify(params.allowedValue)}`;
    case 'type':
      return `must be ${withArticle(params.type)}`;
    case 'minLength':
      return limit === 1 ? 'must not be empty' : `must have at least ${limit} characters`;
    case 'maxLength':
      return `must have at most ${limit} characters`;
    case 'minItems':
      return limit === 1 ? 'must not be empty' : `must have at least ${limit} items`;
    case 'maxItems':
      return `must have at most ${limit} items`;
    case 'minimum':
      return `must be at least ${limit}`;
    case 'maximum':
      return `must be at most ${limit}`;
    case 'exclusiveMinimum':
      return `must be greater than ${limit}`;
    case 'exclusiveMaximum':
      return `must be less than ${limit}`;
    case 'minProperties':
      return limit === 1 ? 'must not be empty' : `must have at least ${limit} fields`;
    case 'maxProperties':
      return `must have at most ${limit} ${limit === 1 ? 'field' : 'fields'}`;
    case 'format':
      return FORMATS[String(params.format)] ?? `must be a ${params.format}`;
    case 'pattern':
      return `must be ${wordsOf(String(params.pattern)) ?? 'of another form'}`;
    case 'uniqueItems':
      return 'must not repeat an item';
    case 'anyOf':
    case 'oneOf':
      return `must have one of these forms: ${formsOf(error.schema)}`;
    default:
      return error.message ?? 'is not allowed';
  }
}

const MOST_NAMES = 24;

function fieldsOf(schema: unknown): string[] {
  return Object.keys((isRecord(schema) && isRecord(schema.properties) && schema.properties) || {});
}

/** `; the fields are name, tags`: what the caller may have meant. Empty where nothing is known. */
export function listedFields(fields: unknown): string {
  if (!Array.isArray(fields) || fields.length === 0) return '';
  const more = fields.length > MOST_NAMES ? ' and others' : '';
  return `; the fields are ${fields.slice(0, MOST_NAMES).join(', ')}${more}`;
}

/** `{"Has": a string}, {"AnyOf": an array}`. */
function formsOf(schemas: unknown): string {
  return Array.isArray(schemas) ? schemas.map((schema) => describeForm(schema)).join(', ') : 'those of the document';
}

function describeForm(schema: unknown): string {
  if (!isRecord(schema)) return 'any value';
  if ('const' in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) return listed(schema.enum);
  if (schema.type === 'object' && isRecord(schema.properties) && Object.keys(schema.properties).length > 0) {
    const fields = Object.entries(schema.properties).map(
      ([name, field]) => `${JSON.stringify(name)}: ${kindOf(field)}`,
    );
    return `{${fields.join(', ')}}`;
  }
  return kindOf(schema);
}

function kindOf(schema: unknown): string {
  if (!isRecord(schema)) return 'any value';
  if ('const' in schema) return JSON.stringify(schema.const);
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices)) return [...new Set(choices.map(kindOf))].join(' or ');
  return schema.type === undefined ? 'any value' : withArticle(schema.type);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'must be a UUID',
  date: 'must be a date (YYYY-MM-DD)',
  'date-time': 'must be a date and time (ISO 8601)',
  uri: 'must be a URI',
  ipv4: 'must be an IPv4 address',
};

function withArticle(type: unknown): string {
  const names = [type].flat().map(String);
  return names.map((name) => (name === 'null' ? name : `${/^[aio]/.test(name) ? 'an' : 'a'} ${name}`)).join(' or ');
}

function listed(values: unknown): string {
  return Array.isArray(values) ? values.map((value) => JSON.stringify(value)).join(', ') : 'the allowed values';
}

function unescapeStep(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

// ---- choices ----------------------------------------------------------------------------------------------------

/**
 * A failed `anyOf` reports itself and every branch. The caller meant one branch: the only one of the right kind, whose
 * errors are then told instead. Branches that only say which type or value they want become one sentence together.
 */
function foldChoices(errors: readonly ErrorObject[]): ErrorObject[] {
  const choices = errors.filter(isChoice).sort((a, b) => b.schemaPath.length - a.schemaPath.length);
  return choices.reduce((left, choice) => foldChoice(left, choice), [...errors]);
}

function isChoice({ keyword }: ErrorObject): boolean {
  return keyword === 'anyOf' || keyword === 'oneOf';
}

function foldChoice(errors: ErrorObject[], choice: ErrorObject): ErrorObject[] {
  const isOfBranch = (error: ErrorObject) =>
    error !== choice &&
    error.schemaPath.startsWith(`${choice.schemaPath}/`) &&
    isAtOrBelow(error.instancePath, choice.instancePath);
  const branches = Map.groupBy(errors.filter(isOfBranch), (error) => branchOf(error, choice));
  const others = errors.filter((error) => error !== choice && !isOfBranch(error));
  if (branches.size === 0) return errors;
  const meant = [...branches.values()].filter((branch) => !branch.some((error) => isOfOtherKind(error, choice)));
  const [only] = meant;
  if (only !== undefined && meant.length === 1) return [...others, ...only];
  return [...others, meant.length === 0 ? merged(choice, [...branches.values()].flat()) : choice];
}

function branchOf(error: ErrorObject, choice: ErrorObject): string {
  return error.schemaPath.slice(choice.schemaPath.length + 1).split('/', 1)[0] ?? '';
}

function isAtOrBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

function isOfOtherKind(error: ErrorObject, choice: ErrorObject): boolean {
  return error.instancePath === choice.instancePath && ['type', 'const', 'enum', 'required'].includes(error.keyword);
}

/** `must be a string or null`, `must be one of "a", "b"`, or the choice as it is. */
function merged(choice: ErrorObject, errors: readonly ErrorObject[]): ErrorObject {
  const here = errors.filter((error) => error.instancePath === choice.instancePath);
  const constants = here.filter((error) => error.keyword === 'const').map((error) => error.params.allowedValue);
  const types = here.filter((error) => error.keyword === 'type').map((error) => error.params.type);
  if (constants.length > 0 && here.every((error) => ['const', 'type'].includes(error.keyword)))
    return { ...choice, keyword: 'enum', params: { allowedValues: constants } };
  if (types.length > 0 && types.length === errors.length)
    return { ...choice, keyword: 'type', params: { type: [...new Set(types.flat())] } };
  return choice;
}
