/**
 * Core has words of its own. What a contract calls a field or a status is written down in its surface, totally; here no
 * such word stands in core outside of SQL. What is listed only shrinks.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { contractWords, type Word, wordsOfCore } from './wire-words.ts';

/** Where rows are read under the names of their columns, which contracts use too. */
const ROWS: readonly string[] = [
  'core/access/store.ts',
  'core/approvals/store.ts',
  'core/audit/store.ts',
  'core/dispatches/advance-dispatches.ts',
  'core/dispatches/fleet-figures.ts',
  'core/dispatches/node-report.ts',
  'core/dispatches/store.ts',
  'core/dispatches/workers.ts',
  'core/executions/store-deliveries.ts',
  'core/executions/store-reports.ts',
  'core/executions/store.ts',
  'core/runs/list-targets.ts',
  'core/runs/read-feed.ts',
  'core/runs/run-engine.ts',
  'core/runs/store.ts',
  'core/sessions/store.ts',
  'core/tenants/store.ts',
  'core/vault/store.ts',
  'core/workspaces/store.ts',
];

/** Words with an underscore that core has for itself, and why. */
const OWN_FIELDS: Readonly<Record<string, string>> = {
  timed_out: 'an outcome of an execution',
  not_started: 'an outcome of an execution',
  total_count: 'a column that every page of a list has',
  expires_at: 'the field of a refused key, as all surfaces that make keys spell it',
  ttl_seconds: 'the field of a refused enrolment token, as the only surface that makes them spells it',
  pinned_members: 'the field of a refused group, as the only surface that makes them spells it',
};

/** Words of closed sets of contracts that are core's own, and why. */
const OWN_CHOICES: Readonly<Record<string, readonly string[]>> = {
  'states and outcomes of executions and runs': [
    'running',
    'sent',
    'cancelled',
    'complete',
    'expired',
    'failed',
    'halted',
    'ok',
    'timed_out',
    'not_started',
    'timeout',
  ],
  'the life of a dispatch, which no other contract has': ['pending', 'provisioning', 'completing', 'success', 'fail'],
  'what a dispatch asks for, and what its log has': ['ephemeral', 'minimal', 'standard', 'full', 'debug', 'info'],
  'agents by the names of their programs': ['claude', 'codex', 'gemini', 'aider', 'grok'],
  'what a node is: its presence, its health, how its id came about': [
    'disconnected',
    'healthy',
    'unhealthy',
    'unreachable',
    'offline',
    'persistent',
    'random',
  ],
  'facts about an outpost; the last one told is in its row': ['inactive', 'cert_expired', 'deregistered', 'active'],
  'why somebody was not let in': ['invalid_key', 'key_expired', 'key_spent', 'node_limit_reached', 'verified'],
  'errors of ours and of the log': ['degraded', 'err', 'error', 'warn', 'unknown'],
  'nouns and plain names': ['all', 'clusters', 'nodes', 'output', 'password', 'workspace'],
};

const { fields, choices } = contractWords();
const ownChoices = new Set(Object.values(OWN_CHOICES).flat());
let words: Word[] = [];
beforeAll(() => {
  words = wordsOfCore();
});

describe('core says no', () => {
  test('field of a contract', () => {
    const found = words.filter(({ file, word }) => fields.has(word) && !ROWS.includes(file) && !(word in OWN_FIELDS));
    expect(found).toEqual([]);
  });

  test('status or other word of a closed set of a contract', () => {
    expect(words.filter(({ word }) => choices.has(word) && !ownChoices.has(word))).toEqual([]);
  });
});

test('what is listed is still there', () => {
  const said = new Set(words.map(({ word }) => word));
  const isUsed = (file: string) => words.some((one) => one.file === file && fields.has(one.word));
  expect(ROWS.filter((file) => !isUsed(file))).toEqual([]);
  expect(Object.keys(OWN_FIELDS).filter((word) => !said.has(word))).toEqual([]);
  expect([...ownChoices].filter((word) => !said.has(word) || !choices.has(word))).toEqual([]);
});

test('the words of the contracts and of core are found', () => {
  expect([...fields]).toEqual(expect.arrayContaining(['inserted_at', 'target_all', 'command_text']));
  expect([...choices]).toEqual(expect.arrayContaining(['pending', 'completed']));
  expect(words).toContainEqual({ file: 'core/executions/stage.ts', word: 'queued' });
});
