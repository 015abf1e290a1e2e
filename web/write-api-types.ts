/** Writes `src/api/gen` from the OpenAPI documents of the surfaces, which are committed. The types themselves are not. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DescribedApi, operationTypes } from '../build/operation-types.ts';

const DOCUMENTS = join(import.meta.dirname, '../docs/reference/openapi');
const TYPES = join(import.meta.dirname, 'src/api/gen');

mkdirSync(TYPES, { recursive: true });
for (const name of readdirSync(DOCUMENTS)) {
  const api = JSON.parse(readFileSync(join(DOCUMENTS, name), 'utf8')) as DescribedApi; // written by ourselves
  writeFileSync(join(TYPES, name.replace('.json', '.ts')), operationTypes(api));
}
