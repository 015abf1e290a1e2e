/**
 * The journal in a file. Appends that arrive together share one write and one fdatasync: the first opens a batch, which is
 * written when the event loop has read all that was ready; what comes while the disk works forms the next batch.
 *
 * The file is rewritten when it is opened and when it has grown to several times what it says, always into a new file
 * that replaces the old one. A write that fails is taken back; when that fails too, or the disk does not confirm, the
 * file is not trusted any more and the next append begins by rewriting it.
 */
import { closeSync, existsSync, fdatasync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { writeFileAtomically } from '#runtime/write-file-atomically.ts';
import { messageOf } from '../daemon-error.ts';
import { type Journal, type JournalRecord, JournalUnavailable } from './journal.ts';
import { readLine, writeLine } from './journal-line.ts';
import { JournalState } from './journal-state.ts';

export interface FileJournalOptions {
  readonly path: string;
  /** Ended executions that are remembered. Default 10,000. */
  readonly maxAcknowledged?: number;
  /** Size below which the file is never rewritten. Default 4 MiB. */
  readonly compactAboveBytes?: number;
  /** Makes what was written durable. Default: fdatasync. */
  readonly sync?: (file: number) => Promise<void>;
}

/** More than a record takes: a disk that has room for a byte has none for an order. */
const PROBE_BYTES = 65_536;

interface Batch {
  readonly records: JournalRecord[];
  readonly durable: PromiseWithResolvers<void>;
}

export function openFileJournal(options: FileJournalOptions): FileJournal {
  return new FileJournal(options);
}

export class FileJournal implements Journal {
  readonly #path: string;
  readonly #state: JournalState;
  readonly #compactAboveBytes: number;
  readonly #sync: (file: number) => Promise<void>;
  #file: number | undefined;
  /** Kept open, because a sync may be at work on it. */
  readonly #distrusted: number[] = [];
  #size = 0;
  #sizeWhenCompact = 0;
  #isClosed = false;
  #batch: Batch | undefined;
  #flushing: Promise<void> | undefined;
  /** Lines that could not be read when the file was opened: what a crash tore. */
  readonly damagedLines: number;

  constructor(options: FileJournalOptions) {
    this.#path = options.path;
    this.#state = new JournalState(options.maxAcknowledged ?? 10_000);
    this.#compactAboveBytes = options.compactAboveBytes ?? 4 * 1024 * 1024;
    this.#sync = options.sync ?? promisify(fdatasync);
    this.damagedLines = this.#replay();
    this.#tryToRewrite();
  }

  get entries() {
    return this.#state.entries;
  }

  get sizeBytes() {
    return this.#size;
  }

  /** Asking is trying: a disk that was full may have room again. */
  get problem(): string | undefined {
    try {
      if (!this.#isClosed) this.#openFile();
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  proveRoom(): boolean {
    if (this.#flushing !== undefined || this.#isClosed) return false;
    const probe = `${this.#path}.probe`;
    try {
      writeFileAtomically(probe, Buffer.alloc(PROBE_BYTES));
      return true;
    } catch {
      return false;
    } finally {
      rmSync(probe, { force: true });
    }
  }

  acknowledged(id: string) {
    return this.#state.acknowledged(id);
  }

  append(records: readonly JournalRecord[]): Promise<void> {
    if (this.#batch === undefined) {
      this.#batch = { records: [], durable: Promise.withResolvers() };
      this.#flushing ??= this.#flush();
    }
    this.#batch.records.push(...records);
    return this.#batch.durable.promise;
  }

  note(record: JournalRecord): void {
    this.#write([record]);
    this.#state.apply(record);
  }

  async close(): Promise<void> {
    await this.#flushing;
    this.#closeFile();
    this.#isClosed = true;
    for (const file of this.#distrusted.splice(0)) closeSync(file);
  }

  async #flush(): Promise<void> {
    await new Promise(setImmediate);
    while (this.#batch !== undefined) {
      const { records, durable } = this.#batch;
      this.#batch = undefined;
      try {
        this.#write(records);
        await this.#confirm();
        for (const record of records) this.#state.apply(record);
        durable.resolve();
        this.#compactWhenGrown();
      } catch (error) {
        durable.reject(error instanceof JournalUnavailable ? error : new JournalUnavailable(error));
      }
    }
    this.#flushing = undefined;
  }

  #write(records: readonly JournalRecord[]): void {
    const bytes = Buffer.from(records.map(writeLine).join(''));
    const file = this.#openFile();
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      this.#size += bytes.length;
    } catch (error) {
      this.#takeBack(file);
      throw new JournalUnavailable(error);
    }
  }

  async #confirm(): Promise<void> {
    try {
      await this.#sync(this.#openFile());
    } catch (error) {
      this.#closeFile();
      throw new JournalUnavailable(error);
    }
  }

  #takeBack(file: number): void {
    try {
      ftruncateSync(file, this.#size);
    } catch {
      this.#file = undefined;
      this.#distrusted.push(file);
    }
  }

  #openFile(): number {
    if (this.#file === undefined && !this.#isClosed) {
      try {
        this.#rewrite();
      } catch (error) {
        throw new JournalUnavailable(error);
      }
    }
    if (this.#file === undefined) throw new JournalUnavailable(new Error('closed'));
    return this.#file;
  }

  #closeFile(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /** On a disk that takes nothing the file stays as it is, and the next append begins by rewriting it. */
  #tryToRewrite(): void {
    try {
      this.#rewrite();
    } catch {
      // `problem` says why
    }
  }

  #compactWhenGrown(): void {
    if (this.#size > this.#compactAboveBytes && this.#size > 3 * this.#sizeWhenCompact) this.#rewrite();
  }

  #rewrite(): void {
    const content = Buffer.from([...this.#state.records()].map(writeLine).join(''));
    writeFileAtomically(this.#path, content);
    this.#closeFile();
    this.#file = openSync(this.#path, 'a', 0o600);
    this.#size = content.length;
    this.#sizeWhenCompact = content.length;
  }

  /** Returns how many lines could not be read. */
  #replay(): number {
    if (!existsSync(this.#path)) return 0;
    let damaged = 0;
    for (const line of readFileSync(this.#path, 'utf8').split('\n')) {
      const record = line === '' ? undefined : readLine(line);
      if (record !== undefined) this.#state.apply(record);
      else if (line !== '') damaged += 1;
    }
    return damaged;
  }
}
