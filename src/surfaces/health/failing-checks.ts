import { FleetError } from '#core/kernel/fleet-error.ts';
import type { HealthDeps } from './deps.ts';

/** Runs all checks at once; the names of those that fail, and a reason that gives nothing away. */
export async function failingChecks({
  checks,
  checkTimeoutMs = 5_000,
}: Pick<HealthDeps, 'checks' | 'checkTimeoutMs'>): Promise<Record<string, string>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await reasonOf(check, checkTimeoutMs)] as const),
  );
  return Object.fromEntries(results.filter(([, reason]) => reason !== undefined)) as Record<string, string>; // filtered here
}

async function reasonOf(check: () => Promise<void>, timeoutMs: number): Promise<string | undefined> {
  const { promise: tooLate, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve(`no answer within ${timeoutMs} ms`), timeoutMs);
  const answer = check().then(
    () => undefined,
    (error: unknown) => (error instanceof FleetError ? error.message : 'failed'),
  );
  return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
}
