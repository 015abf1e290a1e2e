/** Writes the OpenAPI documents of docs/reference/openapi and the types that the console makes of them. What their change breaks is told by `node build/openapi-diff.ts`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { consoleTypes, openApiDocuments } from './openapi-documents.ts';

for (const { path, text } of [...openApiDocuments(), ...consoleTypes()]) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
