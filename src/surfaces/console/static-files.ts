import { execFile } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { ownPackage } from '#runtime/own-package.ts';

/** Nothing from elsewhere, nothing inline, and no HTML made of text. */
export const CONTENT_SECURITY_POLICY = [
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
].join('; ');

const FOLDER = join(ownPackage.root, 'web', 'dist');
const SOURCES = join(ownPackage.root, 'web', 'src');
const BUILD_MS = 120_000;

/** The pages of the console: assets as they are, and one document for every address of a screen. */
export async function staticFiles(app: FastifyInstance): Promise<void> {
  let built: Promise<void> | undefined;
  const ready = () => {
    built ??= buildWhenStale();
    built.catch(() => {
      built = undefined; // the next visitor tries again
    });
    return built;
  };
  await app.register(fastifyStatic, { root: FOLDER, serve: false, decorateReply: true });
  app.get('/console', async (_, reply) => reply.redirect('/console/'));
  app.get<{ Params: { '*': string } }>('/console/*', async (request, reply) => {
    await ready();
    const path = request.params['*'];
    reply.headers({ 'content-security-policy': CONTENT_SECURITY_POLICY, 'referrer-policy': 'no-referrer' });
    const isFile = /\.\w+$/.test(path) && !path.includes('..') && existsSync(join(FOLDER, path));
    if (!isFile && path.startsWith('assets/')) return reply.callNotFound();
    if (isFile && path.startsWith('assets/')) {
      reply.header('cache-control', 'public, max-age=31536000, immutable');
      return reply.sendFile(path, { cacheControl: false });
    }
    return reply.sendFile(isFile ? path : 'index.html', { cacheControl: false });
  });
}

/** A release carries what was built; sources are built beside the first visit, when nothing newer than they is there. */
async function buildWhenStale(): Promise<void> {
  if (!existsSync(SOURCES) || builtAt() >= newestIn(SOURCES)) return;
  const [vite, config] = [join('node_modules', 'vite', 'bin', 'vite.js'), join('web', 'vite.config.ts')];
  await promisify(execFile)(process.execPath, [vite, 'build', '-c', config, '--logLevel', 'warn'], {
    cwd: ownPackage.root,
    timeout: BUILD_MS,
  });
}

function builtAt(): number {
  const index = join(FOLDER, 'index.html');
  return existsSync(index) ? statSync(index).mtimeMs : 0;
}

function newestIn(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Math.max(0, ...entries.map(({ parentPath, name }) => statSync(join(parentPath, name)).mtimeMs));
}
