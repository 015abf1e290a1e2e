import type { TSchema } from 'typebox';

type Json = Readonly<Record<string, unknown>>;

/** Schemas that have a name, or a title, are written once, under it; a name two schemas share is kept apart by a number. */
export class Components {
  readonly schemas: Record<string, unknown> = {};
  readonly #names = new Map<string, string>();
  /** The schemas that a surface has named, by identity. */
  readonly #named = new Map<unknown, string>();

  /** @param schemas what a surface exports: the objects among them are its schemas. */
  constructor(schemas: Readonly<Record<string, unknown>> = {}) {
    for (const [name, schema] of Object.entries(schemas))
      if (isTypeName(name) && isObjectSchema(schema)) this.#named.set(schema, name);
  }

  /** `copy` stands for `schema` from now on. */
  rename(copy: object, schema: object): void {
    const name = this.#named.get(schema);
    if (name !== undefined) this.#named.set(copy, name);
  }

  reference(schema: TSchema): unknown {
    return this.#replace(schema);
  }

  #replace(node: unknown): unknown {
    if (Array.isArray(node)) return node.map((one) => this.#replace(one));
    if (typeof node !== 'object' || node === null) return node;
    const replaced = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, this.#replace(value)]));
    if (isOpen(replaced)) replaced.additionalProperties = true; // generators of clients read an empty object as one without fields
    const title = this.#named.get(node) ?? replaced.title;
    return typeof title === 'string' ? { $ref: `#/components/schemas/${this.#nameFor(title, replaced)}` } : replaced;
  }

  #nameFor(title: string, schema: Json): string {
    const text = JSON.stringify(schema);
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const base = title.replaceAll(/[^\w.-]/g, '');
    let name = base;
    for (let number = 2; name in this.schemas; number += 1) name = `${base}${number}`;
    this.#names.set(text, name);
    this.schemas[name] = schema;
    return name;
  }
}

/** An object of which nothing is said: it may have any fields. */
function isOpen(schema: Json): boolean {
  const { type, properties, additionalProperties, patternProperties, anyOf, oneOf, allOf } = schema;
  const said = [properties, additionalProperties, patternProperties, anyOf, oneOf, allOf];
  return type === 'object' && said.every((one) => one === undefined);
}

function isTypeName(name: string): boolean {
  return /^[A-Z]/.test(name);
}

/** An object, or a choice of objects: a text or a number that is exported is no type of its own. */
function isObjectSchema(one: unknown): one is object {
  if (typeof one !== 'object' || one === null) return false;
  const { type, anyOf, oneOf } = one as { type?: unknown; anyOf?: unknown; oneOf?: unknown };
  return type === 'object' || Array.isArray(anyOf) || Array.isArray(oneOf);
}
