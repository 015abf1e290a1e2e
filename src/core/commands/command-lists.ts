import { joinSql, type Sql, sql } from '../kernel/sql.ts';
import { choice, flag, instant, integer, type List, special, text, uuid } from '../lists/fields.ts';
import { readAlternatives } from '../lists/wildcard.ts';
import { COMMAND_STATUSES, exitCodeSql, hasOutputSql, hasStatus, outputSql, statusSql } from './command.ts';

const TIMEOUT = sql`(runs.policy ->> 'timeoutMs')::bigint`;

/** What commands can be filtered and ordered by (seed 001). A command never changes, so it was updated when it was made. */
export const commandList: List = {
  from: sql`runs`,
  id: sql`runs.id`,
  joins: {},
  fields: {
    command_text: text(sql`(runs.args ->> 'script')`),
    has_timeout: flag(sql`${TIMEOUT} is not null`),
    has_expired_at: flag(sql`runs.deadline_at is not null`),
    timeout: integer(TIMEOUT, { minimum: 1, offers: 'range', isSortable: true, isNullable: true }),
    expired_at: instant(sql`runs.deadline_at`, { isSortable: true, isNullable: true }),
    inserted_at: instant(sql`runs.created_at`, { isSortable: true }),
    updated_at: instant(sql`runs.created_at`, { isSortable: true }),
  },
};

const NODE = 'node';

const isCompleted = sql`(${statusSql} = 'completed' or (executions.outcome = 'cancelled' and executions.sent_at is not null))`;

/** What executions of commands can be filtered and ordered by (seed 001). */
export const commandExecutionList: List = {
  from: sql`executions join runs on runs.id = executions.run_id and runs.kind = 'command'`,
  id: sql`executions.id`,
  joins: {
    [NODE]: sql`left join nodes on nodes.id = executions.node_id left join clusters on clusters.id = nodes.cluster_id`,
  },
  fields: {
    status: choice(statusSql, COMMAND_STATUSES, { isSortable: true, condition: hasStatus }),
    target_all: flag(sql`(runs.view -> 'isForAll') = 'true'`),
    exit_code: integer(exitCodeSql, { minimum: 0, isSortable: true, isNullable: true }),
    has_output: flag(hasOutputSql),
    command_id: uuid(sql`executions.run_id`),
    node_id: uuid(sql`executions.node_id`),
    output: special(outputCondition),
    cluster_name: text(sql`clusters.name`, { join: NODE }),
    has_cluster: flag(sql`runs.view ->> 'clusterName' is not null`),
    inserted_at: instant(sql`executions.created_at`, { isSortable: true }),
    updated_at: instant(sql`executions.updated_at`, { isSortable: true }),
    sent_at: instant(sql`executions.sent_at`, { isSortable: true, isNullable: true }),
    completed_at: instant(sql`case when ${isCompleted} then executions.finished_at end`, {
      isSortable: true,
      isNullable: true,
    }),
    cancelled_at: instant(sql`case when ${statusSql} = 'cancelled' then executions.finished_at end`, {
      isSortable: true,
      isNullable: true,
    }),
  },
};

/**
 * Output is bytes, which need not be text: they are compared in PostgreSQL's escape form, in which everything beyond
 * ASCII and the backslash is an octal number, and so is the pattern. Case is ignored for ASCII letters.
 */
function outputCondition(value: string): Sql {
  const escaped = sql`encode(${outputSql}, 'escape')`;
  const { exact, patterns } = readAlternatives(value);
  const equal = exact.map((one) => sql`${outputSql} = ${Buffer.from(one)}::bytea`);
  const alike = patterns.map((one) => sql`lower(${escaped}) like lower(${escapePattern(one)})`);
  return sql`(${joinSql([...equal, ...alike], ' or ')})`;
}

/** A `like` pattern over text as one over the escape form of its bytes; `%`, `\_` and the like stay what they are. */
function escapePattern(pattern: string): string {
  return pattern.replace(/\\\\|[^ -~]+/gu, (part) => {
    if (part === '\\\\') return '\\\\\\\\';
    return [...Buffer.from(part)]
      .map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : `\\\\${byte.toString(8)}`))
      .join('');
  });
}
