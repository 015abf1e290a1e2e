import type { XStatic } from 'typebox/schema';
import { absolutePath, userName } from './strings.ts';

/** Largest content one order carries to a node, before base64. */
export const MAX_WRITTEN_BYTES = 1_048_576;

/** Largest content one result carries back: what a controller takes in one frame is 1 MiB, base64 and all. */
export const MAX_READ_BYTES = 524_288;

/** Most entries one `fs.list` answers with. */
export const MAX_LISTED_ENTRIES = 5_000;

/** Whom it acts as; default: whom the host's policy says, else the daemon's own user. Only where the daemon runs as root. */
const actingUser = userName;

export const fsReadSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['path'],
  properties: {
    path: absolutePath,
    user: actingUser,
    /** First byte to read. Default 0. */
    offset: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    /** Most bytes to read; default and largest 512 KiB. Without it a larger file is refused rather than cut. */
    length: { type: 'integer', minimum: 1, maximum: MAX_READ_BYTES },
  },
} as const;

export type FsReadArgs = XStatic<typeof fsReadSchema>;

export const fsListSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['path'],
  properties: {
    path: absolutePath,
    user: actingUser,
    /** Only names after this one, in byte order: the way to the next page. */
    after: { type: 'string', maxLength: 255 },
    /** Default 1,000. */
    limit: { type: 'integer', minimum: 1, maximum: MAX_LISTED_ENTRIES },
  },
} as const;

export type FsListArgs = XStatic<typeof fsListSchema>;

export const fsStatSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['path'],
  properties: { path: absolutePath, user: actingUser },
} as const;

export type FsStatArgs = XStatic<typeof fsStatSchema>;

export const fsWriteSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['path', 'content'],
  properties: {
    path: absolutePath,
    user: actingUser,
    /** The whole new content; the file is replaced in one step or not at all. */
    content: { type: 'string', maxLength: 1_398_104 },
    /** How `content` is written. Default utf8. */
    encoding: { enum: ['utf8', 'base64'] },
    /** Permission bits as octal digits, `0644`; none makes a file setuid, setgid or sticky. Default: those of the file that is replaced, else 0644. */
    mode: {
      type: 'string',
      pattern: '^0?[0-7]{3}$',
      maxLength: 4,
      description: 'three octal digits, after a 0 or not',
    },
    /** Refuse when there is something at the path. */
    create_only: { type: 'boolean' },
  },
} as const;

export type FsWriteArgs = XStatic<typeof fsWriteSchema>;

/** Permission bits; none makes a file setuid, setgid or sticky. */
const permissions = {
  type: 'string',
  pattern: '^0?[0-7]{3}$',
  maxLength: 4,
  description: 'three octal digits, after a 0 or not',
} as const;

export const fsPutSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['path', 'ticket', 'sha256', 'size'],
  properties: {
    path: absolutePath,
    user: actingUser,
    /** Opens the content at the controller; `PUT /v1/files` answers with one. */
    ticket: { type: 'string', minLength: 1, maxLength: 512 },
    sha256: { type: 'string', pattern: '^[0-9a-f]{64}$', maxLength: 64, description: 'a SHA-256 in lower-case hex' },
    size: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    /** What the file is called where `path` is a directory. */
    name: {
      type: 'string',
      pattern: '^(?!\\.{1,2}$)[^/\\u0000]+$',
      maxLength: 255,
      description: 'the name of a file, without a slash',
    },
    /** Default: that of the file that is replaced, else 0644. */
    mode: permissions,
    /** Refuse when there is something at the path. */
    create_only: { type: 'boolean' },
    /** Say what would be done, and do nothing. */
    dry_run: { type: 'boolean' },
    /** The content is a directory, as a tar of what is in it (`tree.ts`); `mode` is not for one. */
    tree: { type: 'boolean' },
  },
} as const;

export type FsPutArgs = XStatic<typeof fsPutSchema>;

/** The artifact that `fs.get` leaves; everything else that executions leave behind has other ways. */
export const FETCHED_FILE = 'fs.get';

export const fsGetSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['path'],
  properties: {
    path: absolutePath,
    user: actingUser,
    /** It is a directory, and comes as a tar of what is in it (`tree.ts`). */
    tree: { type: 'boolean' },
  },
} as const;

export type FsGetArgs = XStatic<typeof fsGetSchema>;
