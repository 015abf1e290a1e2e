import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** How a server learns that we have died: the kernel signals it (Linux), or a shell waits for the end of a pipe. */
export type DeathWatch = 'signal' | 'pipe';

const bySignal = ['setpriv', '--pdeathsig', 'INT', '--'];

/**
 * Starts the rest of the line in the background and hands our signals on to it. Standard input is a pipe that only we
 * hold: it ends when we do, however that happens. The lower descriptors may be the server's directories.
 */
const watch = `
exec 9<&0
"$@" </dev/null 9<&- &
server=$!
trap 'kill -INT $server' INT TERM
trap 'kill -QUIT $server' QUIT
(cat <&9 >/dev/null; kill -INT $server 2>/dev/null) &
while kill -0 $server 2>/dev/null; do wait $server; done
`;

const byPipe = ['sh', '-c', watch, 'postgres-watch'];

/** What goes in front of a server's program so that it shuts down when we die in whatever way. Needs a pipe as stdin. */
export async function dyingWithUs(wanted?: DeathWatch): Promise<readonly string[]> {
  if (wanted !== undefined) return wanted === 'signal' ? bySignal : byPipe;
  const [program = '', ...args] = [...bySignal, 'true'];
  return promisify(execFile)(program, args).then(
    () => bySignal,
    () => byPipe,
  );
}
