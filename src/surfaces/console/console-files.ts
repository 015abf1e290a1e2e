/**
 * The pages of the console: what `npm run build:web` has built, under `/console/`. A name with an extension is a file, and one that is
 * built has the hash of its content in its name and never changes; everything else is the page, whose router reads the address.
 */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';

export interface ConsoleFilesOptions {
  /** Where the built files are, or will be. */
  readonly directory: string;
  /** Resolves when they are there or cannot be; with why they cannot. */
  readonly built: () => Promise<string | undefined>;
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
];
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
};

export function consoleFiles({ directory, built }: ConsoleFilesOptions) {
  return async (app: FastifyInstance): Promise<void> => {
    await app.register(fastifyStatic, { root: directory, serve: false, dotfiles: 'deny', preCompressed: true });
    app.addHook('onSend', async (_, reply) => {
      if (!reply.hasHeader('content-security-policy')) reply.header('content-security-policy', POLICY.join('; '));
      reply.headers(HEADERS);
    });
    app.get('/console', async (_, reply) => reply.redirect('/console/', 302));
    app.get<{ Params: { '*': string } }>('/console/*', async (request, reply) => {
      const path = request.params['*'];
      if (path === 'feed' || path.startsWith('api/')) return notThere(reply);
      const problem = await built();
      if (problem !== undefined) return sayWhyNot(reply, problem);
      return /\.[a-z0-9]+$/i.test(path) ? sendFile(reply, directory, path) : sendPage(reply, directory, path);
    });
  };
}

function notThere(reply: FastifyReply): FastifyReply {
  reply.callNotFound();
  return reply;
}

async function sendFile(reply: FastifyReply, directory: string, path: string): Promise<FastifyReply> {
  const isFile =
    !path.split('/').includes('..') &&
    (await stat(join(directory, path)).then(
      (found) => found.isFile(),
      () => false,
    ));
  if (!isFile || path.startsWith('.')) return notThere(reply);
  const isHashed = path.startsWith('assets/');
  return reply.sendFile(path, directory, {
    cacheControl: false,
    immutable: false,
    ...(isHashed && { cacheControl: true, maxAge: '365d', immutable: true }),
  });
}

async function sendPage(reply: FastifyReply, directory: string, path: string): Promise<FastifyReply> {
  const terminal =
    path.startsWith('terminal/') && (await stat(join(directory, 'terminal.html')).catch(() => undefined));
  reply.header('cache-control', 'no-cache');
  return reply.sendFile(terminal ? 'terminal.html' : 'index.html', directory, { cacheControl: false });
}

const STYLE = 'body{font:16px/1.5 system-ui,sans-serif;margin:15vh auto;max-width:34em;padding:0 1em}';
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** A page without anything of its own to load. */
function sayWhyNot(reply: FastifyReply, problem: string): FastifyReply {
  const text = problem.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return reply
    .code(503)
    .headers({
      'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; frame-ancestors 'none'`,
      'retry-after': '5',
      'cache-control': 'no-store',
    })
    .type('text/html; charset=utf-8')
    .send(
      `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>Garrison</title><style>${STYLE}</style><main><h1>The console is not there yet</h1><p>${text}</p></main></html>`,
    );
}
