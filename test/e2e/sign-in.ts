import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { BrowserContext } from 'playwright-core';
import { garrison } from '#test/support/program.ts';
import type { Site } from './site.ts';

/** Prints a link that signs in once. */
export async function consoleLink({ dataDir }: Pick<Site, 'dataDir'>): Promise<string> {
  const env = { ...process.env, GARRISON_PROFILE: `${dataDir}/profile.json` };
  const { stdout } = await promisify(execFile)(garrison, ['console', '--print'], { env });
  const link = /https?:\S+/.exec(stdout)?.[0];
  if (link === undefined) throw new Error(`no link: ${stdout}`);
  return link;
}

/** Gives the browser a session: of a link of the installation's own, or of a key. */
export async function signIn(context: BrowserContext, site: Pick<Site, 'ready' | 'dataDir'>, key?: string) {
  const data = key === undefined ? { link: await secretOfLink(site) } : { key };
  const origin = new URL(site.ready.api).origin;
  const headers = { 'sec-fetch-site': 'same-origin', origin };
  const answer = await context.request.post(`${origin}/console/api/session`, { data, headers });
  if (!answer.ok()) throw new Error(`no session: ${answer.status()} ${await answer.text()}`);
  return context.cookies();
}

async function secretOfLink(site: Pick<Site, 'dataDir'>): Promise<string> {
  return new URLSearchParams(new URL(await consoleLink(site)).hash.slice(1)).get('link') ?? '';
}
