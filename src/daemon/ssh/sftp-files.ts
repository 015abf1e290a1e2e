import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  linkSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  type Stats,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { ANSWER, type Attributes, OPEN_FLAGS, type PacketReader, PacketWriter, REQUEST, STATUS } from './sftp-wire.ts';

const MOST_HANDLES = 256;
const LARGEST_READ = 256 * 1024;
const NAMES_AT_ONCE = 128;

interface OpenFile {
  readonly descriptor: number;
  readonly isAppending: boolean;
}

interface OpenDirectory {
  readonly path: string;
  readonly names: Iterator<string>;
}

class SftpProblem extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What the requests of SFTP do with the files of this host. Every request has one answer. */
export class SftpFiles {
  readonly #open = new Map<string, OpenFile | OpenDirectory>();
  #count = 0;

  answer(type: number, reader: PacketReader): Buffer {
    const id = reader.number();
    try {
      return this.#do(type, reader, id);
    } catch (error) {
      const { status, message } = problemOf(error);
      return statusOf(id, status, message);
    }
  }

  #do(type: number, reader: PacketReader, id: number): Buffer {
    switch (type) {
      case REQUEST.open:
        return this.#openFile(reader, id);
      case REQUEST.close:
        return this.#close(reader.text(), id);
      case REQUEST.read:
        return this.#read(this.#file(reader.text()), { offset: reader.long(), length: reader.number() }, id);
      case REQUEST.write:
        return this.#write(this.#file(reader.text()), reader.long(), reader.bytes(), id);
      case REQUEST.lstat:
        return attributesOf(id, lstatSync(onDisk(reader.text())));
      case REQUEST.stat:
        return attributesOf(id, statSync(onDisk(reader.text())));
      case REQUEST.fstat:
        return attributesOf(id, fstatSync(this.#file(reader.text()).descriptor));
      case REQUEST.setstat:
        return done(id, () => setByPath(onDisk(reader.text()), reader.attributes()));
      case REQUEST.fsetstat:
        return done(id, () => setAttributes(this.#file(reader.text()).descriptor, reader.attributes()));
      case REQUEST.opendir:
        return this.#openDirectory(reader.text(), id);
      case REQUEST.readdir:
        return this.#names(reader.text(), id);
      case REQUEST.remove:
        return done(id, () => unlinkSync(onDisk(reader.text())));
      case REQUEST.mkdir:
        return done(id, () => mkdirSync(onDisk(reader.text()), { mode: reader.attributes().mode ?? 0o777 }));
      case REQUEST.rmdir:
        return done(id, () => rmdirSync(onDisk(reader.text())));
      case REQUEST.realpath:
        return nameOf(id, realPath(reader.text()));
      case REQUEST.rename:
        return rename(reader.text(), reader.text(), id);
      case REQUEST.readlink:
        return nameOf(id, readlinkSync(onDisk(reader.text()), 'buffer').toString('latin1'));
      case REQUEST.symlink: // OpenSSH has the target first, unlike the draft, and everybody follows it
        return done(id, () => symlinkSync(onDisk(reader.text()), onDisk(reader.text())));
      case REQUEST.extended:
        return this.#extended(reader.text(), reader, id);
      default:
        throw new SftpProblem(STATUS.unsupported, `request ${type} is not known here`);
    }
  }

  #openFile(reader: PacketReader, id: number): Buffer {
    const path = onDisk(reader.text());
    const wanted = reader.number();
    const { mode = 0o666 } = reader.attributes();
    this.#checkRoom();
    const descriptor = openSync(path, flagsOf(wanted), mode);
    return this.#keep({ descriptor, isAppending: (wanted & OPEN_FLAGS.append) !== 0 }, id);
  }

  #openDirectory(path: string, id: number): Buffer {
    this.#checkRoom();
    const directory = opendirSync(onDisk(path), { encoding: 'latin1' });
    return this.#keep({ path, names: namesIn(directory) }, id);
  }

  #checkRoom(): void {
    if (this.#open.size >= MOST_HANDLES) throw new SftpProblem(STATUS.failure, `${MOST_HANDLES} files are open`);
  }

  #keep(opened: OpenFile | OpenDirectory, id: number): Buffer {
    this.#count += 1;
    const handle = String(this.#count);
    this.#open.set(handle, opened);
    return new PacketWriter().byte(ANSWER.handle).number(id).text(handle).packet();
  }

  #file(handle: string): OpenFile {
    const opened = this.#open.get(handle);
    if (opened === undefined || !('descriptor' in opened)) throw new SftpProblem(STATUS.failure, 'no such open file');
    return opened;
  }

  #close(handle: string, id: number): Buffer {
    const opened = this.#open.get(handle);
    if (opened === undefined) throw new SftpProblem(STATUS.failure, 'no such open file');
    this.#open.delete(handle);
    if ('descriptor' in opened) closeSync(opened.descriptor);
    else opened.names.return?.();
    return statusOf(id, STATUS.ok, '');
  }

  #read(file: OpenFile, { offset, length }: { offset: number; length: number }, id: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.min(length, LARGEST_READ));
    const read = readSync(file.descriptor, bytes, 0, bytes.length, isSeekable(file) ? offset : null);
    if (read === 0) throw new SftpProblem(STATUS.endOfFile, 'end of file');
    return new PacketWriter().byte(ANSWER.data).number(id).bytes(bytes.subarray(0, read)).packet();
  }

  #write(file: OpenFile, offset: number, bytes: Buffer, id: number): Buffer {
    const isPlaced = !file.isAppending && isSeekable(file);
    for (let at = 0; at < bytes.length; )
      at += writeSync(file.descriptor, bytes, at, bytes.length - at, isPlaced ? offset + at : null);
    return statusOf(id, STATUS.ok, '');
  }

  #names(handle: string, id: number): Buffer {
    const opened = this.#open.get(handle);
    if (opened === undefined || 'descriptor' in opened) throw new SftpProblem(STATUS.failure, 'no such open directory');
    const entries: { name: string; stats: Stats }[] = [];
    while (entries.length < NAMES_AT_ONCE) {
      const next = opened.names.next();
      if (next.done) break;
      const stats = lstatSync(onDisk(`${opened.path}/${next.value}`), { throwIfNoEntry: false });
      if (stats !== undefined) entries.push({ name: next.value, stats }); // else it has gone meanwhile
    }
    if (entries.length === 0) throw new SftpProblem(STATUS.endOfFile, 'no more names');
    const writer = new PacketWriter().byte(ANSWER.name).number(id).number(entries.length);
    for (const { name, stats } of entries) writer.text(name).text(lineFor(name, stats)).attributes(stats);
    return writer.packet();
  }

  #extended(name: string, reader: PacketReader, id: number): Buffer {
    if (name === 'posix-rename@openssh.com')
      return done(id, () => renameSync(onDisk(reader.text()), onDisk(reader.text())));
    if (name === 'hardlink@openssh.com') return done(id, () => linkSync(onDisk(reader.text()), onDisk(reader.text())));
    if (name === 'fsync@openssh.com') return done(id, () => fsyncSync(this.#file(reader.text()).descriptor));
    if (name !== 'limits@openssh.com') throw new SftpProblem(STATUS.unsupported, `${name} is not known here`);
    const writer = new PacketWriter().byte(ANSWER.extended).number(id);
    return writer
      .long(LARGEST_READ + 1_024)
      .long(LARGEST_READ)
      .long(LARGEST_READ)
      .long(MOST_HANDLES)
      .packet();
  }
}

function* namesIn(directory: ReturnType<typeof opendirSync>): Generator<string, void> {
  try {
    yield '.';
    yield '..';
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) yield entry.name;
  } finally {
    directory.closeSync();
  }
}

/** What is no file, such as a pipe or a terminal, has no offsets. */
function isSeekable({ descriptor }: OpenFile): boolean {
  const stats = fstatSync(descriptor);
  return stats.isFile() || stats.isBlockDevice();
}

function flagsOf(wanted: number): number {
  const has = (flag: number) => (wanted & flag) !== 0;
  const reads = has(OPEN_FLAGS.read);
  const writes = has(OPEN_FLAGS.write) || has(OPEN_FLAGS.append);
  let flags: number = writes ? (reads ? constants.O_RDWR : constants.O_WRONLY) : constants.O_RDONLY;
  if (has(OPEN_FLAGS.append)) flags |= constants.O_APPEND;
  if (has(OPEN_FLAGS.create)) flags |= constants.O_CREAT;
  if (has(OPEN_FLAGS.truncate)) flags |= constants.O_TRUNC;
  if (has(OPEN_FLAGS.exclusive)) flags |= constants.O_EXCL;
  return flags;
}

function setByPath(path: Buffer, { size, mode, times, owner }: Attributes): void {
  if (size !== undefined) truncateSync(path, size);
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  if (mode !== undefined) chmodSync(path, mode);
  if (times !== undefined) utimesSync(path, times.accessed, times.modified);
}

function setAttributes(descriptor: number, { size, mode, times, owner }: Attributes): void {
  if (size !== undefined) ftruncateSync(descriptor, size);
  if (owner !== undefined) fchownSync(descriptor, owner.uid, owner.gid);
  if (mode !== undefined) fchmodSync(descriptor, mode);
  if (times !== undefined) futimesSync(descriptor, times.accessed, times.modified);
}

/** As OpenSSH has it: what is there already is not overwritten by version 3. */
function rename(from: string, to: string, id: number): Buffer {
  if (lstatSync(onDisk(to), { throwIfNoEntry: false }) !== undefined)
    throw new SftpProblem(STATUS.failure, 'there is a file of that name already');
  return done(id, () => renameSync(onDisk(from), onDisk(to)));
}

/** What is not there yet has the name it would have. */
function realPath(path: string): string {
  const absolute = resolve(path === '' ? '.' : path);
  try {
    return realpathSync(onDisk(absolute), 'buffer').toString('latin1');
  } catch {
    return absolute;
  }
}

function onDisk(path: string): Buffer {
  return Buffer.from(path === '' ? '.' : path, 'latin1');
}

function done(id: number, act: () => void): Buffer {
  act();
  return statusOf(id, STATUS.ok, '');
}

function statusOf(id: number, status: number, message: string): Buffer {
  return new PacketWriter().byte(ANSWER.status).number(id).number(status).text(message).text('en').packet();
}

function attributesOf(id: number, stats: Stats): Buffer {
  return new PacketWriter().byte(ANSWER.attributes).number(id).attributes(stats).packet();
}

function nameOf(id: number, name: string): Buffer {
  return new PacketWriter().byte(ANSWER.name).number(id).number(1).text(name).text(name).number(0).packet();
}

const KINDS: Readonly<Record<number, string>> = {
  [constants.S_IFDIR]: 'd',
  [constants.S_IFLNK]: 'l',
  [constants.S_IFCHR]: 'c',
  [constants.S_IFBLK]: 'b',
  [constants.S_IFSOCK]: 's',
  [constants.S_IFIFO]: 'p',
};

/** For people, as ls -l would have it. */
function lineFor(name: string, { mode, nlink, uid, gid, size, mtime }: Stats): string {
  const kind = KINDS[mode & constants.S_IFMT] ?? '-';
  const bits = [...'rwxrwxrwx'].map((letter, index) => ((mode >> (8 - index)) & 1 ? letter : '-')).join('');
  return `${kind}${bits} ${nlink} ${uid} ${gid} ${size} ${mtime.toISOString().slice(0, 16).replace('T', ' ')} ${name}`;
}

const STATUS_OF: Readonly<Record<string, number>> = {
  ENOENT: STATUS.noSuchFile,
  ENOTDIR: STATUS.noSuchFile,
  EACCES: STATUS.permissionDenied,
  EPERM: STATUS.permissionDenied,
  EROFS: STATUS.permissionDenied,
};

function problemOf(error: unknown): { status: number; message: string } {
  if (error instanceof SftpProblem) return error;
  if (error instanceof RangeError) return { status: STATUS.badMessage, message: error.message };
  const { code = '', message } = error as NodeJS.ErrnoException; // thrown by node:fs
  return { status: STATUS_OF[code] ?? STATUS.failure, message: code || message };
}
