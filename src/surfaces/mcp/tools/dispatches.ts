import { createHash } from 'node:crypto';
import type { PinDeps } from '#core/previews/pin.ts';
import { openPin, sealPin } from '#core/previews/pin.ts';
import { refusalOf, type ToolAnswer } from '../answer.ts';
import { closed, count, type McpTool, nextAfterStart, shaped, text } from '../tool.ts';

const DISPATCH = text('Id of the dispatch: dsp_…');
const OPERATION = 'mcp.dispatch';

/** Tasks for coding agents. */
export function dispatchTools(pins: PinDeps): readonly McpTool[] {
  return [
    {
      name: 'dispatches_find',
      description: 'Dispatches (tasks for coding agents), newest first.',
      effect: 'read',
      needs: ['agent-dispatch.listDispatches'],
      input: closed({
        status: text('pending, running, success, failed …'),
        agent: text('Of this agent.'),
        limit: count('Default 20.', 100),
      }),
      run: async ({ call }, { limit = 20, ...query }) =>
        shaped(
          await call('agent-dispatch.listDispatches', { query: { limit, ...query } }),
          ({ data }: { data: unknown }) => ({ facts: data }),
        ),
    },
    {
      name: 'dispatch_get',
      description: 'One dispatch: state, usage, cost, and the end of its log.',
      effect: 'read',
      needs: ['agent-dispatch.getDispatch'],
      input: closed({ dispatch: DISPATCH }, ['dispatch']),
      run: async ({ call }, { dispatch }) =>
        shaped(
          await call('agent-dispatch.getDispatch', {
            params: { dispatchId: String(dispatch) },
            query: { logLimit: 100 },
          }),
          ({ data: { logs, ...facts } }: { data: { logs?: { entries?: { message: string }[] } } }) => ({
            facts,
            machines: logs?.entries?.length
              ? [{ from: 'the agent', text: logs.entries.map(({ message }) => message).join('\n') }]
              : [],
          }),
        ),
    },
    {
      name: 'dispatch_preview',
      description: 'Whether a task could be given, and a pin for dispatch_start, good for ten minutes. Starts nothing.',
      effect: 'plan',
      needs: ['agent-dispatch.createDispatch', 'agent-dispatch.getFleetHealth'],
      input: closed(
        {
          agent: text('claude, codex, gemini, grok, aider, or one of the operator.'),
          task: text('What it is to do.', 32_768),
          repo: text('owner/repo; without it an empty repository.'),
          branch: text('Default: main.'),
          model: text('Default: the agent’s own.'),
          timeoutSeconds: { type: 'integer', minimum: 30, maximum: 86_400 },
        },
        ['agent', 'task'],
      ),
      async run({ call, ctx }, input) {
        const health = await call('agent-dispatch.getFleetHealth');
        if (health.status >= 300) return refusalOf(health);
        const { pin, expiresAt } = await sealPin(ctx, pins, OPERATION, input);
        return { facts: { pin, expires_at: expiresAt, order: input, agents: health.body } };
      },
    },
    {
      name: 'dispatch_start',
      description: 'Gives exactly the task that was previewed, once.',
      effect: 'run',
      isOpenWorld: true,
      needs: ['agent-dispatch.createDispatch'],
      input: closed({ pin: text('From dispatch_preview.', 4_096) }, ['pin']),
      async run({ call, ctx }, { pin }): Promise<ToolAnswer> {
        const { content, hash, isExpired } = await openPin(ctx, pins, OPERATION, String(pin));
        if (isExpired)
          return {
            facts: { code: 'pin_expired', message: 'the pin has ended', next: 'dispatch_preview makes another.' },
            isError: true,
          };
        const idempotencyKey = createHash('sha256').update(hash).digest('hex');
        return shaped(
          await call('agent-dispatch.createDispatch', { body: content, idempotencyKey }),
          ({ data }: { data: { approval?: string } }) => ({
            facts: { ...data, next: nextAfterStart(data.approval, 'dispatch_get tells how it goes.') },
          }),
        );
      },
    },
    {
      name: 'dispatch_cancel',
      description: 'Ends a dispatch: its processes are ended.',
      effect: 'stop',
      needs: ['agent-dispatch.cancelDispatch'],
      input: closed({ dispatch: DISPATCH, reason: text('Why.', 500) }, ['dispatch']),
      run: async ({ call }, { dispatch, reason }) =>
        shaped(
          await call('agent-dispatch.cancelDispatch', {
            params: { dispatchId: String(dispatch) },
            body: reason === undefined ? {} : { reason },
          }),
          ({ data }: { data: unknown }) => ({ facts: data }),
        ),
    },
  ];
}
