import fc from 'fast-check';

/** As much of JSON Schema as the surfaces use. */
interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Values that fit the schema; `known` offers values for strings of a format or a field's name now and then. */
export function arbitraryOf(
  schema: object,
  known: Readonly<Record<string, readonly string[]>> = {},
): fc.Arbitrary<unknown> {
  return fitting(schema as Schema, known, '');
}

type Known = Readonly<Record<string, readonly string[]>>;

function fitting(schema: Schema, known: Known, name: string): fc.Arbitrary<unknown> {
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => fitting(one, known, name)));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if ('const' in schema) return fc.constant(schema.const);
  switch (schema.type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -1_000_000, max: schema.maximum ?? 2_000_000_000 });
    case 'number':
      return fc.double({ noNaN: true });
    case 'string':
      return text(schema, known, name);
    case 'array': {
      const items = fitting(schema.items ?? {}, known, name);
      return fc.array(items, { minLength: schema.minItems ?? 0, maxLength: Math.min(schema.maxItems ?? 3, 5) });
    }
    case 'object':
      return object(schema, known);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function object({ properties = {}, required = [], additionalProperties }: Schema, known: Known): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(Object.entries(properties).map(([key, one]) => [key, fitting(one, known, key)]));
  const declared = fc.record(fields, { requiredKeys: [...required] });
  if (additionalProperties === false) return declared;
  const others = typeof additionalProperties === 'object' ? fitting(additionalProperties, known, '') : fc.jsonValue();
  return fc
    .tuple(fc.dictionary(fc.string({ maxLength: 5 }), others, { maxKeys: 2 }), declared)
    .map(([more, own]) => ({ ...more, ...own }));
}

function text(schema: Schema, known: Known, name: string): fc.Arbitrary<string> {
  const own = plainText(schema);
  const offered = known[name] ?? known[schema.format ?? ''] ?? [];
  return offered.length === 0 ? own : fc.oneof(own, { weight: 2, arbitrary: fc.constantFrom(...offered) });
}

function plainText({ pattern, format, minLength = 0, maxLength = 60 }: Schema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'date') return instant.map((at) => at.slice(0, 10));
  if (format === 'date-time') return instant;
  if (pattern !== undefined) {
    return fc.stringMatching(new RegExp(pattern)).filter((one) => one.length >= minLength && one.length <= maxLength);
  }
  return fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 60) });
}

const instant = fc
  .date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true })
  .map((at) => at.toISOString());

/** A fitting value in which something has been replaced by anything. */
export function brokenOf(schema: object, known: Known = {}): fc.Arbitrary<unknown> {
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>(
      '',
      ' ',
      -1,
      0,
      1e300,
      null,
      [],
      {},
      '\u0000',
      '%',
      '..',
      '2026-02-30',
      '0000-01-01T00:00:00Z',
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );
  return fc
    .tuple(arbitraryOf(schema, known), fc.nat(), anything, fc.boolean())
    .map(([value, place, other, isWhole]) => (isWhole ? other : replaceOne(value, place, other)));
}

function replaceOne(value: unknown, place: number, other: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return other;
  const keys = Object.keys(value);
  const key = keys[place % keys.length] ?? '';
  const child = (value as Record<string, unknown>)[key];
  const isDeeper = place % 3 === 0 && typeof child === 'object' && child !== null;
  const changed = isDeeper ? replaceOne(child, Math.floor(place / 3), other) : other;
  return Array.isArray(value) ? value.with(Number(key), changed) : { ...value, [key]: changed };
}
