/**
 * Speaks with an agent by the Agent Client Protocol, version 1: JSON-RPC 2.0 on its standard input and output, a message a line.
 *
 *   initialize, session/new, session/prompt   asked one after the other
 *   session/update                            becomes lines of the log, and progress where there is a plan
 *   session/request_permission                is allowed: the sandbox is what an agent is bounded by
 *   whatever else it asks                     is refused: neither files nor terminals are offered, it has its own
 *
 * The turn is over with the answer to the prompt. What an agent says is bounded: a message that is too long, one that never comes
 * at the start, and answers that are never read end it.
 */
import type { Writable } from 'node:stream';
import type { AgentReader, AgentVerdict, ReportedUsage, Say } from './agent-reader.ts';
import { statusIn } from './codex-reader.ts';
import {
  eventOf,
  fieldsAt,
  isFields,
  type JsonFields,
  listAt,
  numberAt,
  Pieces,
  shortJson,
  textAt,
} from './json-events.ts';
import { LineSplitter } from './line-splitter.ts';

export interface AcpTask {
  readonly prompt: string;
  /** Where it works, inside. */
  readonly cwd: string;
}

const PROTOCOL_VERSION = 1;
/** A message may hold a file before and after a change. */
export const MOST_ACP_CHARACTERS = 4 * 1024 * 1024;
const MOST_UNREAD_BYTES = 1024 * 1024;
const START_WITHIN_MS = 60_000;
const METHOD_NOT_FOUND = -32_601;

type Answer = { readonly result: JsonFields } | { readonly error: JsonFields };

export class AcpDialogue implements AgentReader {
  readonly #say: Say;
  readonly #pieces: Pieces;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #over = Promise.withResolvers<void>();
  readonly #broken = Promise.withResolvers<string>();
  /** How much of its plan is done, from 0 to 1. */
  onProgress: (share: number) => void = () => {};
  #stdin: Writable | undefined;
  #asked = 0;
  #session: string | undefined;
  #starting: NodeJS.Timeout | undefined;
  #verdict: AgentVerdict | undefined;
  #usage: ReportedUsage | undefined;
  readonly #titles = new Map<string, string>();

  constructor(say: Say) {
    this.#say = say;
    this.#pieces = new Pieces((line) => say('agent', 'info', line));
  }

  /** Resolves when it has answered its prompt, or refused it. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Resolves when there is no speaking with it any more. */
  get broken(): Promise<string> {
    return this.#broken.promise;
  }

  get verdict(): AgentVerdict | undefined {
    return this.#verdict;
  }

  get finalText(): string | undefined {
    return this.#pieces.text === '' ? undefined : this.#pieces.text;
  }

  get reportedUsage(): ReportedUsage | undefined {
    return this.#usage;
  }

  begin(stdin: Writable, task: AcpTask): void {
    this.#stdin = stdin.on('error', () => {}); // it has ended; its exit says so
    this.#starting = setTimeout(() => {
      this.#broken.resolve(`it has not begun a session within ${START_WITHIN_MS / 1000} s`);
    }, START_WITHIN_MS).unref();
    void this.#converse(task);
  }

  /** Asks it to end its turn. */
  cancel(): void {
    if (this.#session !== undefined) this.#notify('session/cancel', { sessionId: this.#session });
  }

  line(text: string): void {
    if (text.length >= MOST_ACP_CHARACTERS)
      return this.#broken.resolve(`it sent a message of ${MOST_ACP_CHARACTERS} characters or more`);
    const message = eventOf(text, (source, level, said) =>
      this.#say(source, level, said.slice(0, LineSplitter.MOST_CHARACTERS)),
    );
    if (message === undefined) return;
    if (typeof message.method === 'string') return this.#told(message.method, message);
    const answered = this.#waiting.get(Number(message.id));
    this.#waiting.delete(Number(message.id));
    answered?.(isFields(message.error) ? { error: message.error } : { result: fieldsAt(message, 'result') });
  }

  end(): void {
    clearTimeout(this.#starting);
    this.#pieces.flush();
  }

  async #converse({ prompt, cwd }: AcpTask): Promise<void> {
    const clientCapabilities = { fs: { readTextFile: false, writeTextFile: false }, terminal: false };
    const clientInfo = { name: 'garrison', version: '1' };
    const hello = await this.#ask('initialize', { protocolVersion: PROTOCOL_VERSION, clientCapabilities, clientInfo });
    if ('error' in hello) return this.#refused(hello.error);
    if (hello.result.protocolVersion !== PROTOCOL_VERSION) {
      const spoken = shortJson(hello.result.protocolVersion ?? null);
      return this.#failed(`it speaks version ${spoken} of the protocol, not ${PROTOCOL_VERSION}`);
    }
    const session = await this.#ask('session/new', { cwd, mcpServers: [] });
    if ('error' in session) return this.#refused(session.error);
    const sessionId = textAt(session.result, 'sessionId');
    if (sessionId === '') return this.#failed('it began a session without an id');
    this.#session = sessionId;
    clearTimeout(this.#starting);
    const done = await this.#ask('session/prompt', { sessionId, prompt: [{ type: 'text', text: prompt }] });
    if ('error' in done) return this.#refused(done.error);
    this.#finish(done.result);
  }

  #finish(result: JsonFields): void {
    this.#pieces.flush();
    const usage = fieldsAt(result, 'usage');
    const tokens = { input_tokens: numberAt(usage, 'inputTokens'), output_tokens: numberAt(usage, 'outputTokens') };
    if (tokens.input_tokens + tokens.output_tokens > 0) this.#usage = tokens;
    const reason = textAt(result, 'stopReason').slice(0, 100);
    if (reason !== 'end_turn') return this.#failed(`it stopped: ${reason || 'it did not say why'}`);
    this.#verdict = { kind: 'success' };
    this.#over.resolve();
  }

  #refused({ message, data }: JsonFields): void {
    const said = [message, data].filter((one) => one !== undefined).map(shortJson);
    this.#failed(said.join(': ') || 'it refused, and did not say why');
  }

  #failed(message: string): void {
    this.#verdict = { kind: 'error', message, status: statusIn(message) };
    this.#say('agent', 'error', message);
    this.#over.resolve();
  }

  // ---- what it says ---------------------------------------------------------------------------------------------

  #told(method: string, { id, params }: JsonFields): void {
    const told = isFields(params) ? params : {};
    if (id === undefined || id === null) {
      if (method === 'session/update') this.#update(fieldsAt(told, 'update'));
      return;
    }
    if (method === 'session/request_permission') return this.#permit(id, told);
    this.#say('garrison', 'debug', `it asked for ${method.slice(0, 100)}, which is not offered`);
    this.#write({ id, error: { code: METHOD_NOT_FOUND, message: 'not offered: use your own tools' } });
  }

  #permit(id: unknown, asked: JsonFields): void {
    const options = listAt(asked, 'options');
    const chosen = ['allow_always', 'allow_once'].flatMap((kind) => options.filter((one) => one.kind === kind))[0];
    const title = this.#titleOf(fieldsAt(asked, 'toolCall'));
    this.#say('garrison', 'debug', `${chosen === undefined ? 'cannot be allowed' : 'allowed'}: ${title}`);
    const outcome =
      chosen === undefined ? { outcome: 'cancelled' } : { outcome: 'selected', optionId: chosen.optionId };
    this.#write({ id, result: { outcome } });
  }

  #update(update: JsonFields): void {
    switch (update.sessionUpdate) {
      case 'agent_message_chunk':
        return this.#pieces.push(textAt(fieldsAt(update, 'content'), 'text'));
      case 'agent_thought_chunk':
        return void this.#say('agent', 'debug', shortJson(textAt(fieldsAt(update, 'content'), 'text')));
      case 'tool_call':
        this.#pieces.restart();
        return void this.#say('tool', 'info', this.#titleOf(update));
      case 'tool_call_update':
        if (update.status === 'failed') this.#say('tool', 'warn', `failed: ${this.#titleOf(update)}`);
        return;
      case 'plan':
        return this.#plan(listAt(update, 'entries'));
    }
  }

  #plan(entries: readonly JsonFields[]): void {
    if (entries.length === 0) return;
    const done = entries.filter(({ status }) => status === 'completed').length;
    const now = entries.find(({ status }) => status === 'in_progress');
    const what = now === undefined ? '' : `: ${shortJson(textAt(now, 'content'))}`;
    this.#say('agent', 'info', `plan, ${done} of ${entries.length} done${what}`);
    this.onProgress(done / entries.length);
  }

  /** Later updates name a call by its id alone. */
  #titleOf(call: JsonFields): string {
    const id = textAt(call, 'toolCallId');
    const title = textAt(call, 'title') || this.#titles.get(id) || textAt(call, 'kind') || 'a tool';
    if (this.#titles.size > 1_000) this.#titles.clear();
    this.#titles.set(id, shortJson(title));
    return shortJson(title);
  }

  // ---- what it is told ------------------------------------------------------------------------------------------

  #ask(method: string, params: object): Promise<Answer> {
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#write({ id, method, params });
    });
  }

  #notify(method: string, params: object): void {
    this.#write({ method, params });
  }

  #write(message: object): void {
    if (this.#stdin === undefined || !this.#stdin.writable) return;
    this.#stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    if (this.#stdin.writableLength > MOST_UNREAD_BYTES) this.#broken.resolve('it does not read what it asks for');
  }
}
