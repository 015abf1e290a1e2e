/** What clients keep in an error. */
export interface Cause {
  readonly message: string;
  /** Undefined where it is a number, as those of MQTT and gRPC are: its message says it in words. */
  readonly code: string | undefined;
  readonly apiId: string | undefined;
}

/** An error of a client, and those that it was made of, however they are kept in it; outermost first. */
export function causesOf(error: unknown, depth = 0): Cause[] {
  if (!(error instanceof Error) || depth > 8) return [];
  const { code, apiId, errors } = error as { code?: unknown; apiId?: unknown; errors?: unknown }; // of any client
  const inner = [...(Array.isArray(errors) ? errors : []), error.cause];
  return [
    { message: error.message, code: textOf(code), apiId: textOf(apiId) },
    ...inner.flatMap((cause) => causesOf(cause, depth + 1)),
  ];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
