import { Parser } from '@asyncapi/parser';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect, test } from 'vitest';
import { EVENTS } from '#surfaces/edge-admin/event-payloads.ts';
import contract from '../../../contracts/edge-admin.asyncapi.json' with { type: 'json' };
import { asyncApiDocument } from './asyncapi.ts';

const document = asyncApiDocument({ title: 'Edge Admin', version: '1.0.0', events: EVENTS });

interface Schema {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required: readonly string[];
}

test('the document is AsyncAPI 3, without a complaint of its own parser', async () => {
  const { document: parsed, diagnostics } = await new Parser().parse(JSON.stringify(document));
  expect(diagnostics.filter(({ severity }) => severity <= 1)).toEqual([]);
  expect(parsed?.allOperations().length).toBe(EVENTS.length);
});

test('it has the channels of the contract, and each payload the same properties and the same that are always there', () => {
  const { channels, components } = contract;
  expect(EVENTS.map(({ type }) => type).sort()).toEqual(Object.keys(channels).sort());
  const theirs = new Map(Object.entries(components.schemas as unknown as Record<string, Schema>));
  for (const { payload } of EVENTS) {
    const { title, properties, required } = payload as unknown as Schema & { title: string };
    expect([title, Object.keys(properties).sort()]).toEqual([
      title,
      Object.keys(theirs.get(title)?.properties ?? {}).sort(),
    ]);
    expect([title, [...required].sort()]).toEqual([title, [...(theirs.get(title)?.required ?? [])].sort()]);
  }
});

test('the example of each event fits its payload, and that of the contract', () => {
  const ajv = addFormats.default(new Ajv2020({ strict: false }));
  ajv.addSchema({ ...document, $id: 'https://ours.invalid/document' });
  const theirs = contract.components.schemas as unknown as Record<string, object>;
  for (const { type, payload, example } of EVENTS) {
    const { title } = payload as unknown as { title: string };
    expect([
      type,
      ajv.validate({ $ref: `https://ours.invalid/document#/components/schemas/${title}` }, example),
      ajv.errors,
    ]).toEqual([type, true, null]);
    expect([type, ajv.validate(theirs[title] ?? {}, example), ajv.errors]).toEqual([type, true, null]);
    const { messages } = document.components as { messages: Record<string, { examples: { payload: object }[] }> };
    const message = `https://ours.invalid/document#/components/messages/${type}/payload`;
    expect([type, ajv.validate({ $ref: message }, messages[type]?.examples[0]?.payload), ajv.errors]).toEqual([
      type,
      true,
      null,
    ]);
  }
});
