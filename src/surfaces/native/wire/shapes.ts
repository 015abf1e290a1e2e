import Type from 'typebox';

/** UTC, whole seconds: as the org-outposts contract, whose neighbour this surface is. */
export const Timestamp = Type.String({
  title: 'Timestamp',
  format: 'date-time',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z$',
  description: 'UTC, whole seconds.',
});

export const Uuid = Type.String({ format: 'uuid' });

export const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
