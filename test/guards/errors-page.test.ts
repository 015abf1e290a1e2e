import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FLEET_ERROR_CODES, FleetError } from '#core/kernel/fleet-error.ts';
import { statusOf } from '#surfaces/docs/openapi.ts';
import type { Surface } from '#surfaces/http/surface.ts';
import { SURFACES } from './all-surfaces.ts';
import { ROOT } from './source-imports.ts';

const page = readFileSync(join(ROOT, 'docs', 'reference', 'errors.md'), 'utf8');
const surfaces = SURFACES.filter(({ name }) => name !== 'health');

test('the page explains every code and no other, in the order of the code', () => {
  const explained = [...page.matchAll(/^### `(\w+)`$/gm)].map(([, code]) => code);
  expect(explained).toEqual([...FLEET_ERROR_CODES]);
});

test('the page has the status and the word of every surface for every code', () => {
  const header = `| code | ${surfaces.map(({ name }) => name).join(' | ')} |`;
  const rows = FLEET_ERROR_CODES.map(
    (code) => `| \`${code}\` | ${surfaces.map((surface) => cellOf(surface, code)).join(' | ')} |`,
  );
  const separator = `| ${['code', ...surfaces].map(() => '---').join(' | ')} |`;
  const table = [header, separator, ...rows].join('\n');
  expect(withoutPadding(page)).toContain(withoutPadding(table));
});

function cellOf(surface: Surface, code: (typeof FLEET_ERROR_CODES)[number]): string {
  const error = new FleetError(code, 'x');
  const about = { requestId: 'r', method: 'GET', path: '/', at: new Date(0) };
  return `${statusOf(surface, code)} \`${wordIn(surface.renderError(error, about).body)}\``;
}

/** The stable word of a body: `error`, `code`, or `error.code`. */
function wordIn(body: unknown): string {
  const { error, code } = body as { error?: string | { code?: string }; code?: string }; // every envelope has one of them
  return String(code ?? (typeof error === 'object' ? error.code : error));
}

function withoutPadding(text: string): string {
  return text.replaceAll(/ {2,}/g, ' ').replaceAll(/-{3,}/g, '---');
}
