/** Why a tunnel was not opened. The list is closed: both proxies map it totally to their own answers, and the audit log has these words. */
export const TUNNEL_REFUSALS = [
  // what the exit policy of the node says
  'localhost_blocked',
  'metadata_service_blocked',
  'link_local_blocked',
  'docker_port_blocked',
  'kubernetes_port_blocked',
  'metrics_port_blocked',
  'custom_blocked',
  'policy_refused',
  // what became of the connection to the target
  'dns_resolution_failed',
  'invalid_address',
  'connection_refused',
  'network_unreachable',
  'host_unreachable',
  'timed_out',
  // what the controller says
  'node_unknown',
  'node_away',
  'no_exit',
  'proxy_loop',
  'session_over',
  'forbidden',
  'rule_refused',
  'approval_required',
  'too_many',
  'broken',
] as const;

export type TunnelRefusal = (typeof TUNNEL_REFUSALS)[number];

export class TunnelRefused extends Error {
  readonly reason: TunnelRefusal;

  /** @param message For the client: what happened, and what to do about it. */
  constructor(reason: TunnelRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TunnelRefused';
    this.reason = reason;
  }
}

export function isTunnelRefusal(word: string): word is TunnelRefusal {
  return (TUNNEL_REFUSALS as readonly string[]).includes(word);
}

/** Where a tunnel leads: a port of the node itself, or of another host its exit policy allows. */
export interface TunnelTarget {
  /** A name or an address as the node's network knows it; undefined: the node itself. */
  readonly host: string | undefined;
  readonly port: number;
}

/** A shell, or one command, on the node itself. */
export interface TerminalTarget {
  /** An argument vector; empty: the login shell of the user. */
  readonly command: readonly string[];
  /** Undefined: whom the policy of the host says, else the daemon's own. */
  readonly user: string | undefined;
  /** Undefined: without a terminal of its own, output and error output apart. */
  readonly terminal: { readonly columns: number; readonly rows: number; readonly type: string } | undefined;
  /** Undefined: it ends with its connection. */
  readonly kept?: KeptTerminal | undefined;
}

/** A terminal that outlives its connection, so that whoever was cut off comes back to it. */
export interface KeptTerminal {
  readonly sessionId: string;
  /** Without a connection. */
  readonly keepSeconds: number;
  /** Undefined: it is a new one. Else how many bytes of its output the client has. */
  readonly resumesAt: number | undefined;
}

/** What a tunnel is for. */
export type TunnelPurpose =
  | ({ readonly kind: 'tcp' } & TunnelTarget)
  | ({ readonly kind: 'terminal' } & TerminalTarget)
  /** The SSH server of the node, whatever port it has. */
  | { readonly kind: 'ssh' };

/** How long a tunnel may take and last, as the Edge Admin contract's originals have it. */
export const TUNNEL_TIMES = {
  /** From the request to an open connection to the target, dialling by the node included. */
  openMs: 10_000,
  /** Without a byte in either direction. */
  idleMs: 300_000,
  totalMs: 6 * 3_600_000,
} as const;
