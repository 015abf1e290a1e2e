/**
 * A model, imitated in the form of Anthropic, that calls three tools of MCP one after the other, each with what the one before has
 * answered, and then says so.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Message {
  readonly content: string | readonly { readonly type: string; readonly content?: unknown }[];
}

const TOOL = (name: string) => `mcp__garrison__${name}`;

export class ToolCaller {
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));
  /** Names of tools, in the order of their calls. */
  readonly called: string[] = [];

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // of a TCP server
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const piece of request) text += String(piece);
    if (request.method !== 'POST' || !/\/messages(\?|$)/.test(request.url ?? ''))
      return void response.writeHead(200, { 'content-type': 'application/json' }).end('{"input_tokens":1}');
    const {
      tools = [],
      messages,
      stream,
    } = JSON.parse(text) as {
      tools?: { name: string }[];
      messages: Message[];
      stream?: boolean;
    };
    const has = tools.some(({ name }) => name === TOOL('run_preview'));
    const call = has ? nextCall(resultsOf(messages)) : undefined;
    if (call !== undefined) this.called.push(call.name);
    if (stream !== true) {
      const body = { ...MESSAGE, content: [{ type: 'text', text: 'The run has ended.' }], stop_reason: 'end_turn' };
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of eventsOf(call, this.called.length))
      response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    response.end();
  }
}

interface Call {
  readonly name: string;
  readonly input: object;
}

/** What the tools have answered so far: the facts of each. */
function resultsOf(messages: readonly Message[]): Record<string, string>[] {
  return messages.flatMap(({ content }) =>
    typeof content === 'string'
      ? []
      : content.filter(({ type }) => type === 'tool_result').map(({ content: said }) => factsOf(said)),
  );
}

function factsOf(said: unknown): Record<string, string> {
  const first = Array.isArray(said) ? (said[0] as { text?: string }).text : said; // texts
  try {
    return JSON.parse(String(first));
  } catch {
    return {};
  }
}

function nextCall(results: readonly Record<string, string>[]): Call | undefined {
  const last = results.at(-1);
  if (last === undefined) return { name: TOOL('run_preview'), input: { on: 'all', command: 'echo hello from Claude' } };
  if (results.length === 1) return { name: TOOL('run_start'), input: { pin: last.pin } };
  if (results.length === 2) return { name: TOOL('run_wait'), input: { run: last.run } };
  return undefined;
}

const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 7, output_tokens: 3 },
};

function eventsOf(call: Call | undefined, turn: number) {
  const block = call
    ? { type: 'tool_use', id: `toolu_${turn}`, name: call.name, input: {} }
    : { type: 'text', text: '' };
  const delta = call
    ? { type: 'input_json_delta', partial_json: JSON.stringify(call.input) }
    : { type: 'text_delta', text: 'The run has ended.' };
  return [
    { type: 'message_start', message: MESSAGE },
    { type: 'content_block_start', index: 0, content_block: block },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: call ? 'tool_use' : 'end_turn', stop_sequence: null },
      usage: { output_tokens: 3 },
    },
    { type: 'message_stop' },
  ];
}
