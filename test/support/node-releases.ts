import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { garrison } from './program.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUILD = join(ROOT, 'build', 'release.ts');
/** What a controller does not start without. */
const OF_CONTROLLERS = [
  'migrations',
  'node_modules/@fastify/swagger-ui/package.json',
  'node_modules/@fastify/swagger-ui/static',
  'node_modules/redoc/package.json',
  'node_modules/redoc/bundles/redoc.standalone.js',
];
const execute = promisify(execFile);
const NODE = join('node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');

/** Releases for nodes as an operator has them: built, packed, signed. Small: their Node is that of the tests. */
export class NodeReleases {
  readonly #kind: 'node' | 'full';

  readonly directory = mkdtempSync(join(tmpdir(), 'garrison-releases-'));
  readonly key = join(this.directory, 'release.key');
  #counter = 0;

  /** @param kind `full`: what controllers on a database of their own run from, without a PostgreSQL and pages. */
  constructor(kind: 'node' | 'full' = 'node') {
    this.#kind = kind;
  }

  /** The program of this checkout, built once. */
  async build(): Promise<void> {
    await execute(process.execPath, [BUILD, '--node', this.#built]);
    rmSync(join(this.#built, NODE));
    writeFileSync(join(this.#built, NODE), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 });
    if (this.#kind === 'full') this.#makeFull();
    await this.makeKey(this.key);
  }

  #makeFull(): void {
    for (const path of OF_CONTROLLERS) cpSync(join(ROOT, path), join(this.#built, path), { recursive: true });
    const described = JSON.parse(readFileSync(join(this.#built, 'package.json'), 'utf8'));
    const release = { ...described.release, kind: this.#kind };
    writeFileSync(join(this.#built, 'package.json'), JSON.stringify({ ...described, release }));
  }

  makeKey(file: string): Promise<unknown> {
    return execute(garrison, ['releases', 'key', 'generate', file]);
  }

  /** A directory of releases with one in it, as an operator installs it. Returns what starts the node there, supervised. */
  install(name: string): { readonly program: string; readonly path: string } {
    const path = join(this.directory, name);
    mkdirSync(path);
    execFileSync('cp', ['-al', this.#built, join(path, 'installed')]); // links: nobody writes in a release
    symlinkSync('installed', join(path, 'current'));
    const program = join(path, 'run');
    writeFileSync(program, `#!/bin/sh\nexec '${path}/current/bin/garrison' "$@" --supervised\n`, { mode: 0o755 });
    return { program, path };
  }

  /**
   * A signed bundle. With `script` the release is nothing but that script, in place of the program; `change` may spoil its
   * directory before it is packed.
   */
  async bundle(
    version: string,
    options: {
      readonly script?: string;
      readonly change?: (directory: string) => void;
      readonly key?: string;
      readonly counter?: number;
      readonly platform?: readonly [string, string];
    } = {},
  ): Promise<string> {
    const root = join(this.directory, `garrison-node-${version}`);
    if (options.script === undefined) cpSync(this.#built, root, { recursive: true });
    else {
      mkdirSync(join(root, 'bin'), { recursive: true });
      const says = `[ "$1" = --version ] && { echo ${version}; exit 0; }`;
      writeFileSync(join(root, 'bin', 'garrison'), `#!/bin/sh\n${says}\n${options.script}\n`);
      chmodSync(join(root, 'bin', 'garrison'), 0o755);
    }
    const described = JSON.parse(readFileSync(join(this.#built, 'package.json'), 'utf8'));
    const [os, cpu] = options.platform ?? [described.os[0], described.cpu[0]];
    writeFileSync(join(root, 'package.json'), JSON.stringify({ ...described, version, os: [os], cpu: [cpu] }));
    options.change?.(root);
    const file = `${root}.tar.gz`;
    await execute('tar', ['-czf', file, '-C', this.directory, `garrison-node-${version}`]);
    this.#counter += 1;
    const counter = String(options.counter ?? this.#counter);
    await execute(garrison, ['releases', 'sign', '--key', options.key ?? this.key, '--counter', counter, file]);
    return file;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  get #built(): string {
    return join(this.directory, 'built');
  }
}
