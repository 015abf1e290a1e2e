/**
 * Providers of models, imitated: the forms of Anthropic, OpenAI (responses and chat) and Google, as far as agents ask. The
 * "model" runs one command in the agent's shell and says so; which turn it is, the tool results in the request tell.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Fields = Record<string, unknown>;
interface Tool {
  readonly name: string;
  readonly command: string;
  readonly isList: boolean;
}
interface Turn {
  readonly text: string;
  readonly call: { readonly name: string; readonly args: Fields } | undefined;
}

const SHELL = /^(bash|exec_command|shell|shell_command|run_shell_command|run_terminal_cmd|run_terminal_command)$/i;
const SAID = 'I have changed the files.';

export class ModelImitation {
  readonly #server: Server;
  readonly #command: string;
  readonly #key: string;
  /** For every request, whether the key was the right one. */
  readonly keys: boolean[] = [];

  constructor({ command, key }: { readonly command: string; readonly key: string }) {
    this.#command = command;
    this.#key = key;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

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
    const path = new URL(request.url ?? '/', 'http://model').pathname;
    const { headers } = request;
    const given = headers['x-api-key'] ?? headers['x-goog-api-key'] ?? headers.authorization?.replace('Bearer ', '');
    const isRight = given === this.#key;
    this.keys.push(isRight);
    if (!isRight) return json(response, 401, { error: { type: 'authentication_error', message: 'no such key' } });
    if (request.method !== 'POST') return json(response, 200, MODELS);
    const body = JSON.parse(text || '{}') as Fields; // agents send JSON
    const forms = [anthropic, responses, chat, google].find((one) => one.path.test(path));
    if (forms === undefined) return json(response, 200, { input_tokens: 1 });
    const tool = forms.tools(body).find(({ name }) => SHELL.test(name));
    const isFirst =
      tool !== undefined && !/"(tool_result|function_call_output|functionResponse)"|"role":"tool"/.test(text);
    const command = tool?.isList ? ['sh', '-c', this.#command] : this.#command;
    const call = isFirst ? { name: tool.name, args: { [tool.command]: command, description: 'x' } } : undefined;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of forms.events({ text: call ? '' : SAID, call }, String(body.model ?? 'm')))
      response.write(`${event.type ? `event: ${String(event.type)}\n` : ''}data: ${JSON.stringify(event)}\n\n`);
    if (forms === chat) response.write('data: [DONE]\n\n');
    response.end();
  }
}

const MODELS = {
  object: 'list',
  data: [{ id: 'grok-4.1', object: 'model', created: 1, owned_by: 'x' }],
  models: [],
};

const list = (value: unknown) => (Array.isArray(value) ? (value as Fields[]) : []);

function toolOf(name: unknown, schema: unknown): Tool {
  const properties = ((schema as Fields | undefined)?.properties ?? {}) as Record<string, Fields>;
  const command = Object.keys(properties).find((key) => /^(command|cmd)$/.test(key)) ?? 'command';
  return { name: String(name), command, isList: properties[command]?.type === 'array' };
}

const anthropic = {
  path: /\/messages$/,
  tools: (body: Fields) => list(body.tools).map((one) => toolOf(one.name, one.input_schema)),
  events: ({ text, call }: Turn, model: string): Fields[] => {
    const usage = { input_tokens: 700, cache_read_input_tokens: 500, output_tokens: 34 };
    const block = call ? { type: 'tool_use', id: 'toolu_1', name: call.name, input: {} } : { type: 'text', text: '' };
    const delta = call
      ? { type: 'input_json_delta', partial_json: JSON.stringify(call.args) }
      : { type: 'text_delta', text };
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model, content: [], stop_reason: null, usage };
    return [
      { type: 'message_start', message },
      { type: 'content_block_start', index: 0, content_block: block },
      { type: 'content_block_delta', index: 0, delta },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: call ? 'tool_use' : 'end_turn' }, usage },
      { type: 'message_stop' },
    ];
  },
};

const responses = {
  path: /\/responses$/,
  tools: (body: Fields) => list(body.tools).map((one) => toolOf(one.name, one.parameters)),
  events: ({ text, call }: Turn, model: string): Fields[] => {
    const content = [{ type: 'output_text', text, annotations: [] }];
    const item = call
      ? { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: call.name, arguments: JSON.stringify(call.args) }
      : { type: 'message', id: 'msg_1', status: 'completed', role: 'assistant', content };
    const usage = {
      input_tokens: 1200,
      input_tokens_details: { cached_tokens: 500 },
      output_tokens: 34,
      total_tokens: 1234,
    };
    const envelope = { id: 'resp_1', object: 'response', model, output: [item] };
    return [
      { type: 'response.created', response: { ...envelope, status: 'in_progress', output: [] } },
      { type: 'response.output_item.added', output_index: 0, item },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: { ...envelope, status: 'completed', usage } },
    ];
  },
};

const chat = {
  path: /\/chat\/completions$/,
  tools: (body: Fields) =>
    list(body.tools).map(({ function: one }) => toolOf((one as Fields).name, (one as Fields).parameters)),
  events: ({ text, call }: Turn, model: string): Fields[] => {
    const chunk = (delta: Fields, finish: string | null = null) => ({
      ...{ id: 'c_1', object: 'chat.completion.chunk', created: 1, model },
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
    const one = call && { name: call.name, arguments: JSON.stringify(call.args) };
    const calls = one && { tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: one }] };
    const usage = {
      prompt_tokens: 1200,
      prompt_tokens_details: { cached_tokens: 500 },
      completion_tokens: 34,
      total_tokens: 1234,
    };
    return [
      chunk({ role: 'assistant', content: text }),
      ...(calls ? [chunk(calls)] : []),
      chunk({}, call ? 'tool_calls' : 'stop'),
      { ...chunk({}), choices: [], usage },
    ];
  },
};

const google = {
  path: /:(streamGenerateContent|generateContent)$/,
  tools: (body: Fields) =>
    list(body.tools)
      .flatMap((one) => list(one.functionDeclarations))
      .map((one) => toolOf(one.name, one.parametersJsonSchema ?? one.parameters)),
  events: ({ text, call }: Turn, model: string): Fields[] => {
    const parts = call ? [{ functionCall: call }] : [{ text }];
    const usageMetadata = {
      promptTokenCount: 1200,
      cachedContentTokenCount: 500,
      candidatesTokenCount: 34,
      totalTokenCount: 1234,
    };
    const candidates = [{ content: { role: 'model', parts }, index: 0, finishReason: 'STOP' }];
    return [{ candidates, modelVersion: model, usageMetadata }];
  },
};

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
