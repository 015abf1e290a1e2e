import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { breakingChanges, type OpenApiDocument, type Schema } from '../../build/breaking-changes.ts';
import { openApiDocuments } from './openapi-documents.ts';

test.each(openApiDocuments())('the committed document of $name is what the surface serves', ({ path, text }) => {
  const committed = existsSync(path) ? readFileSync(path, 'utf8') : '{"paths":{}}';
  const broken = breakingChanges(JSON.parse(committed), JSON.parse(text));
  expect(
    committed === text,
    `run: node test/guards/write-openapi.ts\n${broken.join('\n') || 'nothing is broken'}`,
  ).toBe(true);
});

const api = (operation: object, schemas: Record<string, Schema> = {}): OpenApiDocument => ({
  paths: { '/v1/things': { post: { responses: { 200: {} }, ...operation } } },
  components: { schemas },
});
const json = (schema: Schema) => ({ content: { 'application/json': { schema } } });
const taking = (schema: Schema) => api({ requestBody: json(schema) });
const answering = (schema: Schema) => api({ responses: { 200: json(schema) } });
const text: Schema = { type: 'string' };

test.each<[string, OpenApiDocument, OpenApiDocument, string[]]>([
  ['nothing changes', taking(text), taking(text), []],
  ['an operation goes', api({}), { paths: {} }, ['is gone']],
  ['a parameter goes', api({ parameters: [{ name: 'a', in: 'query' }] }), api({}), ['the query parameter a is gone']],
  [
    'a parameter is required',
    api({}),
    api({ parameters: [{ name: 'a', in: 'query', required: true }] }),
    ['the query parameter a is new and required'],
  ],
  ['a credential is needed', api({}), api({ security: [{ key: [] }] }), ['needs a credential now']],
  [
    'a scope opens no longer',
    api({ security: [{ key: ['a'] }] }),
    api({ security: [{ key: ['b'] }] }),
    ['is not opened by {"key":["a"]} any more'],
  ],
  ['a status goes', api({}), api({ responses: { 204: {} } }), ['does not answer 200 any more']],
  ['a field of a body goes', taking({ properties: { a: text } }), taking({ properties: {} }), ['body.a is gone']],
  [
    'a field of a body is required',
    taking({ properties: { a: text } }),
    taking({ properties: { a: text, b: text }, required: ['a', 'b'] }),
    ['body.a is required now', 'body.b is new and required'],
  ],
  ['a field of a body comes', taking({ properties: {} }), taking({ properties: { a: text } }), []],
  [
    'a text gets shorter',
    taking({ ...text, maxLength: 9 }),
    taking({ ...text, maxLength: 8 }),
    ['body: maxLength was 9 and is 8'],
  ],
  ['a text gets longer', taking({ ...text, maxLength: 8 }), taking({ ...text, maxLength: 9 }), []],
  ['a word goes', taking({ enum: ['a', 'b'] }), taking({ enum: ['a'] }), ['body does not take "b" any more']],
  [
    'null is taken no more',
    taking({ anyOf: [text, { type: 'null' }] }),
    taking(text),
    ['body does not take every form that it took'],
  ],
  ['a field of an answer goes', answering({ properties: { a: text } }), answering({}), ['answer 200.a is gone']],
  [
    'a field of an answer can be missing',
    answering({ properties: { a: text }, required: ['a'] }),
    answering({ properties: { a: text } }),
    ['answer 200.a can be missing now'],
  ],
  [
    'an answer can be null',
    answering({ properties: { a: text } }),
    answering({ properties: { a: { type: ['string', 'null'] } } }),
    ['answer 200.a was string and is string or null'],
  ],
  ['an answer says more', answering({ properties: {} }), answering({ properties: { a: text }, required: ['a'] }), []],
  [
    'a named schema changes, and holds itself',
    api(
      { responses: { 200: json({ $ref: '#/components/schemas/T' }) } },
      { T: { properties: { t: { $ref: '#/components/schemas/T' }, a: text } } },
    ),
    api(
      { responses: { 200: json({ $ref: '#/components/schemas/T' }) } },
      { T: { properties: { t: { $ref: '#/components/schemas/T' } } } },
    ),
    ['answer 200.a is gone'],
  ],
])('%s', (_, before, after, problems) => {
  expect(breakingChanges(before, after)).toEqual(
    problems.map((problem) => (problem === 'is gone' ? 'POST /v1/things is gone' : `POST /v1/things: ${problem}`)),
  );
});
