interface ClientError extends Error {
  readonly code?: string;
  readonly apiId?: string;
  readonly errors?: readonly unknown[];
}

/** An error of a client, and those that it was made of, however they are kept in it; outermost first. */
export function causesOf(error: unknown, depth = 0): ClientError[] {
  if (!(error instanceof Error) || depth > 8) return [];
  const one = error as ClientError;
  return [one, ...[...(one.errors ?? []), one.cause].flatMap((cause) => causesOf(cause, depth + 1))];
}
