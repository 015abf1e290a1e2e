/**
 * What a change of an OpenAPI document breaks for those who call the API.
 *
 *   node build/openapi-diff.ts BEFORE.json AFTER.json   one document against another
 *   node build/openapi-diff.ts --since REF              every document of docs/reference/openapi against a commit or tag
 *
 * Names every breaking change, a line each, and ends with 1 when there is one.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { breakingChanges, type OpenApiDocument } from './breaking-changes.ts';

const DOCUMENTS = 'docs/reference/openapi';

if (import.meta.main) {
  const { values, positionals } = parseArgs({ options: { since: { type: 'string' } }, allowPositionals: true });
  const [before, after] = positionals;
  if (values.since === undefined && (before === undefined || after === undefined))
    throw new Error('give two documents, or --since and a commit or tag');
  const problems =
    values.since === undefined
      ? breakingChanges(read(String(before)), read(String(after)))
      : readdirSync(DOCUMENTS).flatMap((name) => since(String(values.since), name));
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

/** A document that the commit does not have breaks nothing. */
function since(ref: string, name: string): string[] {
  const path = `${DOCUMENTS}/${name}`;
  const files = execFileSync('git', ['ls-tree', '--name-only', ref, path], { encoding: 'utf8' });
  if (files.trim() === '') return [];
  const before = execFileSync('git', ['show', `${ref}:${path}`], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return breakingChanges(JSON.parse(before), read(path)).map((problem) => `${name}: ${problem}`);
}

function read(path: string): OpenApiDocument {
  return JSON.parse(readFileSync(join(process.cwd(), path), 'utf8'));
}
