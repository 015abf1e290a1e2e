import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { type Header, pack } from 'tar-stream'; // writes bundles that no release tool would
import { writeManifest } from '#protocol/releases/manifest.ts';
import { readSecretKey, signDigest } from '#runtime/minisign/secret-key.ts';
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
  readonly #mounted: string[] = [];

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

  /** Why no directory of releases can be on a disk of its own here; undefined where it can. */
  static whyNoDisk(): string | undefined {
    const directory = mkdtempSync(join(tmpdir(), 'garrison-disk-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory], { stdio: 'pipe' });
      execFileSync('umount', [directory], { stdio: 'pipe' });
      return undefined;
    } catch {
      return 'nothing can be mounted here';
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  /**
   * A directory of releases with one in it, as an operator installs it. Returns what starts the node there, supervised.
   * @param room bytes that the disk has room for besides, where it is to be one of its own
   */
  install(name: string, room?: number): { readonly program: string; readonly path: string } {
    const path = join(this.directory, name);
    mkdirSync(path);
    if (room !== undefined) this.#mount(path, room);
    const how = room === undefined ? '-al' : '-a'; // links where they can be: nobody writes in a release
    execFileSync('cp', [how, this.#built, join(path, 'installed')]);
    symlinkSync('installed', join(path, 'current'));
    const program = join(path, 'run');
    writeFileSync(program, `#!/bin/sh\nexec '${path}/current/bin/garrison' "$@" --supervised\n`, { mode: 0o755 });
    return { program, path };
  }

  #mount(path: string, room: number): void {
    const taken = Number(
      execFileSync('du', ['-s', '--block-size=1', this.#built], { encoding: 'utf8' }).split('\t')[0],
    );
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${taken + room}`, 'tmpfs', path]);
    this.#mounted.push(path);
  }

  /** A bundle that no tool of ours would sign, signed all the same: a release that says its version, and this entry. */
  async spoiled(version: string, header: Partial<Header> & Pick<Header, 'name'>, content = ''): Promise<string> {
    const tar = pack();
    tar.entry({ name: 'r/', type: 'directory' });
    tar.entry({ name: 'r/bin/', type: 'directory' });
    tar.entry({ name: 'r/bin/garrison', mode: 0o755 }, `#!/bin/sh\necho ${version}\n`);
    tar.entry(header, content);
    tar.finalize();
    const bundle = await buffer(tar.pipe(createGzip()));
    const file = join(this.directory, `spoiled-${version}.tar.gz`);
    const digest = (algorithm: string) => createHash(algorithm).update(bundle).digest();
    this.#counter += 1;
    const comment = writeManifest({
      ...{ kind: 'node', version, counter: this.#counter, protocols: [1, 2], bytes: bundle.length },
      platform: `${process.platform}-${process.arch}`,
      sha256: digest('sha256').toString('hex'),
    });
    writeFileSync(file, bundle);
    const secret = readSecretKey(readFileSync(this.key, 'utf8'));
    writeFileSync(`${file}.minisig`, signDigest(secret, digest('blake2b512'), comment));
    return file;
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
    for (const path of this.#mounted.splice(0)) execFileSync('umount', ['-l', path]);
    rmSync(this.directory, { recursive: true, force: true });
  }

  get #built(): string {
    return join(this.directory, 'built');
  }
}
