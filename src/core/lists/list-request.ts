import type { TextPattern } from '../kernel/text-pattern.ts';

/** One thing a row has to satisfy; all of them together decide. Fields have the names that the list in core gives them. */
export type Condition =
  | { readonly field: string; readonly is: 'equal'; readonly value: string | number | boolean }
  | { readonly field: string; readonly is: 'atLeast' | 'atMost'; readonly value: string | number }
  | { readonly field: string; readonly is: 'like'; readonly anyOf: readonly TextPattern[] };

export interface Ordering {
  readonly field: string;
  readonly direction: 'asc' | 'desc';
}

/** What a caller asks of a list that is walked by page number, read and checked by the surface. */
export interface ListRequest {
  readonly conditions: readonly Condition[];
  readonly order: readonly Ordering[];
  readonly page: number;
  readonly pageSize: number;
}
