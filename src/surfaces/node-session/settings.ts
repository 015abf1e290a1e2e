import { duration, endpoint, host, listOf, port, wholeNumber } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

const seconds = 1_000;

/** Where nodes connect to, and what is asked of them. */
export const nodeSessionSettings = {
  nodeHost: {
    section: 'Listeners',
    kind: host,
    env: ['GARRISON_NODE_HOST'],
    default: '0.0.0.0',
    description: 'Where nodes connect to; they are told the addresses of this machine that it listens on.',
  },
  nodePort: {
    section: 'Listeners',
    kind: port,
    env: ['GARRISON_NODE_PORT'],
    flag: 'node-port',
    default: 7071,
    description: 'Port of the nodes (gRPC over TLS); 0 picks a free one.',
  },
  nodeEndpoints: {
    section: 'Listeners',
    kind: listOf(endpoint),
    env: ['GARRISON_NODE_ENDPOINTS'],
    flag: 'node-endpoints',
    default: [],
    defaultText: 'the addresses of this host with the port of the nodes, looked at every minute',
    description:
      'Where nodes find this controller: written into every join secret and into the certificate. Those of the other controllers are found in the database.',
  },
  nodeConnections: {
    section: 'Listeners',
    kind: wholeNumber(16, 1_000_000),
    env: ['GARRISON_NODE_CONNECTIONS'],
    default: 40_000,
    description: 'Most connections to the port of the nodes, those that wait for their turn included.',
  },
  nodeConnectionsPerAddress: {
    section: 'Listeners',
    kind: wholeNumber(1, 1_000_000),
    env: ['GARRISON_NODE_CONNECTIONS_PER_ADDRESS'],
    default: 10_000,
    description:
      'Most of them from one address that have not joined or opened a session yet. Nodes behind one NAT that come back together need as many.',
  },
  bulkConnections: {
    section: 'Listeners',
    kind: wholeNumber(1, 100_000),
    env: ['GARRISON_BULK_CONNECTIONS'],
    default: 1_024,
    description: 'Most connections that carry files between this controller and its nodes at the same time.',
  },
  bulkConnectionsPerNode: {
    section: 'Listeners',
    kind: wholeNumber(1, 1_000),
    env: ['GARRISON_BULK_CONNECTIONS_PER_NODE'],
    default: 16,
    description: 'Most of them of one node.',
  },
  heartbeatIntervalMs: {
    section: 'Nodes',
    kind: duration(1 * seconds, 60 * seconds),
    env: ['GARRISON_HEARTBEAT_INTERVAL'],
    default: 15 * seconds,
    description: 'How often a node says that it is there. It is `Unhealthy` once it has been silent for 90 s.',
  },
  metricsIntervalMs: {
    section: 'Nodes',
    kind: duration(1 * seconds, 120 * seconds),
    env: ['GARRISON_METRICS_INTERVAL'],
    default: 30 * seconds,
    description: 'How often a node reports the metrics of its host and of itself. They are shown for five minutes.',
  },
  admissionRate: {
    section: 'Nodes',
    kind: wholeNumber(1, 100_000, 'nodes per second'),
    env: ['GARRISON_ADMISSION_RATE'],
    default: 500,
    description:
      'Nodes that may connect per second, a tenth of them at once. The others wait in order, and longer where the controller is busy.',
  },
} as const satisfies Settings;
