import type { PinDeps } from '#core/previews/pin.ts';
import { openPin, sealPin } from '#core/previews/pin.ts';
import type { ToolAnswer } from '../answer.ts';
import { type KnownOperation, nameOf, type OwnApi } from '../own-api.ts';
import { placementOf } from '../placement.ts';
import { closed, type McpTool, type McpToolCall, shaped, text } from '../tool.ts';

const OPERATION = 'mcp.api_call';
const MOST_FOUND = 8;

/** Every other operation by two tools: found by words, called by name. */
export function anyOperationTools(api: OwnApi, pins: PinDeps): readonly McpTool[] {
  const reachable: readonly Reachable[] = [...api.operations.values()].flatMap((known) => {
    const placement = placementOf(known);
    return placement.kind === 'never' ? [] : [{ name: nameOf(known), effect: placement.effect, ...known }];
  });
  return [
    {
      name: 'api_find',
      description: 'Finds operations of the APIs by words: name, summary and input of the best ones, for api_call.',
      effect: 'read',
      needs: [],
      input: closed({ words: text('What is to be done.') }, ['words']),
      run: async (_call, { words }) => {
        const wanted = String(words)
          .toLowerCase()
          .split(/\W+/)
          .filter((word) => word.length > 1);
        const scored = reachable.map((one) => ({ one, score: scoreOf(one, wanted) })).filter(({ score }) => score > 0);
        const best = scored.sort((left, right) => right.score - left.score).slice(0, MOST_FOUND);
        return { facts: { operations: best.map(({ one }) => describe(one)), of: reachable.length } };
      },
    },
    {
      name: 'api_call',
      description:
        'Calls an operation that api_find has named. What reads is answered at once; what changes answers with a preview and a pin first, and is done by api_call with that pin alone.',
      effect: 'run',
      needs: [],
      input: closed({
        operation: text('As api_find names it.'),
        input: { type: 'object', description: 'Parameters of path and query, and fields of the body, together.' },
        pin: text('In place of both: carries out what was previewed.', 4_096),
      }),
      async run(call, { operation, input = {}, pin }) {
        if (pin !== undefined) return carryOut(call, api, pins, String(pin));
        const known = reachable.find(({ name }) => name === operation);
        if (known === undefined)
          return refused(
            'unknown_operation',
            `there is no operation ${String(operation)} to be called`,
            'api_find names those there are.',
          );
        const given = input as Readonly<Record<string, unknown>>; // closed above
        if (known.effect === 'read') return send(call, api, known.name, given);
        const sealed = await sealPin(call.ctx, pins, OPERATION, { operation: known.name, input: given });
        return {
          facts: {
            preview: { operation: known.name, summary: known.operation.summary, input: given },
            pin: sealed.pin,
            expires_at: sealed.expiresAt,
            next: 'api_call with this pin does exactly this.',
          },
        };
      },
    },
  ];
}

interface Reachable extends KnownOperation {
  readonly name: string;
  readonly effect: 'read' | 'change';
}

function scoreOf(
  { name, operation: { summary, description = '', path } }: Reachable,
  wanted: readonly string[],
): number {
  const [head, body] = [`${name} ${summary} ${path}`.toLowerCase(), description.toLowerCase()];
  return wanted.reduce((sum, word) => sum + (head.includes(word) ? 3 : body.includes(word) ? 1 : 0), 0);
}

function describe({ name, effect, operation }: Reachable) {
  const { summary, description, params, query, body } = operation;
  return {
    operation: name,
    effect,
    summary,
    ...(description !== undefined && { description }),
    input: { ...fields(params), ...fields(query), ...fields(body) },
  };
}

/** Names with what they are; the whole schema would be too long. */
function fields(schema: object | undefined): Record<string, unknown> {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, { type?: string; description?: string; enum?: unknown }>;
    required?: string[];
  };
  return Object.fromEntries(
    Object.entries(properties).map(([name, { type = 'any', description, enum: words }]) => [
      required.includes(name) ? `${name} (required)` : name,
      [type, words && JSON.stringify(words), description].filter(Boolean).join('; '),
    ]),
  );
}

async function carryOut(call: McpToolCall, api: OwnApi, pins: PinDeps, pin: string): Promise<ToolAnswer> {
  const { content, hash, isExpired } = await openPin(call.ctx, pins, OPERATION, pin);
  if (isExpired) return refused('pin_expired', 'the pin has ended', 'api_call with operation and input makes another.');
  const { operation, input } = content as { operation: string; input: Readonly<Record<string, unknown>> }; // sealed by us
  return send(call, api, operation, input, hash.toString('hex'));
}

async function send(
  { call }: McpToolCall,
  api: OwnApi,
  name: string,
  input: Readonly<Record<string, unknown>>,
  key?: string,
): Promise<ToolAnswer> {
  const operation = api.find(name)?.operation;
  const of = (schema: object | undefined) =>
    Object.fromEntries(
      Object.entries(input).filter(([field]) =>
        Object.hasOwn((schema as { properties?: object } | undefined)?.properties ?? {}, field),
      ),
    );
  const params = Object.fromEntries(
    Object.entries(of(operation?.params)).map(([field, value]) => [field, String(value)]),
  );
  const query = of(operation?.query);
  const rest = Object.entries(input).filter(([field]) => !Object.hasOwn(params, field) && !Object.hasOwn(query, field));
  const answer = await call(name, {
    params,
    query,
    ...(operation?.body !== undefined && { body: Object.fromEntries(rest) }),
    ...(key !== undefined && operation?.isIdempotent === true && { idempotencyKey: key }),
  });
  return shaped(answer, (facts) => ({ facts: facts ?? { done: true } }));
}

function refused(code: string, message: string, next: string): ToolAnswer {
  return { facts: { code, message, next }, isError: true };
}
