export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

interface OpenApiOperation {
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content?: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly maximum?: number;
  readonly minimum?: number;
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly pattern?: string;
}

/** A sentence for each change that can break a caller who did nothing wrong before. Additions break nobody. */
export function breakingChanges(before: OpenApiDocument, after: OpenApiDocument): string[] {
  return Object.entries(before.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, old]) => {
      const where = `${method.toUpperCase()} ${path}`;
      const now = after.paths[path]?.[method];
      if (now === undefined) return [`${where} is gone`];
      return new Comparison(before, after).operation(old, now).map((problem) => `${where}: ${problem}`);
    }),
  );
}

/** Who makes the value: what a caller sends may not be taken less widely, what we send may not say less. */
type Direction = 'sent' | 'answered';

class Comparison {
  readonly #before: OpenApiDocument;
  readonly #after: OpenApiDocument;
  /** Pairs of named schemas under way, so that a schema may hold itself. */
  readonly #open = new Set<string>();

  constructor(before: OpenApiDocument, after: OpenApiDocument) {
    this.#before = before;
    this.#after = after;
  }

  operation(old: OpenApiOperation, now: OpenApiOperation): string[] {
    return [
      ...this.#security(old, now),
      ...this.#parameters(old.parameters ?? [], now.parameters ?? []),
      ...this.#body(old.requestBody, now.requestBody),
      ...Object.entries(old.responses)
        .filter(([status]) => status.startsWith('2'))
        .flatMap(([status, answer]) => this.#answer(status, answer.content, now.responses[status])),
    ];
  }

  #security({ security: old = [] }: OpenApiOperation, { security: now = [] }: OpenApiOperation): string[] {
    if (now.length === 0) return [];
    if (old.length === 0) return ['needs a credential now'];
    const opens = (one: object) => now.some((other) => JSON.stringify(other) === JSON.stringify(one));
    return old.filter((one) => !opens(one)).map((one) => `is not opened by ${JSON.stringify(one)} any more`);
  }

  #parameters(old: readonly Parameter[], now: readonly Parameter[]): string[] {
    const same = (a: Parameter, b: Parameter) => a.in === b.in && a.name === b.name;
    const changed = old.flatMap((one) => {
      const other = now.find((candidate) => same(one, candidate));
      if (other === undefined) return one.in === 'path' ? [] : [`the ${one.in} parameter ${one.name} is gone`];
      const isNeeded = other.required === true && one.required !== true;
      return [
        ...(isNeeded ? [`the ${one.in} parameter ${one.name} is required now`] : []),
        ...this.#schema(`${one.in} parameter ${one.name}`, one.schema, other.schema, 'sent'),
      ];
    });
    const added = now.filter((one) => one.required && one.in !== 'path' && !old.some((other) => same(one, other)));
    return [...changed, ...added.map((one) => `the ${one.in} parameter ${one.name} is new and required`)];
  }

  #body(old: OpenApiOperation['requestBody'], now: OpenApiOperation['requestBody']): string[] {
    if (old === undefined) return now?.required ? ['a body is required now'] : [];
    if (now === undefined) return ['takes no body any more'];
    const needed = now.required === true && old.required !== true ? ['the body is required now'] : [];
    return [...needed, ...this.#content('body', old.content, now.content, 'sent')];
  }

  #answer(status: string, old: Content | undefined, now: { readonly content?: Content } | undefined): string[] {
    if (now === undefined) return [`does not answer ${status} any more`];
    return this.#content(`answer ${status}`, old, now.content, 'answered');
  }

  #content(place: string, old: Content = {}, now: Content = {}, direction: Direction): string[] {
    return Object.entries(old).flatMap(([type, { schema }]) => {
      const other = now[type];
      return other === undefined
        ? [`${place} is not ${type} any more`]
        : this.#schema(place, schema, other.schema, direction);
    });
  }

  #schema(place: string, old: Schema | undefined, now: Schema | undefined, direction: Direction): string[] {
    if (old === undefined || now === undefined) return [];
    const pair = `${old.$ref} ${now.$ref} ${direction}`;
    if (old.$ref !== undefined && this.#open.has(pair)) return [];
    this.#open.add(pair);
    const problems = this.#resolved(place, named(this.#before, old), named(this.#after, now), direction);
    this.#open.delete(pair);
    return problems;
  }

  #resolved(place: string, old: Schema, now: Schema, direction: Direction): string[] {
    if (old.anyOf !== undefined || now.anyOf !== undefined) return this.#alternatives(place, old, now, direction);
    return [
      ...kinds(place, old, now, direction),
      ...words(place, old, now, direction),
      ...(direction === 'sent' ? bounds(place, old, now) : []),
      ...this.#properties(place, old, now, direction),
      ...this.#schema(`${place}[]`, old.items, now.items, direction),
    ];
  }

  /** Every alternative that a caller may send is still one; every one that we may answer was one before. */
  #alternatives(place: string, old: Schema, now: Schema, direction: Direction): string[] {
    const [olds, nows] = [old.anyOf ?? [old], now.anyOf ?? [now]];
    const pairs =
      direction === 'sent' ? olds.map((one) => ({ one, among: nows })) : nows.map((one) => ({ one, among: olds }));
    const fits = (one: Schema, other: Schema) =>
      (direction === 'sent' ? this.#schema(place, one, other, 'sent') : this.#schema(place, other, one, 'answered'))
        .length === 0;
    const lost = pairs.filter(({ one, among }) => !among.some((other) => fits(one, other)));
    const what = direction === 'sent' ? 'does not take every form that it took' : 'can have a form that it had not';
    return lost.length === 0 ? [] : [`${place} ${what}`];
  }

  #properties(place: string, old: Schema, now: Schema, direction: Direction): string[] {
    const [olds, nows] = [old.properties ?? {}, now.properties ?? {}];
    const changed = Object.entries(olds).flatMap(([name, schema]) => {
      const other = nows[name];
      const at = `${place}.${name}`;
      if (other === undefined) return [`${at} is gone`];
      const [wasRequired, isRequired] = [old.required?.includes(name), now.required?.includes(name)];
      return [
        ...(direction === 'sent' && isRequired && !wasRequired ? [`${at} is required now`] : []),
        ...(direction === 'answered' && wasRequired && !isRequired ? [`${at} can be missing now`] : []),
        ...this.#schema(at, schema, other, direction),
      ];
    });
    const added = (now.required ?? []).filter((name) => direction === 'sent' && !Object.hasOwn(olds, name));
    return [...changed, ...added.map((name) => `${place}.${name} is new and required`)];
  }
}

function named({ components }: OpenApiDocument, schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  return components?.schemas?.[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)] ?? {};
}

function kinds(place: string, old: Schema, now: Schema, direction: Direction): string[] {
  const [olds, nows] = [[old.type ?? []].flat(), [now.type ?? []].flat()];
  if (olds.length === 0 || nows.length === 0) return [];
  const covers = (types: readonly string[], type: string) =>
    types.includes(type) || (type === 'integer' && types.includes('number'));
  const [narrow, wide] = direction === 'sent' ? [olds, nows] : [nows, olds];
  const lost = narrow.filter((type) => !covers(wide, type));
  return lost.length === 0 ? [] : [`${place} was ${olds.join(' or ')} and is ${nows.join(' or ')}`];
}

/** A word that is new in an answer breaks nobody who was told that there may be more: it is no breaking change. */
function words(place: string, old: Schema, now: Schema, direction: Direction): string[] {
  const [olds, nows] = [wordsOf(old), wordsOf(now)];
  if (direction === 'answered' || nows === undefined) return [];
  if (olds === undefined) return [`${place} takes only ${nows.join(', ')} now`];
  const lost = olds.filter((word) => !nows.includes(word));
  return lost.length === 0 ? [] : [`${place} does not take ${lost.join(', ')} any more`];
}

function wordsOf(schema: Schema): readonly string[] | undefined {
  return (schema.enum ?? ('const' in schema ? [schema.const] : undefined))?.map((word) => JSON.stringify(word));
}

const UPPER = ['maxLength', 'maximum', 'maxItems'] as const;
const LOWER = ['minLength', 'minimum', 'minItems'] as const;

function bounds(place: string, old: Schema, now: Schema): string[] {
  const narrowed = [
    ...UPPER.filter((bound) => (now[bound] ?? Infinity) < (old[bound] ?? Infinity)),
    ...LOWER.filter((bound) => (now[bound] ?? -Infinity) > (old[bound] ?? -Infinity)),
    ...(now.pattern !== undefined && now.pattern !== old.pattern ? (['pattern'] as const) : []),
  ];
  return narrowed.map((bound) => `${place}: ${bound} was ${old[bound] ?? 'none'} and is ${now[bound]}`);
}
