/**
 * The recording of a session: asciicast v2, in parts, each an artifact of the session. Parts are lines of events without the header,
 * which is made from the session when somebody reads it, so that a session with many connections is one recording. A part ends
 * when it is large or old: what a controller that is killed takes along is the one it was writing.
 *
 * Only what the terminal shows is recorded, and the size of its window: never a key. What a program does not echo is therefore in no
 * recording.
 *
 * `output` says false when no more is taken just now; `onDrain` says when it is. Beyond `maxBytes` nothing more is recorded, and the
 * session says so. A part that cannot be kept ends the recording, and `onFailure` is told.
 */
import { PassThrough } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { type ArtifactDeps, keepArtifact } from '../artifacts/keep-artifact.ts';
import type { Clock } from '../kernel/clock.ts';
import { newId, type TenantId } from '../kernel/ids.ts';
import { markRecorded } from './store.ts';
import type { TerminalSession } from './terminal-session.ts';

export interface RecorderParts {
  readonly artifacts: ArtifactDeps;
  readonly clock: Clock;
  readonly tenantId: TenantId;
  readonly session: Pick<TerminalSession, 'id' | 'startedAt' | 'recordedBytes'>;
  /** The most of one session. */
  readonly maxBytes: number;
  readonly onDrain: () => void;
  readonly onFailure: (error: unknown) => void;
}

const RECORDING_TYPE = 'application/x-asciicast';
const PART_BYTES = 4 * 1024 * 1024;
const PART_MS = 300_000;

interface Part {
  readonly lines: PassThrough;
  readonly kept: Promise<void>;
  readonly openedAtMs: number;
  bytes: number;
}

export class Recorder {
  readonly #parts: RecorderParts;
  readonly #decoder = new StringDecoder('utf8');
  readonly #settled: Promise<void>[] = [];
  #part: Part | undefined;
  /** Place in the output of the session; what was recorded before is not recorded again. */
  #position = 0;
  #recorded: number;
  #written = 0;
  #problem: string | null = null;
  #isOver = false;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#recorded = parts.session.recordedBytes;
    this.#written = parts.session.recordedBytes;
  }

  /** What comes next is at this place of the output. */
  seek(position: number): void {
    this.#position = position;
  }

  /** False: wait for `onDrain`. */
  output(bytes: Buffer): boolean {
    const fresh = bytes.subarray(Math.max(0, Math.min(bytes.length, this.#recorded - this.#position)));
    this.#position += bytes.length;
    if (this.#isOver || fresh.length === 0) return true;
    this.#recorded = this.#position;
    const text = this.#decoder.write(fresh);
    return text === '' || this.#event('o', text);
  }

  resize(columns: number, rows: number): void {
    if (!this.#isOver) this.#event('r', `${columns}x${rows}`);
  }

  /** Resolves when everything is kept, or told to be lost. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#endPart();
    await Promise.all(this.#settled);
    if (this.#problem === 'too_large') await this.#mark(0);
  }

  #event(code: 'o' | 'r', data: string): boolean {
    const { clock, session, maxBytes } = this.#parts;
    const seconds = Math.max(0, clock.millis() - session.startedAt.getTime()) / 1_000;
    const line = `${JSON.stringify([seconds, code, data])}\n`;
    if (this.#written + line.length > maxBytes) {
      this.#problem = 'too_large';
      this.#isOver = true;
      this.#endPart();
      return true;
    }
    this.#written += line.length;
    const part = this.#partFor(line.length);
    part.bytes += line.length;
    const hasRoom = part.lines.write(line);
    if (!hasRoom && part.lines.listenerCount('drain') === 0) part.lines.once('drain', this.#parts.onDrain);
    return hasRoom;
  }

  #partFor(bytes: number): Part {
    const now = this.#parts.clock.millis();
    const current = this.#part;
    if (current !== undefined && current.bytes + bytes <= PART_BYTES && now - current.openedAtMs < PART_MS)
      return current;
    this.#endPart();
    const lines = new PassThrough({ highWaterMark: 256 * 1024 });
    const part = { lines, kept: this.#keep(lines), openedAtMs: now, bytes: 0 };
    this.#part = part;
    return part;
  }

  #endPart(): void {
    const part = this.#part;
    if (part === undefined) return;
    this.#part = undefined;
    const bytes = this.#recorded;
    part.lines.end();
    this.#settled.push(part.kept.then(() => this.#mark(bytes)));
  }

  async #keep(lines: PassThrough): Promise<void> {
    const { artifacts, tenantId, session } = this.#parts;
    const owner = { tenantId, kind: 'terminal', id: session.id } as const;
    try {
      await keepArtifact(artifacts, { owner, name: `${newId()}.cast`, mediaType: RECORDING_TYPE, content: lines });
    } catch (error) {
      this.#problem ??= 'not_kept';
      this.#isOver = true;
      lines.on('error', () => {}).destroy();
      this.#parts.onDrain();
      this.#parts.onFailure(error);
    }
  }

  async #mark(bytes: number): Promise<void> {
    const problem = this.#problem;
    const kept = problem === 'not_kept' ? 0 : bytes;
    await markRecorded(this.#parts.artifacts.db, this.#parts.session.id, { bytes: kept, problem }).catch(
      this.#parts.onFailure,
    );
  }
}
