import type { Context } from '#core/kernel/context.ts';
import { refusalOf, type ToolAnswer } from './answer.ts';
import type { ApiAnswer, OperationInput } from './own-api.ts';

/** read: looks. plan: makes a pin. run: acts by a pin, for good. stop: ends what runs. */
export type Effect = 'read' | 'plan' | 'run' | 'stop';

export interface McpToolCall {
  readonly ctx: Context;
  readonly signal: AbortSignal;
  call(operation: string, input?: OperationInput): Promise<ApiAnswer>;
  /** Tells how far it is, where the client has asked for it. */
  progress(done: number, total: number, message: string): Promise<void>;
}

export interface McpTool {
  readonly name: string;
  readonly description: string;
  readonly effect: Effect;
  /** Acts beyond this installation: what it starts reaches the world. */
  readonly isOpenWorld?: boolean;
  /** Whoever may not call these does not see the tool. */
  readonly needs: readonly string[];
  /** JSON Schema, closed. */
  readonly input: Readonly<Record<string, unknown>>;
  run(call: McpToolCall, input: Readonly<Record<string, unknown>>): Promise<ToolAnswer>;
}

/** How to go on after a start: what waits for somebody is approved by a person, never by a tool. */
export function nextAfterStart(approval: unknown, otherwise: string): string {
  if (typeof approval !== 'string') return otherwise;
  return `It waits until a person approves ${approval}: in the console under /console/approvals, or by garrison approvals approve ${approval}. ${otherwise}`;
}

export const text = (description: string, maxLength = 255) => ({
  type: 'string',
  minLength: 1,
  maxLength,
  description,
});
export const count = (description: string, maximum: number) => ({ type: 'integer', minimum: 1, maximum, description });

export function closed(properties: Readonly<Record<string, object>>, required: readonly string[] = []) {
  return { type: 'object', additionalProperties: false, properties, ...(required.length > 0 && { required }) };
}

/** `shape` of what was answered, or the refusal. */
export function shaped(answer: ApiAnswer, shape: (body: never) => ToolAnswer): ToolAnswer {
  return answer.status < 300 ? shape(answer.body as never) : refusalOf(answer); // as the operation's schema says
}
