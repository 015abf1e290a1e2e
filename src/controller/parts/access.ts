import { join } from 'node:path';
import { KeyRing } from '#core/access/key-ring.ts';
import { KeyUseRecorder } from '#core/access/key-use-recorder.ts';
import { AuditWriter } from '#core/audit/audit-writer.ts';
import { ConsoleSessions } from '#core/console/console-sessions.ts';
import { IdempotencyStore } from '#core/idempotency/idempotency-store.ts';
import type { Clock } from '#core/kernel/clock.ts';
import type { TenantId } from '#core/kernel/ids.ts';
import type { Database } from '#core/kernel/sql.ts';
import { AuditCheckpoints } from '../audit/audit-checkpoints.ts';
import type { ControllerSecrets } from '../secrets.ts';
import type { ServiceStack } from '../service-stack.ts';
import { makeSignIn } from '../sign-in.ts';
import type { Base } from './base.ts';
import type { ControllerTelemetry } from './telemetry.ts';

export interface AccessNeeds extends Base {
  readonly db: Database;
  readonly clock: Clock;
  readonly secrets: ControllerSecrets;
  readonly systemTenantId: TenantId;
  readonly telemetry: ControllerTelemetry;
}

export type AccessPart = Awaited<ReturnType<typeof startAccess>>;

/** Who calls, what is written down about it, and which answers are kept. */
export async function startAccess(stack: ServiceStack, needs: AccessNeeds) {
  const { config, db, log, onFailure, clock, secrets, systemTenantId, telemetry } = needs;
  const audit = await stack.start(
    'audit',
    new AuditWriter({ db, log, clock, keys: secrets.auditKeys, onBatch: telemetry.observesBatches('audit') }),
  );
  const keyUses = await stack.start('uses of keys', new KeyUseRecorder(db));
  const keyRing = new KeyRing({
    db,
    clock,
    systemTenantId,
    configured: {
      master: secrets.masterKey,
      api: secrets.apiKey,
      metrics: secrets.metricsKey,
      proxy: secrets.proxyKey,
    },
    onUse: keyUses.record,
  });
  const sessions = new ConsoleSessions({ db, clock, keyRing, onFailure });
  const signIn = makeSignIn({ db, clock, keyRing, sessions, issuers: config.oidcIssuers });
  const idempotency = new IdempotencyStore({ db, clock, sealer: secrets.sealer });
  const file = config.auditCheckpointFile ?? join(config.dataDir, 'audit-checkpoint.json');
  const checkpoints = new AuditCheckpoints({ db, keys: secrets.auditKeys, clock, log, file });
  return { audit, checkpoints, keyUses, keyRing, sessions, signIn, idempotency };
}
