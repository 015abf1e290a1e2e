import { notFound } from '#core/kernel/fleet-error.ts';
import { parseId } from '#core/kernel/ids.ts';
import {
  allReleases,
  announceRelease,
  getRelease,
  getReleaseKey,
  setReleaseKey,
  storeRelease,
  withdrawRelease,
} from '#core/releases/publish-release.ts';
import type { Release as CoreRelease, ReleaseId } from '#core/releases/release.ts';
import { callers, masterOnly } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { writePage } from '../mapping/pages.ts';
import { writeRelease, writeReleaseKey } from '../mapping/releases.ts';
import { PageQuery } from '../wire/pages.ts';
import { AnnounceRelease, Release, ReleaseKey, ReleasePage, ReleasePath, SetReleaseKey } from '../wire/releases.ts';

const tags = ['Releases'];
const shared = { tags, isExtension: true, principals: masterOnly } as const;
/** What nodes can be brought to is no secret of the installation; publishing is its own business. */
const reading = { ...shared, principals: callers, scope: 'garrison.releases.read' } as const;
const MOST_BYTES_OF_BUNDLE = 2 ** 31;

/** Versions of the program for the nodes of every tenant: the installation's own business. */
export const releaseOperations = [
  defineOperation({
    ...shared,
    method: 'POST',
    path: '/v1/releases',
    operationId: 'announceRelease',
    summary: 'Announce a release by its signature',
    description:
      'The signature says what the release is, and is verified with the release key. The bundle is sent next; until then nobody is brought to it.',
    auditAction: 'release.announce',
    body: AnnounceRelease,
    responses: { 201: { description: 'Its bundle is awaited.', schema: Release } },
    errors: ['invalid', 'conflict', 'too_large', 'unavailable'],
    isIdempotent: true,
    async handler(ctx, { releases }, { body }) {
      const release = await announceRelease(ctx, releases, body.signature);
      return { status: 201, body: writeRelease(release), audit: auditOf(release) };
    },
  }),

  defineOperation({
    ...shared,
    method: 'PUT',
    path: '/v1/releases/{release_id}/bundle',
    operationId: 'storeRelease',
    summary: 'Send the bundle of a release, and publish it',
    description: 'Size and SHA-256 are those that are signed. What broke off is sent again from its beginning.',
    auditAction: 'release.publish',
    params: ReleasePath,
    bodyStream: { contentType: 'application/octet-stream', maxBytes: MOST_BYTES_OF_BUNDLE },
    responses: { 200: { description: 'Published.', schema: Release } },
    errors: ['not_found', 'conflict', 'invalid', 'unavailable'],
    async handler(ctx, { releases }, { params, stream }) {
      const content = stream ?? (async function* () {})();
      const release = await storeRelease(ctx, releases, { id: readReleaseId(params.release_id), content });
      return { status: 200, body: writeRelease(release), audit: auditOf(release) };
    },
  }),

  defineOperation({
    ...reading,
    method: 'GET',
    path: '/v1/releases',
    operationId: 'listReleases',
    summary: 'List releases',
    description: 'Published ones, the newest first, with those that were withdrawn. One page, 1,000 at most.',
    query: PageQuery,
    responses: { 200: { description: 'All of them.', schema: ReleasePage } },
    errors: [],
    handler: async (_ctx, { releases }) => ({
      status: 200,
      body: writePage({ items: await allReleases(releases), nextCursor: null }, writeRelease),
    }),
  }),

  defineOperation({
    ...reading,
    method: 'GET',
    path: '/v1/releases/{release_id}',
    operationId: 'getRelease',
    summary: 'Get a release',
    params: ReleasePath,
    responses: { 200: { description: 'The release.', schema: Release } },
    errors: ['not_found'],
    handler: async (_ctx, { releases }, { params }) => ({
      status: 200,
      body: writeRelease(await getRelease(releases, readReleaseId(params.release_id))),
    }),
  }),

  defineOperation({
    ...shared,
    method: 'POST',
    path: '/v1/releases/{release_id}/withdraw',
    operationId: 'withdrawRelease',
    summary: 'Withdraw a release',
    description: 'No node is brought to it any more; those that run it go on.',
    auditAction: 'release.withdraw',
    params: ReleasePath,
    responses: { 200: { description: 'Withdrawn.', schema: Release } },
    errors: ['not_found', 'conflict'],
    async handler(ctx, { releases }, { params }) {
      const release = await withdrawRelease(ctx, releases, readReleaseId(params.release_id));
      return { status: 200, body: writeRelease(release), audit: auditOf(release) };
    },
  }),

  defineOperation({
    ...reading,
    method: 'GET',
    path: '/v1/release_key',
    operationId: 'getReleaseKey',
    summary: 'Get the public key that releases are signed with',
    responses: { 200: { description: 'The key.', schema: ReleaseKey } },
    errors: ['not_found'],
    handler: async (_ctx, { releases }) => ({ status: 200, body: writeReleaseKey(await getReleaseKey(releases)) }),
  }),

  defineOperation({
    ...shared,
    method: 'PUT',
    path: '/v1/release_key',
    operationId: 'setReleaseKey',
    summary: 'Set the public key that releases are signed with',
    description: 'Nodes that join from now on keep it; those that have one keep theirs until a release brings another.',
    auditAction: 'release_key.set',
    body: SetReleaseKey,
    responses: { 200: { description: 'The key.', schema: ReleaseKey } },
    errors: ['invalid'],
    async handler(ctx, { releases }, { body }) {
      const key = await setReleaseKey(ctx, releases, body.public_key);
      return { status: 200, body: writeReleaseKey(key), audit: { facts: { publicKey: key.publicKey } } };
    },
  }),
];

function readReleaseId(text: string): ReleaseId {
  const id = parseId<ReleaseId>(text);
  if (id === undefined) throw notFound('release');
  return id;
}

function auditOf({ id, version, platform, counter, sha256 }: CoreRelease) {
  return { object: id, facts: { version, platform, counter, sha256 } };
}
