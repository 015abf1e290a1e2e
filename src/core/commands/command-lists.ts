import { EXECUTION_STAGES, hasStage, stageSql } from '../executions/stage.ts';
import { joinSql, type Sql, sql } from '../kernel/sql.ts';
import { splitPatterns, type TextPattern } from '../kernel/text-pattern.ts';
import { choice, defineList, flag, instant, integer, text, uuid } from '../lists/fields.ts';
import { hasOutputSql, outputSql } from './command.ts';
import { exitCodeSql, type StandInExitCodes } from './exit-codes.ts';

const TIMEOUT = sql`(runs.policy ->> 'timeoutMs')::bigint`;

/** What commands can be filtered and ordered by. A command never changes, so it was updated when it was made. */
export const commandList = defineList({
  from: sql`runs`,
  id: sql`runs.id`,
  joins: {},
  fields: {
    text: text(sql`(runs.args ->> 'script')`),
    hasTimeout: flag(sql`${TIMEOUT} is not null`),
    hasDeadline: flag(sql`runs.deadline_at is not null`),
    timeoutMs: integer(TIMEOUT, { minimum: 1, offers: 'range', isSortable: true, isNullable: true }),
    deadlineAt: instant(sql`runs.deadline_at`, { isSortable: true, isNullable: true }),
    createdAt: instant(sql`runs.created_at`, { isSortable: true }),
    updatedAt: instant(sql`runs.created_at`, { isSortable: true }),
  },
});

const NODE = 'node';

const wasRunning = sql`(${stageSql} = 'ended' or (executions.outcome = 'cancelled' and executions.sent_at is not null))`;

/** What executions of commands can be filtered and ordered by. */
export function commandExecutionList(exitCodes: StandInExitCodes) {
  return defineList({
    from: sql`executions join runs on runs.id = executions.run_id and runs.kind = 'command'`,
    id: sql`executions.id`,
    joins: {
      [NODE]: sql`left join nodes on nodes.id = executions.node_id left join clusters on clusters.id = nodes.cluster_id`,
    },
    fields: {
      stage: choice(stageSql, EXECUTION_STAGES, { isSortable: true, condition: hasStage }),
      isForAll: flag(sql`(runs.view -> 'isForAll') = 'true'`),
      exitCode: integer(exitCodeSql(exitCodes), { minimum: 0, isSortable: true, isNullable: true }),
      hasOutput: flag(hasOutputSql),
      commandId: uuid(sql`executions.run_id`),
      nodeId: uuid(sql`executions.node_id`),
      output: text(outputSql, { condition: outputCondition }),
      clusterName: text(sql`clusters.name`, { join: NODE }),
      hasCluster: flag(sql`runs.view ->> 'clusterName' is not null`),
      createdAt: instant(sql`executions.created_at`, { isSortable: true }),
      updatedAt: instant(sql`executions.updated_at`, { isSortable: true }),
      sentAt: instant(sql`executions.sent_at`, { isSortable: true, isNullable: true }),
      endedAt: instant(sql`case when ${wasRunning} then executions.finished_at end`, {
        isSortable: true,
        isNullable: true,
      }),
      cancelledAt: instant(sql`case when ${stageSql} = 'cancelled' then executions.finished_at end`, {
        isSortable: true,
        isNullable: true,
      }),
    },
  });
}

/**
 * Output is bytes, which need not be text: they are compared in PostgreSQL's escape form, in which everything beyond
 * ASCII and the backslash is an octal number, and so is the pattern. Case is ignored for ASCII letters.
 */
function outputCondition(anyOf: readonly TextPattern[]): Sql {
  const escaped = sql`encode(${outputSql}, 'escape')`;
  const { exact, like } = splitPatterns(anyOf);
  const equal = exact.map((one) => sql`${outputSql} = ${Buffer.from(one)}::bytea`);
  const alike = like.map((one) => sql`lower(${escaped}) like lower(${escapePattern(one)})`);
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
