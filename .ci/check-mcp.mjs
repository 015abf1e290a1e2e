// The official conformance suite of MCP. Against a test server, which has what the suite asks for behind the door of the product, it is
// everything that each revision of the protocol requires. Against the production server, a controller with its own database, it is
// what does not need fixtures, by the token that `garrison up` made. The suite sends no credential, so a proxy on loopback puts it in
// and changes nothing else.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const SUITE = '@modelcontextprotocol/conformance@0.2.0-alpha.12';
/** Scenario → checks that need prompts, resources or tools of a test server, which this one has not. */
const SCENARIOS = {
  'tools-list': [],
  'http-header-validation': [],
  'dns-rebinding-protection': [],
  'server-stateless': [
    'sep-2575-server-rejects-undeclared-capability',
    'sep-2575-missing-capability-http-400',
    'sep-2575-http-server-no-independent-requests-on-stream',
    'sep-2575-server-no-log-without-loglevel',
  ],
  caching: [
    'sep-2549-prompts-list-caching-hints',
    'sep-2549-resources-list-caching-hints',
    'sep-2549-resources-templates-list-caching-hints',
  ],
};

const REVISIONS = ['2026-07-28', '2025-11-25'];

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'garrison-mcp-'));
try {
  writeFileSync(join(directory, 'package.json'), '{"private":true}');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', SUITE], {
    cwd: directory,
    stdio: 'inherit',
  });
  await withServer(process.execPath, [at('test/mcp-conformance/server.ts')], async (port) => {
    for (const revision of REVISIONS) {
      const { code, text } = await runSuite(port, ['--requirements', revision]);
      if (code !== 0 || !/passed/i.test(text)) throw new Error(`${revision} ended with ${code}:\n${text}`);
      console.log(`${revision}: everything that is required passes`);
    }
  });
  const data = ['--data-dir', join(directory, 'data')];
  const ports = ['--port', '--tls-port', '--node-port'].flatMap((flag) => [flag, '0']);
  await withServer(at('bin/garrison'), ['up', '--json', '--no-local-node', ...data, ...ports], async (port) => {
    for (const [scenario, notOurs] of Object.entries(SCENARIOS)) await passes(port, scenario, notOurs);
  });
  console.log(`${Object.keys(SCENARIOS).length} scenarios pass on the production server`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exit();

/** Runs `check` against a program that prints `{api, mcpToken}` when it is ready. */
async function withServer(program, args, check) {
  const server = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(server, 'exit');
  try {
    const [line] = await Promise.race([
      once(createInterface({ input: server.stdout }), 'line'),
      ended.then(() => Promise.reject(new Error(`${program} ended`))),
    ]);
    const { api, mcpToken } = JSON.parse(line);
    await check((await proxyTo(new URL(api), mcpToken)).port);
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
}

async function proxyTo({ hostname, port }, token) {
  const server = createServer((incoming, answer) => {
    const headers = { ...incoming.headers, authorization: `Bearer ${token}` };
    const onward = request({ hostname, port, path: incoming.url, method: incoming.method, headers }, (response) => {
      answer.writeHead(response.statusCode, response.headers);
      response.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address();
}

async function runSuite(port, args) {
  const program = join(directory, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
  const all = [program, 'server', '--url', `http://localhost:${port}/mcp`, ...args];
  const suite = spawn(process.execPath, all, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 });
  const said = [];
  for (const stream of [suite.stdout, suite.stderr]) stream.on('data', (part) => said.push(part));
  const [code] = await once(suite, 'close');
  return { code, text: stripVTControlCharacters(Buffer.concat(said).toString('utf8')) };
}

async function passes(port, scenario, notOurs) {
  const { text } = await runSuite(port, ['--scenario', scenario]);
  if (!/^Passed: \d+\/\d+/m.test(text)) throw new Error(`${scenario}: the suite has not run: ${text.slice(-500)}`);
  const failed = [...text.matchAll(/\[([\w-]+)\s*\] FAILURE/g)].map(([, check]) => check);
  const ours = failed.filter((check) => !notOurs.includes(check));
  if (ours.length > 0) throw new Error(`${scenario}: ${ours.join(', ')}`);
}
