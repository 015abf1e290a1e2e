import { join } from 'node:path';
import { openApiDocument } from '#surfaces/docs/openapi.ts';
import { type DescribedApi, operationTypes } from '../../build/operation-types.ts';
import { SURFACES } from './all-surfaces.ts';
import { ROOT } from './source-imports.ts';

export interface WrittenDocument {
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** The OpenAPI documents as the surfaces are now, and where they are committed. */
export function openApiDocuments(): WrittenDocument[] {
  return SURFACES.map((surface) => ({
    name: surface.name,
    path: join(ROOT, 'docs/reference/openapi', `${surface.name}.json`),
    text: `${JSON.stringify(openApiDocument(surface), null, 1)}\n`,
  }));
}

/** What the console calls them with: types made from the documents. */
export function consoleTypes(): WrittenDocument[] {
  return openApiDocuments().map(({ name, text }) => ({
    name,
    path: join(ROOT, 'web/src/api/gen', `${name}.ts`),
    text: operationTypes(JSON.parse(text) as DescribedApi), // written by ourselves a line before
  }));
}
