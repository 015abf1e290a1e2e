/** Lengths that requests may have where a contract gives none. A guard (`test/guards/bounds.test.ts`) holds every schema against having one. */
export const MAX_LENGTH = {
  /** A UUID with its dashes. */
  uuid: 36,
  /** RFC 3339, with a fraction and an offset. */
  instant: 64,
  /** A name, a label for people, a word. */
  name: 255,
  /** A key or value that is compared with what hosts say. */
  value: 1_024,
  /** An id in a path; the router takes no longer one. */
  pathId: 1_024,
  /** A filter of a list, with its alternatives, and an opaque position. */
  filter: 4_096,
  /** A script. */
  script: 1_048_576,
} as const;

/** Entries of lists and maps. */
export const MAX_ITEMS = {
  /** Ids or names of what an order is for. */
  targets: 10_000,
  /** What one entry is given, such as its keys. */
  parts: 100,
} as const;
