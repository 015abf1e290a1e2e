import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { testServerSocketVariable } from './test-server.ts';

/** Set-up of every unit test: it can start no process and has no database. A file that needs them is told its right name. */
function refuse(): never {
  throw new Error('a unit test starts no process: name this file *.parts.test.ts');
}

const starts = ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync'] as const;
Object.assign(childProcess, Object.fromEntries(starts.map((start) => [start, refuse])));
syncBuiltinESMExports();
delete process.env[testServerSocketVariable];
