/** TypeScript for the callers of an OpenAPI document of ours: for each operation what goes in and what comes back. */

export interface DescribedSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly DescribedSchema[];
  readonly oneOf?: readonly DescribedSchema[];
  readonly allOf?: readonly DescribedSchema[];
  readonly properties?: Readonly<Record<string, DescribedSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | DescribedSchema;
  readonly patternProperties?: Readonly<Record<string, DescribedSchema>>;
  readonly items?: DescribedSchema;
  readonly prefixItems?: readonly DescribedSchema[];
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: DescribedSchema }>>;
}

export interface DescribedOperation {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: DescribedSchema;
  }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

export interface DescribedApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, DescribedSchema>> };
}

/** One interface, named by method and path; schemas with names are types of their own. */
export function operationTypes(api: DescribedApi): string {
  const named = Object.entries(api.components?.schemas ?? {}).map(
    ([name, schema]) => `type ${typeName(name)} = ${typeOf(schema)};\n`,
  );
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => describe(`${method.toUpperCase()} ${path}`, operation)),
  );
  const lines = `export interface Operations {\n${operations.join('')}}\n`;
  const used = named.filter((text) => isUsed(text, [...named, lines]));
  return `// Written by test/guards/write-openapi.ts from the OpenAPI document of this surface.\n\n${used.join('')}\n${lines}`;
}

/** Refusals have schemas too, and nobody reads them by type. */
function isUsed(text: string, all: readonly string[]): boolean {
  const name = /^type (\w+)/.exec(text)?.[1] ?? '';
  return all.some((other) => other !== text && new RegExp(`\\b${name}\\b`).test(other));
}

function describe(name: string, operation: DescribedOperation): string {
  const parts = [
    group('path', operation, true),
    group('query', operation, false),
    bodyOf(operation),
    `    readonly answer: ${answerOf(operation)};\n`,
  ];
  return `  ${JSON.stringify(name)}: {\n${parts.join('')}  };\n`;
}

function group(place: 'path' | 'query', { parameters = [] }: DescribedOperation, isNeeded: boolean): string {
  const here = parameters.filter((parameter) => parameter.in === place);
  if (here.length === 0) return '';
  const fields = here.map(({ name, required, schema }) => parameter(name, schema ?? {}, required === true));
  const isOptional = !isNeeded && !here.some(({ required }) => required === true);
  return `    readonly ${place}${isOptional ? '?' : ''}: { ${fields.join(' ')} };\n`;
}

function bodyOf({ requestBody }: DescribedOperation): string {
  const schema = requestBody?.content?.['application/json']?.schema;
  return schema === undefined ? '' : `    readonly body: ${typeOf(schema)};\n`;
}

function answerOf({ responses }: DescribedOperation): string {
  const schemas = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, response]) => response.content?.['application/json']?.schema)
    .filter((schema) => schema !== undefined);
  return union(schemas.map(typeOf)) || 'undefined';
}

function typeOf(schema: DescribedSchema): string {
  if (schema.$ref !== undefined) return typeName(schema.$ref.replace(/^.*\//, ''));
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return union(schema.enum.map((value) => JSON.stringify(value)));
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice !== undefined) return union(choice.map(typeOf));
  if (schema.allOf !== undefined) return schema.allOf.map(typeOf).join(' & ');
  return union([schema.type ?? []].flat().map((type) => ofType(type, schema))) || 'unknown';
}

function ofType(type: string, schema: DescribedSchema): string {
  switch (type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return arrayOf(schema);
    case 'object':
      return objectOf(schema);
    default:
      return type; // string, boolean, null
  }
}

function arrayOf({ items, prefixItems }: DescribedSchema): string {
  if (prefixItems !== undefined) return `readonly [${prefixItems.map(typeOf).join(', ')}]`;
  return `readonly (${typeOf(items ?? {})})[]`;
}

function objectOf(schema: DescribedSchema): string {
  const { properties = {}, required = [], additionalProperties, patternProperties } = schema;
  const fields = Object.entries(properties).map(([name, property]) => field(name, property, required.includes(name)));
  if (fields.length > 0) return `{ ${fields.join(' ')} }`;
  const values = [
    ...Object.values(patternProperties ?? {}),
    ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
  ];
  if (values.length > 0) return `Readonly<Record<string, ${union(values.map(typeOf))}>>`;
  return additionalProperties === false ? 'Readonly<Record<string, never>>' : 'Readonly<Record<string, unknown>>';
}

function field(name: string, schema: DescribedSchema, isRequired: boolean): string {
  return `readonly ${keyOf(name)}${isRequired ? '' : '?'}: ${typeOf(schema)};`;
}

/** What is undefined does not go into an address, so callers may say it. */
function parameter(name: string, schema: DescribedSchema, isRequired: boolean): string {
  return isRequired ? field(name, schema, true) : `readonly ${keyOf(name)}?: ${typeOf(schema)} | undefined;`;
}

function keyOf(name: string): string {
  return /^\w+$/.test(name) ? name : JSON.stringify(name);
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ');
}

function typeName(name: string): string {
  return name.replace(/\W/g, '_');
}
