import Type from 'typebox';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { pattern } from '#surfaces/http/pattern-words.ts';
import { Page } from './pages.ts';
import { Nullable, Uuid } from './shapes.ts';

export const AuditQuery = Type.Object({
  subject: Type.Optional(Type.String({ maxLength: MAX_LENGTH.value, description: 'Who: key id, token subject.' })),
  action: Type.Optional(Type.String({ maxLength: MAX_LENGTH.value, description: 'What: `host.revoke`.' })),
  object: Type.Optional(Type.String({ maxLength: MAX_LENGTH.value, description: 'To what.' })),
  ...Page,
});

export const AuditRow = Type.Object(
  {
    id: Uuid,
    position: Type.Integer({ minimum: 1, description: 'In the chain of the tenant, without gaps.' }),
    at: Type.String({ format: 'date-time' }),
    subject: Type.String(),
    action: Type.String(),
    object: Nullable(Type.String()),
    address: Nullable(Type.String()),
    outcome: Type.String({ description: '`ok`, or the code of the refusal.' }),
    request_id: Type.String(),
    facts: Type.Record(Type.String(), Type.Unknown()),
    kind: Type.Enum(['keyed', 'unkeyed'], {
      description: 'How the hash was made: HMAC-SHA-256 with a key of the tenant, or SHA-256 in rows from before.',
    }),
    hash: Type.String({ description: 'Over the hash of the row before and every field of this one, hex.' }),
  },
  { title: 'AuditRow' },
);

const AuditHead = Type.Object(
  {
    position: Type.Integer({ minimum: 0 }),
    hash: Type.String({ description: 'Hex. 64 zeros at position 0.' }),
  },
  {
    title: 'AuditHead',
    description: 'Where the log ends. Kept elsewhere, it shows later whether the log was touched.',
  },
);

export const AuditPage = Type.Object(
  { items: Type.Array(AuditRow), next_cursor: Nullable(Type.String()), head: AuditHead },
  { title: 'AuditPage' },
);

export const AuditExportQuery = Type.Object({
  after: Type.Integer({ minimum: 0, maximum: 1e15, default: 0, description: 'Position behind which to begin.' }),
  limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 1_000 }),
});

export const AuditExport = Type.Object(
  {
    tenant_id: Uuid,
    after: AuditHead,
    items: Type.Array(AuditRow, { description: 'In the order of the chain.' }),
    head: AuditHead,
  },
  { title: 'AuditExport' },
);

export const AuditVerificationQuery = Type.Object({
  since: Type.Optional(
    Type.String({
      maxLength: 80,
      pattern: pattern('^[0-9]{1,15}:[0-9a-fA-F]{64}$', 'a position, a colon and 64 hex digits'),
      description: 'POSITION:HASH of a head that was kept: the log must still hold it. Default: from the beginning.',
    }),
  ),
});

export const AuditVerification = Type.Object(
  {
    is_intact: Type.Boolean(),
    rows: Type.Integer({ minimum: 0, description: 'Rows whose hashes hold.' }),
    unkeyed_rows: Type.Integer({
      minimum: 0,
      description:
        'Of these, rows of the time before keys: what was changed in them before they were sealed is not found.',
    }),
    broken_at: Nullable(Type.Integer({ description: 'First position that was changed, removed or put in.' })),
    reason: Nullable(
      Type.Enum(['changed', 'removed', 'unkeyed', 'replaced', 'cut'], {
        description:
          '`changed`: not what was written; `removed`: not there; `unkeyed`: without the hash of a key where it must have one; ' +
          '`replaced`: not the row of the head in `since`; `cut`: the log ends before that head.',
      }),
    ),
    head: AuditHead,
  },
  { title: 'AuditVerification' },
);
