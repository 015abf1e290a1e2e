import { Ports, type SshAttempt } from '#protocol/gen/garrison/node/v1/node.ts';
import { TokenBucket } from '#runtime/token-bucket.ts';
import type { DaemonBase } from '../create-daemon.ts';
import type { DaemonPart } from '../daemon-part.ts';
import type { SshServer } from '../ssh/ssh-server.ts';

/** Attempts that wait for a controller; the newest stay. */
const MOST_WAITING = 256;
/** Far beyond what people do, and far below what a session takes; what a guesser does beyond it is counted only. */
const TOLD = { atOnce: 100, perSecond: 5 };

/** The SSH server of the node: who may sign in comes from the controller, and who tried is told to it. */
export function sshPart(server: SshServer, daemon: Pick<DaemonBase, 'link' | 'status' | 'refreshFacts'>): DaemonPart {
  let waiting: SshAttempt[] = [];
  const bucket = new TokenBucket(TOLD);
  const tell = (attempt: SshAttempt) => daemon.link.send({ $case: 'ssh', value: attempt });
  server.onAttempt((attempt) => {
    if (!bucket.take()) return;
    if (daemon.status.session.kind === 'open') return tell(attempt);
    waiting = [...waiting, attempt].slice(-MOST_WAITING);
  });
  return {
    name: 'ssh',
    start: () => server.start(),
    stop: () => server.stop(),
    onWelcome: () => {
      for (const attempt of waiting.splice(0)) tell(attempt);
    },
    words: {
      ssh: (access) => {
        server.endOf(server.users.replace(access));
        daemon.refreshFacts(); // they hold the digest, which says that it is here
      },
    },
    facts: () => ({
      ...(server.port !== undefined && { ports: Ports.fromPartial({ ssh: server.port }) }),
      sshHostKeys: [...server.hostKeys],
      sshAccessDigest: server.users.digest,
    }),
    metrics: () => ({
      sshAuthenticationsTotal: server.authenticationsTotal,
      sshConnectionsTotal: server.connectionsTotal,
    }),
  };
}
