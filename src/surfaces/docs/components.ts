import type { TSchema } from 'typebox';

type Json = Readonly<Record<string, unknown>>;

/** Schemas with a title are written once, under it; a title two schemas share is kept apart by a number. */
export class Components {
  readonly schemas: Record<string, unknown> = {};
  readonly #names = new Map<string, string>();

  reference(schema: TSchema): unknown {
    return this.#replace(schema);
  }

  #replace(node: unknown): unknown {
    if (Array.isArray(node)) return node.map((one) => this.#replace(one));
    if (typeof node !== 'object' || node === null) return node;
    const replaced = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, this.#replace(value)]));
    const { title } = replaced;
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
