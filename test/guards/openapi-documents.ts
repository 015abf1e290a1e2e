import { join } from 'node:path';
import { openApiDocument } from '#surfaces/docs/openapi.ts';
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
