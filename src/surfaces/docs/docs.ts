import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import type { Surface } from '#surfaces/http/surface.ts';
import { openApiDocument } from './openapi.ts';
import { redocPage, swaggerPage } from './pages.ts';

export interface DocsOptions {
  readonly surfaces: readonly Surface[];
  /** Served at `/api/openapi` too, where its contract says so. */
  readonly contractDocument?: string;
}

/** Everything the pages need comes from here: they work without a way out. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "worker-src 'self' blob:",
  "frame-ancestors 'none'",
].join('; ');

/**
 * `/openapi` lists the documents, `/openapi/{surface}.json` is one of them, `/swaggerui` and `/redoc` show them. The
 * scripts of the pages come from their npm packages.
 */
export function docs({ surfaces, contractDocument = 'edge-admin' }: DocsOptions) {
  const documents = new Map(surfaces.map((surface) => [surface.name, JSON.stringify(openApiDocument(surface))]));
  const titles = surfaces.map(({ name, title }) => ({ name, title, url: `/openapi/${name}.json` }));
  return async (app: FastifyInstance): Promise<void> => {
    app.addHook('onSend', async (_, reply) => {
      reply.headers({ 'content-security-policy': CONTENT_SECURITY_POLICY, 'x-content-type-options': 'nosniff' });
    });

    app.get('/openapi', async () => ({ documents: titles }));
    app.get<{ Params: { file: string } }>('/openapi/:file', async (request, reply) => {
      const document = documents.get(request.params.file.replace(/\.json$/, ''));
      if (document === undefined) return reply.callNotFound();
      return reply.type('application/json').send(document);
    });
    const contract = documents.get(contractDocument);
    if (contract !== undefined)
      app.get('/api/openapi', async (_, reply) => reply.type('application/json').send(contract));

    app.get('/swaggerui', async (_, reply) => reply.type('text/html').send(swaggerPage(titles)));
    app.get<{ Querystring: { document?: unknown } }>('/redoc', async (request, reply) => {
      const chosen = titles.find(({ name }) => name === request.query.document) ?? titles[0];
      return reply.type('text/html').send(redocPage(titles, chosen));
    });
    await app.register(fastifyStatic, { root: swaggerAssets(), prefix: '/swaggerui/assets/', decorateReply: false });
    await app.register(fastifyStatic, {
      root: redocAssets(),
      prefix: '/redoc/assets/',
      decorateReply: false,
      allowedPath: (path) => path === '/redoc.standalone.js',
    });
  };
}

const { resolve } = createRequire(import.meta.url);

function swaggerAssets(): string {
  return join(dirname(resolve('@fastify/swagger-ui/package.json')), 'static');
}

function redocAssets(): string {
  return join(dirname(resolve('redoc/package.json')), 'bundles');
}
