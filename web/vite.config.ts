import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

/** What is built is for people, whatever started the build: with another word here React would be its development form. */
if (process.argv.includes('build')) process.env.NODE_ENV = 'production';

/** Where `npm run dev:web` sends what it does not serve itself: a controller on this machine. */
const CONTROLLER = process.env.GARRISON_API ?? 'http://127.0.0.1:7070';

const VENDOR =
  /node_modules\/(?:react|react-dom|scheduler|use-sync-external-store|eventsource-parser|@tanstack\/(?!.*virtual)[\w-]+)\//;
const FRAME =
  /web\/src\/(?:[\w-]+\.tsx?|(?:app|api|feed|keys|styles|words)\/|features\/[\w-]+\/routes\.ts|parts\/(?:page|states|moment|mark)\.)/;

/** What every screen needs comes in two files, so that the first load is a handful of requests; the terminal is a file of its own. */
const GROUPS = [
  { name: 'vendor', test: VENDOR },
  { name: 'frame', test: FRAME },
  { name: 'xterm', test: /node_modules\/@xterm\// },
];

/** Beside each script and style its compressed forms, which the controller sends as they are. */
const compressed: Plugin = {
  name: 'compressed',
  apply: 'build',
  async writeBundle({ dir = '' }) {
    const folder = join(dir, 'assets');
    const files = (await readdir(folder)).filter((file) => /\.(?:js|css)$/.test(file));
    await Promise.all(files.map((file) => compress(join(folder, file))));
  },
};

async function compress(file: string): Promise<void> {
  const content = await readFile(file);
  await writeFile(`${file}.gz`, await promisify(gzip)(content));
  await writeFile(`${file}.br`, await promisify(brotliCompress)(content));
}

/** Static files under /console/, with nothing inline: the content security policy allows neither scripts nor styles in the page. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/console/',
  plugins: [compressed],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: { codeSplitting: { groups: GROUPS } },
      onLog: (level, log, handle) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log); // "use client" means nothing here
      },
    },
  },
  server: { proxy: { '^/(?!console/(?!api|feed))': { target: CONTROLLER, changeOrigin: false } } },
});
