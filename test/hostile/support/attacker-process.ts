import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** No attack takes longer: the process is ended, and the scenario fails. */
const MOST_MS = 150_000;

export interface AttackOptions {
  readonly signal?: AbortSignal;
  /** Default 19: the neighbour suffers from what the controller does for it, not from its hunger for the processor. */
  readonly niceness?: number;
}

/** Runs `attackers/NAME.ts` to its end and returns what it said, one JSON value on its standard output. */
export async function attack<Report>(
  name: string,
  given: unknown,
  { signal, niceness = 19 }: AttackOptions = {},
): Promise<Report> {
  const program = fileURLToPath(new URL(`../attackers/${name}.ts`, import.meta.url));
  const child = spawn('nice', ['-n', `${niceness}`, process.execPath, program, JSON.stringify(given)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let complaints = '';
  child.stdout.on('data', (data) => {
    said += data;
  });
  child.stderr.on('data', (data) => {
    complaints += data;
  });
  const end = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', end);
  const timer = setTimeout(end, MOST_MS);
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  if (code !== 0) throw new Error(`attacker ${name} ended with ${code}: ${complaints.slice(-2_000)}`);
  return JSON.parse(said) as Report; // its own test knows what it says
}
