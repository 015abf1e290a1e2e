/** What one call of `garrison controller update` is asked to do. */
export interface UpdateControllerOptions {
  readonly bundle: string;
  /** As commander gives them: those that say which controller is meant. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: NodeJS.ProcessEnv;
  /** Pins it, where none is pinned. */
  readonly releaseKey: string | undefined;
  /** How long the new release may take until it is ready. */
  readonly readyWithinMs: number;
  /** How long others are waited for. */
  readonly turnWithinMs: number;
  /** Migrations are applied that there is no way back from. */
  readonly isOneWay: boolean;
  /** Restarts a controller that no supervisor of ours keeps running; undefined where none was named. */
  readonly restartService: (() => Promise<void>) | undefined;
  readonly tell: (what: string) => void;
  readonly signal: AbortSignal;
}
