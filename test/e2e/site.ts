import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Ready } from '#test/support/installation.ts';
import { siteDoorVariable } from './shared-site.ts';

export interface Site {
  readonly ready: Ready;
  readonly dataDir: string;
}

/** The controller and daemons that all tests here share; the first one who asks waits for their start. */
export const sharedSite = (): Promise<Site> => ask<Site>('/state');

export const killController = (): Promise<object> => ask('/kill');
export const startController = (): Promise<Site> => ask<Site>('/start');
export const nodesConnected = (): Promise<Site> => ask<Site>('/nodes-connected');

/** The person of the issuer agrees from now on, whenever a browser comes there. */
export const adaSignsIn = (): Promise<Site> => ask('/ada-signs-in');
/** And refuses the next time. */
export const adaSaysNo = (): Promise<Site> => ask('/ada-says-no');

async function ask<Answer>(path: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  request({ socketPath: process.env[siteDoorVariable], path }, async (response) => {
    const body = await text(response);
    if (response.statusCode === 200)
      resolve(JSON.parse(body) as Answer); // what shared-site.ts answers
    else reject(new Error(body));
  })
    .on('error', reject)
    .end();
  return promise;
}
