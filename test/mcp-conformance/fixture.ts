/**
 * The tools, prompts and resources that the official suite of MCP asks a test server for, by the names and answers that it
 * looks for. The product has none of them.
 */
import { randomBytes } from 'node:crypto';
// The official SDK, as the product uses it.
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  createRequestStateCodec,
  fromJsonSchema,
  inputRequired,
  inputResponse,
  McpServer,
  ResourceTemplate,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { CONTACT_SCHEMA, DEFAULTS_FORM, ENUMS_FORM, formOf } from './forms.ts';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
const WAV = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=';

const states = createRequestStateCodec<string>({ key: randomBytes(32) });
const caching = { ttlMs: 60_000, scope: 'private' } as const;

const text = (said: string) => ({ type: 'text' as const, text: said });
const answer = (said: string) => ({ content: [text(said)] });
const image = { type: 'image' as const, data: PNG, mimeType: 'image/png' };
const resource = (uri: string, mimeType: string, said: string) => ({
  type: 'resource' as const,
  resource: { uri, mimeType, text: said },
});
const message = (content: ReturnType<typeof text> | typeof image | ReturnType<typeof resource>) => ({
  role: 'user' as const,
  content,
});
const input = (...names: readonly string[]) =>
  fromJsonSchema<Record<string, string>>({
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
    required: [...names],
  });

export function fixtureServer(): McpServer {
  const server = new McpServer(
    { name: 'garrison-test', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { listChanged: true, subscribe: true },
        completions: {},
        logging: {},
      },
      requestState: { verify: states.verify },
      cacheHints: {
        'tools/list': caching,
        'prompts/list': caching,
        'resources/list': caching,
        'resources/templates/list': caching,
        'resources/read': caching,
      },
    },
  );
  addContents(server);
  addMessages(server);
  addQuestions(server);
  addResources(server);
  addPrompts(server);
  server.server.setRequestHandler('completion/complete', async () => ({
    completion: { values: ['paris', 'park'], total: 2, hasMore: false },
  }));
  return server;
}

function addContents(server: McpServer): void {
  const tool = (name: string, content: object[]) =>
    server.registerTool(name, { description: `answers ${name}` }, async () => ({ content }) as never); // as the suite wants it
  tool('test_simple_text', [text('This is a simple text response for testing.')]);
  tool('test_image_content', [image]);
  tool('test_audio_content', [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }]);
  tool('test_embedded_resource', [
    resource('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
  ]);
  tool('test_multiple_content_types', [
    text('Multiple content types test:'),
    image,
    resource('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
  ]);
  server.registerTool('test_error_handling', { description: 'fails' }, async () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Tool with JSON Schema 2020-12 features', inputSchema: fromJsonSchema(CONTACT_SCHEMA as never) }, // a JSON Schema
    async () => answer('taken'),
  );
}

/** Tools that say something before they answer. */
function addMessages(server: McpServer): void {
  const tool = (name: string, run: (context: ServerContext) => Promise<unknown>) =>
    server.registerTool(name, { description: `answers ${name}` }, async (context) => {
      await run(context);
      return answer('done');
    });
  const logs = async ({ mcpReq }: ServerContext) => {
    for (const said of ['Tool execution started', 'Tool processing data', 'Tool execution completed'])
      await mcpReq.log('info', said);
  };
  tool('test_tool_with_logging', logs);
  tool('test_logging_tool', logs);
  const progress = async ({ mcpReq }: ServerContext) => {
    const progressToken = mcpReq._meta?.progressToken;
    if (progressToken === undefined) return;
    for (const done of [0, 50, 100])
      await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: done, total: 100 } });
  };
  tool('test_tool_with_progress', progress);
  tool('test_streaming_elicitation', progress);
  tool('test_trigger_tool_change', async () => server.sendToolListChanged());
  tool('test_trigger_prompt_change', async () => server.sendPromptListChanged());
}

/** Tools that ask the client something: by a request of their own in 2025, by their answer in 2026. */
function addQuestions(server: McpServer): void {
  const ask = (name: string, run: (context: ServerContext) => Promise<unknown>) =>
    server.registerTool(name, { description: `answers ${name}` }, async (context) => (await run(context)) as never); // of the SDK's builders
  const done = answer('complete');
  const nameForm = inputRequired.elicit(formOf('What is your name?', 'name'));
  const confirmForm = inputRequired.elicit(formOf('Please confirm', 'ok', 'boolean'));
  const sampled = (said: string) =>
    inputRequired.createMessage({ messages: [{ role: 'user', content: text(said) }], maxTokens: 100 });

  server.registerTool(
    'test_sampling',
    { description: 'asks a model', inputSchema: input('prompt') },
    async ({ prompt = '' }, { mcpReq }) => {
      const { content } = await mcpReq.send({
        method: 'sampling/createMessage',
        params: {
          messages: [{ role: 'user', content: text(prompt) }],
          maxTokens: 100,
        },
      });
      return answer(`LLM response: ${JSON.stringify(content)}`);
    },
  );
  server.registerTool(
    'test_elicitation',
    { description: 'asks a person', inputSchema: input('message') },
    async ({ message: said = '' }, { mcpReq }) =>
      answer(
        `User response: ${JSON.stringify(await mcpReq.send({ method: 'elicitation/create', params: formOf(said, 'username') }))}`,
      ),
  );
  for (const [name, form] of [
    ['test_elicitation_sep1034_defaults', DEFAULTS_FORM],
    ['test_elicitation_sep1330_enums', ENUMS_FORM],
  ] as const)
    ask(name, async ({ mcpReq }) => {
      const { action, content = {} } = await mcpReq.send({ method: 'elicitation/create', params: form });
      return answer(`Elicitation completed: action=${action}, content=${JSON.stringify(content)}`);
    });

  ask('test_input_required_result_elicitation', async ({ mcpReq: { inputResponses } }) => {
    const given = acceptedContent<{ name: string }>(inputResponses, 'user_name');
    if (typeof given?.name !== 'string') return inputRequired({ inputRequests: { user_name: nameForm } });
    return answer(`Hello, ${given.name}!`);
  });
  ask('test_input_required_result_sampling', async ({ mcpReq: { inputResponses } }) => {
    const given = inputResponse(inputResponses, 'capital_question');
    if (given.kind !== 'sampling')
      return inputRequired({ inputRequests: { capital_question: sampled('What is the capital of France?') } });
    return answer(JSON.stringify(given.result.content));
  });
  ask('test_missing_capability', async () =>
    inputRequired({ inputRequests: { capital_question: sampled('What is the capital of France?') } }),
  );
  ask('test_input_required_result_list_roots', async ({ mcpReq: { inputResponses } }) => {
    const given = inputResponse(inputResponses, 'client_roots');
    if (given.kind !== 'roots') return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
    return answer(given.roots.map(({ uri }) => uri).join(' '));
  });
  for (const name of ['test_input_required_result_request_state', 'test_input_required_result_tampered_state'])
    ask(name, async ({ mcpReq: { inputResponses, requestState } }) => {
      if (acceptedContent(inputResponses, 'confirm') !== undefined && requestState<string>() === name)
        return answer('state-ok');
      return inputRequired({ inputRequests: { confirm: confirmForm }, requestState: await states.mint(name) });
    });
  ask('test_input_required_result_multiple_inputs', async ({ mcpReq: { inputResponses = {} } }) => {
    const wanted = {
      user_name: nameForm,
      greeting: sampled('Generate a greeting'),
      client_roots: inputRequired.listRoots(),
    };
    if (Object.keys(wanted).every((key) => inputResponse(inputResponses, key).kind !== 'missing')) return done;
    return inputRequired({ inputRequests: wanted, requestState: await states.mint('several') });
  });
  ask('test_input_required_result_multi_round', async ({ mcpReq: { inputResponses, requestState } }) => {
    const round = requestState<string>();
    const given = round !== undefined && acceptedContent(inputResponses, round) !== undefined;
    if (given && round === 'step2') return done;
    const [next, form] =
      given || round === 'step2'
        ? ['step2', formOf('Step 2: What is your favorite color?', 'color')]
        : ['step1', formOf('Step 1: What is your name?', 'name')];
    return inputRequired({
      inputRequests: { [next as string]: inputRequired.elicit(form as never) }, // of the pair above
      requestState: await states.mint(next as string),
    });
  });
  ask('test_input_required_result_capabilities', async ({ mcpReq: { envelope, inputResponses } }) => {
    const { [CLIENT_CAPABILITIES_META_KEY]: declared } = (envelope ?? {}) as {
      readonly [key: string]: ClientCapabilities;
    }; // by its schema
    const inputRequests = {
      ...(declared?.elicitation !== undefined && { user_name: nameForm }),
      ...(declared?.sampling !== undefined && { capital_question: sampled('What is the capital of France?') }),
      ...(declared?.roots !== undefined && { client_roots: inputRequired.listRoots() }),
    };
    const isAnswered = Object.keys(inputResponses ?? {}).length > 0;
    return isAnswered || Object.keys(inputRequests).length === 0 ? done : inputRequired({ inputRequests });
  });
}

function addResources(server: McpServer): void {
  const fixed = (name: string, mimeType: string, content: object) => {
    const uri = `test://${name}`;
    server.registerResource(name, uri, { description: `the resource ${name}`, mimeType }, async () => ({
      contents: [{ uri, mimeType, ...content } as never], // text or blob
    }));
  };
  fixed('static-text', 'text/plain', { text: 'This is the content of the static text resource.' });
  fixed('static-binary', 'image/png', { blob: PNG });
  fixed('watched-resource', 'text/plain', { text: 'watched' });
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { description: 'a template', mimeType: 'application/json' },
    async ({ href }, { id }) => ({
      contents: [
        {
          uri: href,
          mimeType: 'application/json',
          text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
        },
      ],
    }),
  );
  for (const method of ['resources/subscribe', 'resources/unsubscribe'] as const)
    server.server.setRequestHandler(method, async () => ({}));
}

function addPrompts(server: McpServer): void {
  server.registerPrompt('test_simple_prompt', { description: 'simple' }, async () => ({
    messages: [message(text('This is a simple prompt for testing.'))],
  }));
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'with arguments', argsSchema: input('arg1', 'arg2') },
    async ({ arg1, arg2 }) => ({
      messages: [message(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))],
    }),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'with a resource', argsSchema: input('resourceUri') },
    async ({ resourceUri = '' }) => ({
      messages: [
        message(resource(resourceUri, 'text/plain', 'Embedded resource content for testing.')),
        message(text('Please process the embedded resource above.')),
      ],
    }),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'with an image' }, async () => ({
    messages: [message(image), message(text('Please analyze the image above.'))],
  }));
  server.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'asks first' },
    async ({ mcpReq: { inputResponses } }) => {
      const given = acceptedContent<{ context: string }>(inputResponses, 'user_context');
      if (given !== undefined) return { messages: [message(text(`Context: ${given.context}`))] };
      const form = formOf('What context should the prompt use?', 'context');
      return inputRequired({ inputRequests: { user_context: inputRequired.elicit(form) } });
    },
  );
}
