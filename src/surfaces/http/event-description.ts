import type { TSchema } from 'typebox';

/** One type of event, for the documents. */
export interface EventDescription {
  /** `edge.node.registered` */
  readonly type: string;
  readonly summary: string;
  /** The schema of `data`; has a title. */
  readonly payload: TSchema;
  /** One that fits it. */
  readonly example: object;
}
