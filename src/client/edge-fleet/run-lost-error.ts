/** The run goes on, but nobody here can see it any more. */
export class RunLostError extends Error {
  readonly runId: string | null;

  constructor(runId: string | null, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'RunLostError';
    this.runId = runId;
  }
}
