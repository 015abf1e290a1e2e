import { Type } from 'typebox';
import { MAX_TAG_LENGTH, MAX_TAGS } from '#core/nodes/tags.ts';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { clusterName, MAX_INT, nullable, nullableInstant, times, uuid } from './shapes.ts';

const keyFields = {
  name: Type.Optional(nullable(Type.String({ maxLength: MAX_LENGTH.value }), { description: 'Label for people' })),
  tags: Type.Optional(
    Type.Array(Type.String({ maxLength: MAX_TAG_LENGTH }), {
      maxItems: MAX_TAGS,
      description: 'Extension: what machines are tagged with when they join',
    }),
  ),
  uses_remaining: Type.Optional(
    nullable(Type.Integer({ minimum: 1, maximum: MAX_INT }), { description: 'Null: unlimited' }),
  ),
  expired_at: Type.Optional(nullableInstant('Null: never')),
};

/** `uses_remaining` left out means one use. */
export const EnrollmentKeyCreate = Type.Object(keyFields);

/** What is left out stays. */
export const EnrollmentKeyUpdate = Type.Object(keyFields);

export const EnrollmentKey = Type.Object({
  id: uuid('Enrolment key id'),
  cluster_name: clusterName('Cluster it lets nodes into'),
  key: Type.String({ description: 'Blob for ENROLLMENT_KEY of the host' }),
  name: nullable(Type.String(), { description: 'Label for people' }),
  tags: Type.Array(Type.String(), { description: 'Extension: what machines are tagged with when they join' }),
  uses_remaining: nullable(Type.Integer(), { description: 'Null: unlimited' }),
  expired_at: nullableInstant('Null: never'),
  last_used_at: nullableInstant('Null: not yet'),
  ...times,
});
