import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { TSchema } from 'typebox';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { BodyAnswer, Operation } from './operation.ts';
import type { Surface } from './surface.ts';
import { describeViolations, readViolations, type Violation } from './violations.ts';

/** Reads one part of a request; throws `malformed` when it breaks the schema. Fills in defaults. */
export type PartReader = (value: unknown) => unknown;

/**
 * Beyond this many bytes of JSON a broken body is told its first violation only: collecting all of them would let a
 * body of a megabyte make a million error objects.
 */
const MAX_BYTES_FOR_ALL_VIOLATIONS = 64 * 1024;

/** Compiles the schemas of one surface. Bodies are taken as they are; paths and queries are text and are converted. */
export class Validators {
  readonly #surface: Pick<Surface, 'describeViolations' | 'isQueryStrict'>;
  readonly #json = newAjv({ allErrors: false });
  readonly #jsonAll = newAjv({ allErrors: true });
  readonly #text = newAjv({ allErrors: true, coerceTypes: 'array' });

  constructor(surface: Pick<Surface, 'describeViolations' | 'isQueryStrict'>) {
    this.#surface = surface;
  }

  body(schema: TSchema): PartReader {
    const quick = this.#json.compile(schema);
    const all = once(() => this.#jsonAll.compile(schema));
    return (value) => {
      const body = value ?? {};
      if (quick(body)) return body;
      throw this.#malformed(isSmall(body) ? errorsFrom(all(), body) : (quick.errors ?? []), 'body');
    };
  }

  params(schema: TSchema): PartReader {
    return this.#textReader(this.#text.compile(schema), 'path');
  }

  query(schema: TSchema | undefined): PartReader | undefined {
    if (schema === undefined && !this.#surface.isQueryStrict) return undefined;
    const object: object = schema ?? { type: 'object', properties: {} };
    const closed = this.#surface.isQueryStrict ? { ...object, additionalProperties: false } : object;
    return this.#textReader(this.#text.compile(closed), 'query');
  }

  /** @throws Error when an answer is not what its operation says. */
  checkAnswer({ operationId, responses }: Operation, { status, body }: BodyAnswer): void {
    const spec = responses[status];
    if (spec === undefined) throw new Error(`${operationId} does not declare the status ${status}`);
    if (spec.schema === undefined || typeof body !== 'object' || Buffer.isBuffer(body)) return;
    const sent: unknown = JSON.parse(JSON.stringify(body));
    const errors = errorsFrom(this.#jsonAll.compile(spec.schema), sent);
    if (errors.length === 0) return;
    const { message } = describeViolations(readViolations(errors, 'body'));
    throw new Error(`${operationId} answers ${status} with what it does not declare: ${message}`);
  }

  #textReader(validate: ValidateFunction, part: Violation['part']): PartReader {
    return (value) => {
      const copy = { ...(value as object) }; // the router's parsers make nothing but objects
      if (!validate(copy)) throw this.#malformed(validate.errors ?? [], part);
      const endless = Object.entries(copy).filter(([, one]) => [one].flat().some(isEndless));
      if (endless.length > 0)
        throw this.#malformed(
          endless.map(([name, data]) => notFinite(name, data)),
          part,
        );
      return copy;
    };
  }

  #malformed(errors: readonly ErrorObject[], part: Violation['part']): FleetError {
    return malformed(this.#surface, readViolations(errors, part));
  }
}

/** `1e999` is converted to Infinity, which the bounds of a number are not applied to. */
function isEndless(value: unknown): boolean {
  return typeof value === 'number' && !Number.isFinite(value);
}

function notFinite(name: string, data: unknown): ErrorObject {
  const about = { instancePath: `/${name}`, schemaPath: '#/type', schema: 'integer', params: { type: 'integer' } };
  return { ...about, keyword: 'type', message: 'must be integer', data };
}

export function malformed(surface: Pick<Surface, 'describeViolations'>, violations: readonly Violation[]): FleetError {
  const { message, details } = (surface.describeViolations ?? describeViolations)(violations);
  return new FleetError('malformed', message, { details });
}

function newAjv(options: { allErrors: boolean; coerceTypes?: 'array' }): Ajv2020 {
  const ajv = new Ajv2020({
    ...options,
    useDefaults: true,
    verbose: true, // an error carries its schema, so that a message can say what would be right
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    allowUnionTypes: true,
    keywords: ['example', 'x-extension'],
  });
  addFormats.default(ajv);
  return ajv;
}

function errorsFrom(validate: ValidateFunction, value: unknown): readonly ErrorObject[] {
  validate(value);
  return validate.errors ?? [];
}

/** As JSON, roughly; looks no further than it takes to know. */
function isSmall(body: unknown): boolean {
  let left = MAX_BYTES_FOR_ALL_VIOLATIONS;
  const waiting: unknown[] = [body];
  for (let next = waiting.pop(); waiting.length > 0 || next !== undefined; next = waiting.pop()) {
    left -= typeof next === 'string' ? next.length : 8;
    if (left < 0) return false;
    if (typeof next === 'object' && next !== null) {
      for (const [name, value] of Object.entries(next)) {
        left -= name.length;
        waiting.push(value ?? null);
      }
    }
  }
  return true;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
