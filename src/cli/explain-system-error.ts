/**
 * What the operating system refused, for the person who has to go on from here. Every error with a system call in it is
 * explained here; none of them is a defect of garrison.
 */
export interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly path?: string;
  readonly address?: string;
  readonly port?: number;
}

export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'code' in error && 'syscall' in error && typeof error.code === 'string';
}

type Words = readonly [what: (error: SystemError) => string, advice: string];

const OTHER_PORT =
  'Another port is given with --port (API), --tls-port (API over TLS), --node-port (nodes) or GARRISON_DNS_PORT; port 0 takes a free one.';

const WORDS: Readonly<Record<string, Words>> = {
  EADDRINUSE: [
    ({ address, port }) => `port ${port} of ${address} is used by another program`,
    `Is garrison running already? ss -ltnp tells which program it is. ${OTHER_PORT}`,
  ],
  EADDRNOTAVAIL: [
    ({ address }) => `this machine does not have the address ${address}`,
    'ip address tells which ones it has; 0.0.0.0 or :: stands for all of them.',
  ],
  EACCES: [
    ({ path, port }) =>
      port === undefined ? `this user may not use ${path}` : `this user may not listen on port ${port}`,
    'Run it as a user who may, or name another place or a port above 1023.',
  ],
  EPERM: [({ path }) => `this user may not change ${path}`, 'Run it as the owner, or name another place.'],
  EEXIST: [({ path }) => `${path} is there already`, 'Name another place, or move what is there.'],
  ENOTDIR: [({ path }) => `${path} is a file where a directory is needed`, 'Name another place, or move the file.'],
  EISDIR: [({ path }) => `${path} is a directory where a file is needed`, 'Name a file in it, or another place.'],
  ENOENT: [({ path }) => `there is no ${path}, and it cannot be made there`, 'Check the spelling, or make it first.'],
  EROFS: [({ path }) => `${path} is on a file system that cannot be written`, 'Name a place that can be written.'],
  ENOSPC: [
    ({ path }) => `the disk is full${path === undefined ? '' : `: ${path}`}`,
    'Make room (df -h), then start again.',
  ],
  EDQUOT: [({ path }) => `the disk quota of this user is used up: ${path}`, 'Make room, then start again.'],
  EMFILE: [() => 'this process may open no more files', 'Raise the limit: ulimit -n, or LimitNOFILE= of the service.'],
  ENFILE: [() => 'this machine has no more files to open', 'Raise fs.file-max, or end what holds so many.'],
};

/** The message and the advice. */
export function explainSystemError(error: SystemError): { readonly message: string; readonly advice: string } {
  const words = WORDS[error.code];
  if (words !== undefined) return { message: words[0](error), advice: words[1] };
  return { message: `the system refused it: ${error.message}`, advice: 'Mend that, then try again.' };
}
