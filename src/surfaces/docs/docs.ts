import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import type { Surface } from '#surfaces/http/surface.ts';
import { asyncPage } from './async-page.ts';
import { asyncApiDocument } from './asyncapi.ts';
import { openApiDocument } from './openapi.ts';
import { REDOC_START, redocPage, swaggerPage, swaggerStart } from './pages.ts';

export interface DocsOptions {
  readonly surfaces: readonly Surface[];
  /** Served at `/api/openapi` too, where its contract says so; its events at `/api/asyncapi` and `/asyncdoc`. */
  readonly contractDocument?: string;
}

/**
 * Everything the pages need comes from here: they work without a way out. Styles that ReDoc makes while it runs carry the
 * nonce of the page.
 */
function contentSecurityPolicy(nonce?: string): string {
  return [
    "default-src 'self'",
    "script-src 'self'",
    nonce === undefined ? "style-src 'self'" : `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * `/openapi` lists the documents, `/openapi/{surface}.json` is one of them, `/swaggerui` and `/redoc` show them. The
 * scripts of the pages come from their npm packages.
 */
export function docs({ surfaces, contractDocument = 'edge-admin' }: DocsOptions) {
  const documents = new Map(surfaces.map((surface) => [surface.name, JSON.stringify(openApiDocument(surface))]));
  const titles = surfaces.map(({ name, title }) => ({ name, title, url: `/openapi/${name}.json` }));
  return async (app: FastifyInstance): Promise<void> => {
    app.addHook('onSend', async (_, reply) => {
      if (!reply.hasHeader('content-security-policy')) reply.header('content-security-policy', contentSecurityPolicy());
      reply.header('x-content-type-options', 'nosniff');
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

    const telling = surfaces.find(({ name }) => name === contractDocument);
    if (telling?.events !== undefined) {
      const { title, events } = telling;
      const document = JSON.stringify(asyncApiDocument(telling));
      app.get('/api/asyncapi', async (_, reply) => reply.type('application/json').send(document));
      app.get('/asyncdoc', async (_, reply) => {
        const nonce = randomBytes(16).toString('base64');
        reply.header('content-security-policy', contentSecurityPolicy(nonce));
        return reply.type('text/html').send(asyncPage(title, events, nonce));
      });
    }

    app.get('/swaggerui', async (_, reply) => reply.type('text/html').send(swaggerPage()));
    app.get('/swaggerui/start.js', async (_, reply) => reply.type('text/javascript').send(swaggerStart(titles)));
    app.get('/redoc/start.js', async (_, reply) => reply.type('text/javascript').send(REDOC_START));
    app.get<{ Querystring: { document?: unknown } }>('/redoc', async (request, reply) => {
      const chosen = titles.find(({ name }) => name === request.query.document) ?? titles[0];
      const nonce = randomBytes(16).toString('base64');
      reply.header('content-security-policy', contentSecurityPolicy(nonce));
      return reply.type('text/html').send(redocPage(titles, chosen, nonce));
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
