import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** Where `npm run dev:web` sends what it does not serve itself: a controller on this machine. */
const CONTROLLER = process.env.GARRISON_API ?? 'http://127.0.0.1:7070';

const VENDOR =
  /node_modules\/(?:react|react-dom|scheduler|use-sync-external-store|eventsource-parser|@tanstack\/(?!.*virtual)[\w-]+)\//;
const FRAME =
  /web\/src\/(?:[\w-]+\.tsx?|(?:app|api|feed|keys|styles|words)\/|features\/[\w-]+\/routes\.ts|parts\/(?:page|states|moment|mark)\.)/;

/** What every screen needs comes in two files, so that the first load is a handful of requests. */
const FIRST_LOAD = [
  { name: 'vendor', test: VENDOR },
  { name: 'frame', test: FRAME },
];

/** Static files under /console/, with nothing inline: the content security policy allows neither scripts nor styles in the page. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/console/',
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: { codeSplitting: { groups: FIRST_LOAD } },
      onLog: (level, log, handle) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log); // "use client" means nothing here
      },
    },
  },
  server: { proxy: { '^/(?!console/(?!api|feed))': { target: CONTROLLER, changeOrigin: false } } },
});
