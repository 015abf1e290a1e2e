/** Whoever is told of a failure, and fails itself, must not end what goes on after each failure: Node is told of that. */
export function tellFailure(onFailure: ((error: unknown) => void) | undefined, error: unknown): void {
  try {
    onFailure?.(error);
  } catch (fault) {
    process.emitWarning(fault instanceof Error ? fault : String(fault));
  }
}
