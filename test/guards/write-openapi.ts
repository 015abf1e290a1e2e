/** Writes the OpenAPI documents of docs/reference/openapi. What their change breaks is told by `node build/openapi-diff.ts`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { openApiDocuments } from './openapi-documents.ts';

for (const { path, text } of openApiDocuments()) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
