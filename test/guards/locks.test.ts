/**
 * Every lock that somebody may wait for, and who. All of them end with their transaction, which a holder that stands still
 * does not keep: the server ends it after 5 s between statements (`session-settings.ts`), another controller in the middle
 * of one (`end-frozen-sessions.ts`). Locks that are passed over when they are taken (`skip locked`) make nobody wait.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, sourceFiles } from './source-imports.ts';

/** Where it is taken and which kind it is → who waits for it. */
const WAITED_FOR: Readonly<Record<string, string>> = {
  'adapters/postgres/migrate.ts pg_advisory_lock': 'controllers that start together, on a connection of its own',
  'controller/shared-keys.ts lock table sealed_secrets': 'controllers that start together',
  'core/approvals/store.ts for update': 'whoever decides about one approval',
  'core/runs/claim-budget.ts pg_advisory_xact_lock': 'starts by one token that has a budget of runs',
  'core/runs/held-runs.ts for update': 'whoever lets go of one held run',
  'core/releases/store.ts pg_advisory_xact_lock': 'whoever publishes releases, while counters are compared',
  'core/dispatches/ask-budget.ts for update': 'whoever asks about the budget of one dispatch',
  'core/artifacts/store.ts pg_advisory_xact_lock': 'uploads of one owner, while each is given its room',
  'core/audit/store.ts pg_advisory_xact_lock': 'writers of the audit chain of one tenant, tenants in ascending order',
  'core/certificates/store.ts pg_advisory_xact_lock': 'controllers that make or rotate an authority',
  'core/certificates/store.ts for no key update': 'writers of the revocation list of one authority',
  'core/clusters/overlay-address.ts for no key update': 'nodes of one cluster that get their first overlay address',
  'core/clusters/store.ts for update': 'changes of one cluster',
  'core/commands/store.ts for update': 'changes of one command',
  'core/days/store.ts pg_advisory_xact_lock': 'passes that make and drop days, for 250 ms at most',
  'core/dispatches/place-dispatches.ts for no key update': 'placements on one node',
  'core/enrolment/admit-node.ts for no key update': 'admissions of one node',
  'core/enrolment/store.ts for share': 'changes of a cluster that a node joins; joins do not wait for each other',
  'core/enrolment/store.ts for no key update': 'joins again of one node',
  'core/enrolment/store.ts pg_advisory_xact_lock': 'joins of one cluster that has a limit',
  'core/enrolment/token-keys.ts pg_advisory_xact_lock': 'controllers that make the first key of tokens',
  'core/events/cursor-store.ts for update': 'writers of how far destinations have come, in ascending order',
  'core/executions/feed-locks.ts pg_advisory_xact_lock':
    'writers of one run, and of one in 256 others, in ascending order',
  'core/executions/output-digests.ts for update': 'readers of the groups of one run, in ascending order',
  'core/nodes/store.ts for update': 'changes of one node',
  'core/outposts/store.ts for no key update': 'heartbeats and renewals of one outpost, in ascending order',
  'core/runs/store.ts for update': 'the coordinator of one run, with whoever ends its executions',
  'core/updates/store.ts for update': 'changes of one self-update request',
  'core/sessions/store.ts for update': 'sessions of one node that open at the same time, in ascending order',
  'core/tenants/claim-quota.ts pg_advisory_xact_lock': 'additions of one tenant and kind, near its bound',
  'core/tenants/claim-quota.ts pg_try_advisory_xact_lock_shared': 'nobody: it is left where it cannot be had',
  'core/tenants/store.ts for no key update': 'changes of one tenant',
  'core/workspaces/store.ts for update': 'whoever deletes a workspace, and whoever makes a dispatch that uses it',
};

const LOCK =
  /\b(pg_(?:try_)?advisory_(?:xact_)?lock(?:_shared)?)\(|\b(lock table \w+)|\b(for (?:no key )?(?:update|share))\b(?!(?: of \w+)? skip locked)/g;
const COMMENT = /^\s*(?:\*|\/\*|\/\/).*$/gm;

test('every lock that is waited for is listed with who waits, and nothing else is', () => {
  const found = sourceFiles().flatMap((file) => {
    const text = readFileSync(join(ROOT, 'src', file), 'utf8').replace(COMMENT, '');
    return [...text.matchAll(LOCK)].map(([, advisory, table, row]) => `${file} ${advisory ?? table ?? row}`);
  });
  expect([...new Set(found)].sort()).toEqual(Object.keys(WAITED_FOR).sort());
});
