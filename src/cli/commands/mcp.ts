/**
 * `garrison mcp` for clients that speak MCP over standard input and output: a bridge to `POST /mcp` of the controller, with the token
 * of the profile. Each line is one message; requests go over side by side, and what the controller answers, as one message or as a
 * stream of events, goes back a line each.
 */
import { createInterface } from 'node:readline';
import { Argument } from 'commander';
import { createParser } from 'eventsource-parser';
import { CliError } from '../cli-error.ts';
import { type CommandSpec, option } from '../command-spec.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Invocation } from '../invocation.ts';
import { sentenceView } from '../output/print-view.ts';

const CLIENTS = ['claude-code', 'claude-desktop', 'codex', 'cursor', 'gemini', 'vscode', 'windsurf', 'zed'] as const;
type Client = (typeof CLIENTS)[number];

const config: CommandSpec = {
  name: 'config',
  description: 'Print what a client needs to use this controller by MCP.',
  arguments: [new Argument('<client>', 'which client').choices(CLIENTS)],
  options: [option('--http', 'by address and token in place of this command line')],
  examples: [
    ['garrison mcp config claude-code', 'a command to run once'],
    ['garrison mcp config cursor', 'a piece of its configuration'],
    ['garrison mcp config vscode --http', 'without a command line on that machine'],
  ],
  run: async (invocation, client: Client) => {
    const { http = false } = invocation.opts<{ http?: boolean }>();
    const target = http ? await addressOf(invocation) : { command: 'garrison', args: ['mcp'] };
    const { text, where } = CONFIGURATIONS[client](target);
    await invocation.print(sentenceView({ client, ...target }, text));
    invocation.note(where);
  },
};

type Target =
  | { readonly command: string; readonly args: readonly string[] }
  | { readonly url: string; readonly headers: Readonly<Record<string, string>> };

interface Configuration {
  readonly text: string;
  readonly where: string;
}

const CONFIGURATIONS: Readonly<Record<Client, (target: Target) => Configuration>> = {
  'claude-code': (target) => ({
    text:
      'url' in target
        ? `claude mcp add --transport http garrison ${target.url} --header "Authorization: ${target.headers.Authorization}"`
        : `claude mcp add garrison -- ${[target.command, ...target.args].join(' ')}`,
    where: 'Run it once, in the project or with --scope user.',
  }),
  'claude-desktop': (target) => inJson('mcpServers', target, 'claude_desktop_config.json (Settings, Developer)'),
  codex: (target) => ({
    text:
      'url' in target
        ? `[mcp_servers.garrison]\nurl = "${target.url}"\nhttp_headers = { Authorization = "${target.headers.Authorization}" }`
        : `[mcp_servers.garrison]\ncommand = "${target.command}"\nargs = ${JSON.stringify(target.args)}`,
    where: 'Belongs into ~/.codex/config.toml.',
  }),
  cursor: (target) => inJson('mcpServers', target, '~/.cursor/mcp.json'),
  gemini: (target) =>
    inJson(
      'mcpServers',
      'url' in target ? { httpUrl: target.url, headers: target.headers } : target,
      '~/.gemini/settings.json',
    ),
  vscode: (target) => inJson('servers', { type: 'url' in target ? 'http' : 'stdio', ...target }, '.vscode/mcp.json'),
  windsurf: (target) =>
    inJson(
      'mcpServers',
      'url' in target ? { serverUrl: target.url, headers: target.headers } : target,
      '~/.codeium/windsurf/mcp_config.json',
    ),
  zed: (target) => inJson('context_servers', target, 'settings.json of Zed'),
};

function inJson(under: string, target: object, file: string): Configuration {
  return { text: JSON.stringify({ [under]: { garrison: target } }, null, 2), where: `Belongs into ${file}.` };
}

async function addressOf(invocation: Invocation): Promise<Target> {
  const { api, token } = await place(invocation);
  return { url: `${api}/mcp`, headers: { Authorization: `Bearer ${token}` } };
}

async function place(invocation: Invocation): Promise<{ api: string; token: string }> {
  const { api, mcp: token } = await invocation.credentials();
  if (token === undefined)
    throw new CliError('no token for /mcp, and none was given', {
      exitCode: ExitCode.auth,
      advice: 'Give it with --token or GARRISON_TOKEN; garrison up writes one into its profile.',
    });
  return { api, token };
}

export const command: CommandSpec = {
  name: 'mcp',
  description:
    'Serve MCP on standard input and output, for agents that operate the fleet. What acts takes a pin from a preview.',
  examples: [
    ['claude mcp add garrison -- garrison mcp', 'for a client that starts it itself'],
    ['garrison mcp config cursor', 'what another client needs'],
  ],
  commands: [config],
  run: async (invocation) => {
    await invocation.open(); // trusts the authority of the profile
    await bridge(await place(invocation), invocation);
  },
};

async function bridge({ api, token }: { api: string; token: string }, { terminal }: Invocation): Promise<void> {
  const write = (message: string) => process.stdout.write(`${message}\n`);
  const open = new Set<Promise<void>>();
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    const sent = send(`${api}/mcp`, token, line, write).catch((error: Error) => {
      terminal.stderr.write(`${error.message}\n`);
      const id = idOf(line);
      if (id !== undefined)
        write(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_000, message: error.message } }));
    });
    open.add(sent);
    void sent.finally(() => open.delete(sent));
  }
  await Promise.all(open);
}

async function send(url: string, token: string, line: string, write: (message: string) => void): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...envelopeOf(line),
    },
    body: line,
  });
  if (response.headers.get('content-type')?.startsWith('text/event-stream') && response.body !== null) {
    const parser = createParser({ onEvent: ({ data }) => write(oneLine(data)) });
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) parser.feed(text);
    return;
  }
  const text = await response.text();
  if (text.trim() === '') return;
  if (response.headers.get('content-type')?.startsWith('application/json')) write(oneLine(withId(text, line)));
  else throw new Error(`the controller answered ${response.status}`);
}

/** What the revision of 2026 wants in headers too is in the message. */
function envelopeOf(line: string): Record<string, string> {
  const { method, params } = JSON.parse(line) as {
    method?: string;
    params?: { name?: string; _meta?: Record<string, unknown> };
  }; // a message, or an error above
  const version = params?._meta?.['io.modelcontextprotocol/protocolVersion'];
  if (typeof version !== 'string' || method === undefined) return {};
  return {
    'mcp-protocol-version': version,
    'mcp-method': method,
    ...(params?.name !== undefined && { 'mcp-name': params.name }),
  };
}

/** A refusal at the door does not know which message it is for. */
function withId(text: string, line: string): string {
  const message = JSON.parse(text) as { id?: unknown; error?: unknown }; // JSON-RPC
  return message.id === null && message.error !== undefined
    ? JSON.stringify({ ...message, id: idOf(line) ?? null })
    : text;
}

function idOf(line: string): unknown {
  try {
    return (JSON.parse(line) as { id?: unknown }).id;
  } catch {
    return undefined;
  }
}

function oneLine(text: string): string {
  return JSON.stringify(JSON.parse(text));
}
