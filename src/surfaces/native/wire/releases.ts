import Type from 'typebox';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { pageOf } from './pages.ts';
import { Nullable, Timestamp, Uuid } from './shapes.ts';

export const ReleasePath = Type.Object({ release_id: Type.String({ maxLength: MAX_LENGTH.uuid }) });

export const AnnounceRelease = Type.Object(
  {
    signature: Type.String({
      minLength: 1,
      maxLength: 16_384,
      description: 'The .minisig file of the bundle: it says what the release is.',
    }),
  },
  { title: 'AnnounceRelease' },
);

export const Release = Type.Object(
  {
    id: Uuid,
    kind: Type.Union([Type.Literal('node'), Type.Literal('full')], { description: 'For nodes, or with the database.' }),
    version: Type.String(),
    platform: Type.String({ description: 'As Node calls it: linux-x64.' }),
    counter: Type.Integer({ description: 'Only rises: no node goes below its own.' }),
    protocols: Type.Array(Type.Integer(), { description: 'Versions of the node protocol that it speaks.' }),
    size_bytes: Type.Integer(),
    sha256: Type.String(),
    signature: Type.String({ description: 'The .minisig file.' }),
    published_by: Type.String({ description: 'Name of the key.' }),
    announced_at: Timestamp,
    published_at: Nullable(Timestamp),
    withdrawn_at: Nullable(Timestamp),
  },
  { title: 'Release' },
);

export const ReleasePage = pageOf(Release, 'ReleasePage');

export const SetReleaseKey = Type.Object(
  {
    public_key: Type.String({
      minLength: 1,
      maxLength: MAX_LENGTH.value,
      description: 'The .pub file of minisign, or its second line.',
    }),
  },
  { title: 'SetReleaseKey' },
);

export const ReleaseKey = Type.Object(
  {
    public_key: Type.String(),
    set_at: Timestamp,
    set_by: Type.String({ description: 'Name of the key that set it.' }),
  },
  { title: 'ReleaseKey' },
);
