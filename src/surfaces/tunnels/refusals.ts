import type { TunnelRefusal } from '#core/tunnels/tunnel.ts';

interface ProxyAnswers {
  readonly http: number;
  /** Reply codes of RFC 1928 §6. */
  readonly socks: number;
}

const GENERAL = 1;
const NOT_ALLOWED = 2;
const NETWORK_UNREACHABLE = 3;
const HOST_UNREACHABLE = 4;
const REFUSED = 5;
const TTL_EXPIRED = 6;
const BLOCKED: ProxyAnswers = { http: 403, socks: NOT_ALLOWED };

/** What both proxies answer for each reason; total, so that a new reason needs its answers. */
export const PROXY_ANSWERS: Readonly<Record<TunnelRefusal, ProxyAnswers>> = {
  localhost_blocked: BLOCKED,
  metadata_service_blocked: BLOCKED,
  link_local_blocked: BLOCKED,
  docker_port_blocked: BLOCKED,
  kubernetes_port_blocked: BLOCKED,
  metrics_port_blocked: BLOCKED,
  custom_blocked: BLOCKED,
  policy_refused: BLOCKED,
  no_exit: BLOCKED,
  proxy_loop: { http: 508, socks: GENERAL },
  forbidden: BLOCKED,
  rule_refused: BLOCKED,
  approval_required: BLOCKED,
  dns_resolution_failed: { http: 502, socks: HOST_UNREACHABLE },
  invalid_address: { http: 400, socks: GENERAL },
  connection_refused: { http: 502, socks: REFUSED },
  network_unreachable: { http: 502, socks: NETWORK_UNREACHABLE },
  host_unreachable: { http: 502, socks: HOST_UNREACHABLE },
  timed_out: { http: 504, socks: TTL_EXPIRED },
  node_unknown: { http: 503, socks: HOST_UNREACHABLE },
  node_away: { http: 503, socks: HOST_UNREACHABLE },
  session_over: { http: 410, socks: GENERAL },
  too_many: { http: 503, socks: GENERAL },
  broken: { http: 502, socks: GENERAL },
};
