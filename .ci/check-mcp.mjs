// The official conformance suite of MCP against the production server: a controller with its own database, by the token that `garrison up`
// made for it. The suite sends no credential, so a proxy on loopback puts it in and changes nothing else.
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

const garrison = fileURLToPath(new URL('../bin/garrison', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'garrison-mcp-'));
const up = spawn(
  garrison,
  [
    'up',
    '--json',
    '--no-local-node',
    '--data-dir',
    join(directory, 'data'),
    '--port',
    '0',
    '--tls-port',
    '0',
    '--node-port',
    '0',
  ],
  { stdio: ['ignore', 'pipe', 'ignore'] },
);
try {
  const [line] = await once(createInterface({ input: up.stdout }), 'line');
  const { api, mcpToken } = JSON.parse(line);
  const { port: proxied } = await proxyTo(new URL(api), mcpToken);
  writeFileSync(join(directory, 'package.json'), '{"private":true}');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', SUITE], {
    cwd: directory,
    stdio: 'inherit',
  });
  const wrong = [];
  for (const [scenario, notOurs] of Object.entries(SCENARIOS))
    wrong.push(...(await failuresOf(scenario, proxied, notOurs)));
  for (const failure of wrong) console.error(failure);
  console.log(
    wrong.length === 0 ? `${Object.keys(SCENARIOS).length} scenarios of the suite pass` : `${wrong.length} checks fail`,
  );
  process.exitCode = wrong.length === 0 ? 0 : 1;
} finally {
  const ended = once(up, 'exit');
  up.kill('SIGTERM');
  await ended;
  rmSync(directory, { recursive: true, force: true });
}
process.exit();

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

async function failuresOf(scenario, port, notOurs) {
  const program = join(directory, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
  const args = [program, 'server', '--url', `http://localhost:${port}/mcp`, '--scenario', scenario];
  const suite = spawn(process.execPath, args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  const said = [];
  for (const stream of [suite.stdout, suite.stderr]) stream.on('data', (part) => said.push(part));
  await once(suite, 'close');
  const text = stripVTControlCharacters(Buffer.concat(said).toString('utf8'));
  if (!/^Passed: \d+\/\d+/m.test(text)) return [`${scenario}: the suite has not run: ${text.slice(-500)}`];
  const failed = [...text.matchAll(/\[([\w-]+)\s*\] FAILURE/g)].map(([, check]) => check);
  return failed.filter((check) => !notOurs.includes(check)).map((check) => `${scenario}: ${check}`);
}
