/**
 * What is written in the audit log of tools: every call that acted and every one that was refused, with the client that sent it.
 * What a tool has called is written by the operations themselves; the entry names their requests.
 */
import { createHash } from 'node:crypto';
import type { AuditEntry } from '#core/audit/audit-trail.ts';
import type { Context } from '#core/kernel/context.ts';
import { fieldsOf, printable, type ToolAnswer } from './answer.ts';
import type { McpCaller } from './door.ts';
import type { McpTool } from './tool.ts';

/** As it calls itself. */
export interface McpClient {
  readonly name: string;
  readonly version: string | undefined;
}

export interface AuditedCall {
  readonly tool: McpTool;
  readonly input: Readonly<Record<string, unknown>>;
  readonly answer: ToolAnswer;
  readonly client: McpClient;
  /** The trace that the client's work belongs to (W3C). */
  readonly trace: string | undefined;
  /** Ids of the requests it was made of. */
  readonly requests: readonly string[];
}

const ACTION = 'mcp.call';
const MOST_CHARACTERS = 100;
/** A wait looks many times. */
export const MOST_REQUESTS = 8;

/** Clients of 2025 name themselves in a request of their own, which nothing here remembers: then it is the program that sent it. */
export function clientOf(info: unknown, userAgent: string | null | undefined): McpClient {
  const { name, version } = fieldsOf(info);
  if (typeof name === 'string')
    return { name: short(name), version: typeof version === 'string' ? short(version) : undefined };
  return { name: short(userAgent ?? 'unknown'), version: undefined };
}

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Clients say it in `_meta` of a request, or as the header. */
export function traceOf(meta: unknown, header: string | null | undefined): string | undefined {
  const said = [fieldsOf(meta).traceparent, header];
  return said.find((one): one is string => typeof one === 'string' && TRACEPARENT.test(one));
}

export function isAudited({ effect }: McpTool, { pin }: AuditedCall['input'], { isError }: ToolAnswer): boolean {
  if (effect === 'read') return false;
  return effect === 'stop' || pin !== undefined || isError === true;
}

export function entryOf(
  { clock, requestId }: Context,
  { principal, address }: McpCaller,
  { tool, input, answer, client, trace, requests }: AuditedCall,
): AuditEntry {
  const { code, run, approval, operation } = { ...fieldsOf(answer.facts), operation: input.operation } as Record<
    string,
    unknown
  >;
  return {
    tenantId: principal.tenantId,
    subject: principal.subject,
    action: ACTION,
    object: tool.name,
    address,
    outcome: answer.isError === true ? String(code ?? 'refused') : 'ok',
    requestId,
    facts: {
      caller: principal.name,
      client: client.name,
      ...(client.version !== undefined && { clientVersion: client.version }),
      ...(typeof input.pin === 'string' && { pin: createHash('sha256').update(input.pin).digest('hex') }),
      ...(typeof operation === 'string' && { operation: short(operation) }),
      ...(typeof run === 'string' && { run }),
      ...(typeof approval === 'string' && { approval }),
      ...(trace !== undefined && { traceparent: trace }),
      requests,
    },
    at: clock.now(),
  };
}

function short(text: string): string {
  return printable(text).slice(0, MOST_CHARACTERS);
}
