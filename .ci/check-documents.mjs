// The committed OpenAPI documents as other people's programs read them: redocly finds nothing to warn of, and a client that
// openapi-typescript generates compiles under strict settings and can name the arguments of every tool.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TOOLS = ['openapi-typescript@7.13.0', 'typescript@5.9.3', '@redocly/cli@2.77.0'];
const documents = fileURLToPath(new URL('../docs/reference/openapi/', import.meta.url));
const redoclyRules = fileURLToPath(new URL('redocly.yaml', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'garrison-documents-'));
const run = (program, ...args) =>
  execFileSync(process.execPath, [join(directory, 'node_modules/.bin', program), ...args], {
    cwd: directory,
    encoding: 'utf8',
    stdio: 'pipe',
  });

/** What each tool is given; the values are of no importance, their types are. */
const ARGUMENTS = {
  'cmd.run': { command: 'uptime', args: ['-p'], env: { LANG: 'C' } },
  'script.run': { script: 'echo hello' },
  'host.facts': {},
  'service.status': { name: 'nginx' },
  'service.start': { name: 'nginx' },
  'service.stop': { name: 'nginx' },
  'service.restart': { name: 'nginx', timeout_secs: 30 },
  'service.reload': { name: 'nginx' },
  'fs.read': { path: '/etc/hostname' },
  'fs.list': { path: '/etc' },
  'fs.stat': { path: '/etc/hostname' },
  'fs.write': { path: '/tmp/hello', content: 'hello' },
  'fs.put': undefined,
  'fs.get': undefined,
  'agent.doctor': {},
};

function lint(name) {
  const found = JSON.parse(run('redocly', 'lint', '--format', 'json', '--config', redoclyRules, join(documents, name)));
  for (const { ruleId, message } of found.problems) console.error(`${name}: ${ruleId}: ${message}`);
  return found.problems.length;
}

function clientOfFleet() {
  const { components } = JSON.parse(readFileSync(join(documents, 'edge-fleet.json'), 'utf8'));
  const named = components.schemas.InvokeRequest.oneOf.map(({ $ref }) => components.schemas[$ref.split('/').at(-1)]);
  const tools = named.map((schema) => schema.properties.tool.const);
  const untold = tools.filter((tool) => !(tool in ARGUMENTS));
  if (untold.length > 0) throw new Error(`say in ARGUMENTS what ${untold.join(', ')} is given`);
  const calls = tools
    .filter((tool) => ARGUMENTS[tool] !== undefined)
    .map((tool) => `  { target: { All: null }, tool: '${tool}', args: ${JSON.stringify(ARGUMENTS[tool])} },`);
  return `import type { components } from './edge-fleet.js';

export const orders: components['schemas']['InvokeRequest'][] = [
${calls.join('\n')}
];

// @ts-expect-error a name is a text
export const wrong: components['schemas']['InvokeServiceStop'] = { tool: 'service.stop', args: { name: 5 } };
`;
}

try {
  writeFileSync(join(directory, 'package.json'), '{"private":true,"type":"module"}');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', ...TOOLS], {
    cwd: directory,
    stdio: 'inherit',
  });
  const names = readdirSync(documents).filter((name) => name.endsWith('.json'));
  const warnings = names.map(lint).reduce((sum, count) => sum + count, 0);
  for (const name of names) {
    run('openapi-typescript', join(documents, name), '-o', join(directory, name.replace('.json', '.d.ts')));
  }
  writeFileSync(join(directory, 'client.ts'), clientOfFleet());
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--noEmit'];
  const how = ['--module', 'nodenext', '--target', 'es2024'];
  run('tsc', ...strict, ...how, ...names.map((name) => name.replace('.json', '.d.ts')), 'client.ts');
  console.log(`${names.length} documents: ${warnings} warnings, and the clients compile`);
  if (warnings > 0) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
