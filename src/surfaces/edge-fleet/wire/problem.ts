import { Type } from 'typebox';

export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  code: Type.String({ description: 'Stable.' }),
  request_id: Type.String(),
  errors: Type.Optional(
    Type.Array(
      Type.Object({
        pointer: Type.Optional(Type.String({ description: 'JSON Pointer into the body.' })),
        parameter: Type.Optional(Type.String({ description: 'Of the query.' })),
        detail: Type.String(),
      }),
      { description: 'Everything that is wrong with the request.' },
    ),
  ),
});
