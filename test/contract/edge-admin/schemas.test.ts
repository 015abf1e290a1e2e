import { describe, expect, test } from 'vitest';
import { openApiDocument } from '#surfaces/docs/openapi.ts';
import { edgeAdminSurface } from '#surfaces/edge-admin/surface.ts';
import { readContract } from '#test/support/contracts.ts';

// biome-ignore lint/suspicious/noExplicitAny: documents are looked into at many depths
type Json = any;

const ours: Json = openApiDocument(edgeAdminSurface({ presence: { staleAfterMs: 0 }, settings: {} } as never));
const contract: Json = readContract('edge-admin.openapi');

const METHODS = ['get', 'post', 'patch', 'delete'];
const operations = Object.entries<Json>(contract.paths)
  .flatMap(([path, item]) => METHODS.filter((method) => item[method]).map((method) => [method, path] as const))
  .filter(([method, path]) => ours.paths[path]?.[method] !== undefined);

describe.each(operations)('%s %s', (method, path) => {
  const [mine, theirs] = [ours.paths[path][method], contract.paths[path][method]];

  test('takes the parameters of the contract, of the same types and limits, and others only as extensions', () => {
    const wanted = parametersOf(contract, theirs);
    const offered = parametersOf(ours, mine);
    for (const [name, schema] of Object.entries(wanted))
      expect([name, asFarAs(schema, offered[name])]).toEqual([name, schema]);
    const more = (mine.parameters ?? []).filter(({ in: place, name }: Json) => place !== 'header' && !(name in wanted));
    expect(more.filter((parameter: Json) => !isExtension(parameter))).toEqual([]);
  });

  test('reads every field of the body and others only as extensions, asks for no more, and refuses no less', () => {
    const [wanted, offered] = [bodyOf(contract, theirs), bodyOf(ours, mine)];
    const ownFields = Object.keys(offered?.properties ?? {}).filter((name) => !isExtension(offered.properties[name]));
    expect(ownFields.sort()).toEqual(Object.keys(wanted?.properties ?? {}).sort());
    expect((offered?.required ?? []).toSorted()).toEqual((wanted?.required ?? []).toSorted());
    for (const [name, schema] of Object.entries<Json>(wanted?.properties ?? {})) {
      const essence = essenceOf(contract, schema);
      expect([name, asFarAs(essence, essenceOf(ours, offered.properties[name]))]).toEqual([name, essence]);
    }
  });

  test('answers with every field of the contract, and with every status it lists', () => {
    for (const [status, response] of Object.entries<Json>(theirs.responses)) {
      expect([status, mine.responses[status]]).not.toEqual([status, undefined]);
      if (Number(status) >= 300) continue;
      const [wanted, given] = [answerOf(contract, response), answerOf(ours, mine.responses[status])];
      expect(fieldsOf(ours, given)).toEqual(expect.arrayContaining(fieldsOf(contract, wanted)));
    }
  });
});

/** It says so itself, in the document that people read. */
function isExtension({ description }: Json): boolean {
  return /^(Extension|An addition):/.test(description ?? '');
}

function resolve(document: Json, schema: Json): Json {
  let one = schema;
  while (one?.$ref)
    one = one.$ref
      .slice(2)
      .split('/')
      .reduce((node: Json, step: string) => node[step], document);
  return one;
}

function parametersOf(document: Json, operation: Json): Record<string, Json> {
  const inUrl = (operation.parameters ?? []).filter(({ in: place }: Json) => place !== 'header');
  return Object.fromEntries(inUrl.map(({ name, schema }: Json) => [name, essenceOf(document, schema)]));
}

function bodyOf(document: Json, operation: Json): Json {
  return resolve(document, resolve(document, operation.requestBody)?.content['application/json'].schema);
}

function answerOf(document: Json, response: Json): Json {
  return resolve(document, resolve(document, response)?.content?.['application/json']?.schema);
}

const LIMITS = ['type', 'format', 'minimum', 'minLength', 'maxLength', 'pattern', 'enum', 'minItems', 'maxItems'];

/** Patterns of the contract that take quadratic time: what they say is read by hand, and tested where it is. */
const READ_BY_HAND = ['^(ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)|ssh-rsa)\\s+([A-Za-z0-9+/]+=*)\\s*(.*)$'];

/**
 * What decides whether a value is taken. A type or null is written in two ways; upper ends of integers are ours, and those
 * of texts and lists where the contract has none (`test/guards/bounds.test.ts` asks for them).
 */
function essenceOf(document: Json, given: Json): Json {
  const schema = resolve(document, given);
  const alternatives = schema.anyOf?.filter((one: Json) => one.type !== 'null');
  if (alternatives?.length === 1) {
    return { ...essenceOf(document, { ...schema, anyOf: undefined, ...alternatives[0] }), isNullable: true };
  }
  const own = Object.fromEntries(LIMITS.filter((key) => schema[key] !== undefined).map((key) => [key, schema[key]]));
  if (schema.maximum === 100) own.maximum = 100;
  if (schema.type === 'integer' && own.minimum !== undefined && own.minimum < 0) delete own.minimum;
  if (typeof own.pattern === 'string') own.pattern = own.pattern.replaceAll('\\/', '/');
  if (READ_BY_HAND.includes(own.pattern)) delete own.pattern;
  if (alternatives) own.anyOf = alternatives.map((one: Json) => essenceOf(document, one));
  if (schema.items) own.items = essenceOf(document, schema.items);
  if (schema.nullable) own.isNullable = true;
  if (schema.properties && schema.type === 'object') {
    own.required = schema.required ?? [];
    own.isClosed = schema.additionalProperties === false;
    own.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, one]) => [name, essenceOf(document, one)]),
    );
  }
  return own;
}

/** Without the upper ends that only we have. */
function asFarAs(theirs: Json, mine: Json): Json {
  if (typeof mine !== 'object' || mine === null || Array.isArray(mine) !== Array.isArray(theirs)) return mine;
  if (Array.isArray(mine)) return mine.map((one, index) => asFarAs(theirs[index], one));
  const isOurs = (key: string) => (key === 'maxLength' || key === 'maxItems') && theirs?.[key] === undefined;
  return Object.fromEntries(
    Object.entries(mine)
      .filter(([key]) => !isOurs(key))
      .map(([key, one]) => [key, asFarAs(theirs?.[key], one)]),
  );
}

/** Paths of all fields of an answer. */
function fieldsOf(document: Json, given: Json, path = ''): string[] {
  const schema = resolve(document, given);
  if (schema === undefined) return [];
  const alternative = schema.anyOf?.find((one: Json) => resolve(document, one).type !== 'null');
  if (alternative) return fieldsOf(document, alternative, path);
  if (schema.items) return fieldsOf(document, schema.items, `${path}[]`);
  return Object.entries<Json>(schema.properties ?? {}).flatMap(([name, one]) => [
    `${path}.${name}`,
    ...fieldsOf(document, one, `${path}.${name}`),
  ]);
}
