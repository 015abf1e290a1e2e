import { choice, host, port, wholeNumber } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

/** The proxies of the controller, and how many tunnels there may be. The names of the first four are those of Edge Admin. */
export const tunnelSettings = {
  httpProxyPort: {
    section: 'Tunnels',
    kind: port,
    env: ['HTTP_PROXY_PORT'],
    defaultText: '43128, or a free one where that is taken or `--port` is 0',
    description: 'Port of the HTTP proxy, by which clients reach nodes and leave through them.',
  },
  httpProxyHost: {
    section: 'Tunnels',
    kind: host,
    env: ['HTTP_PROXY_HOST'],
    default: '127.0.0.1',
    description: 'Where the HTTP proxy answers.',
  },
  socksProxyPort: {
    section: 'Tunnels',
    kind: port,
    env: ['SOCKS5_PROXY_PORT'],
    defaultText: '41080, or a free one where that is taken or `--port` is 0',
    description: 'Port of the SOCKS5 proxy.',
  },
  socksProxyHost: {
    section: 'Tunnels',
    kind: host,
    env: ['SOCKS5_PROXY_HOST'],
    default: '127.0.0.1',
    description: 'Where the SOCKS5 proxy answers.',
  },
  tunnels: {
    section: 'Tunnels',
    kind: wholeNumber(1, 100_000),
    env: ['GARRISON_TUNNELS'],
    default: 4_096,
    description: 'Most tunnels that end at this controller at the same time.',
  },
  tunnelsPerNode: {
    section: 'Tunnels',
    kind: wholeNumber(1, 10_000),
    env: ['GARRISON_TUNNELS_PER_NODE'],
    default: 256,
    description: 'Most of them to one node.',
  },
  tunnelsPerCaller: {
    section: 'Tunnels',
    kind: wholeNumber(1, 10_000),
    env: ['GARRISON_TUNNELS_PER_CALLER'],
    default: 64,
    description: 'Most of them of one person or token; sixteen times as many for the keys of the installation.',
  },
  tunnelMegabytesPerCaller: {
    section: 'Tunnels',
    kind: wholeNumber(0, 100_000, 'megabytes'),
    env: ['GARRISON_TUNNEL_MEGABYTES_PER_CALLER'],
    default: 128,
    description:
      'How much passes in a second through all tunnels of one person or token at this controller, both directions together, in units of 2^20 bytes; sixteen times as much for the keys of the installation. Who is faster is held back, not cut. 0: no limit.',
  },
  tunnelMegabytesPerNode: {
    section: 'Tunnels',
    kind: wholeNumber(0, 100_000, 'megabytes'),
    env: ['GARRISON_TUNNEL_MEGABYTES_PER_NODE'],
    default: 128,
    description: 'The same, through all tunnels to one node.',
  },
  terminalRecording: {
    section: 'Tunnels',
    kind: choice('on', 'off'),
    env: ['GARRISON_TERMINAL_RECORDING'],
    default: 'on',
    description: 'Whether what terminals of nodes show is recorded (never what is typed).',
  },
  terminalRecordingMegabytes: {
    section: 'Tunnels',
    kind: wholeNumber(1, 100_000, 'megabytes'),
    env: ['GARRISON_TERMINAL_RECORDING_MEGABYTES'],
    default: 64,
    description: 'Where the recording of one session stops, in units of 2^20 bytes; the session goes on and says so.',
  },
} as const satisfies Settings;
