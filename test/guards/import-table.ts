/** Who may import what, and why (the table of the design). Whatever is not here is forbidden. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly why: string;
  /** Only `import type`. */
  readonly isTypesOnly?: boolean;
  /** Only these files may be imported; a name that ends in `/` stands for every file of that folder. */
  readonly only?: readonly string[];
  /** Only files below these folders may import. */
  readonly within?: readonly string[];
}

/** Layers: the first folder of src; surfaces and adapters by their own name, `surfaces/*` and `adapters/*` for any of them. */
export const EDGES: readonly Edge[] = [
  { from: 'settings', to: 'runtime', why: 'hosts are read, and text is trimmed in linear time' },
  {
    from: 'settings',
    to: 'core',
    only: ['core/kernel/fleet-error.ts', 'core/kernel/secret.ts'],
    why: 'what is wrong is said in our words, and a secret is one from the moment it is read',
  },
  { from: 'core', to: 'settings', why: 'a noun says beside itself what can be set about it' },
  { from: 'core', to: 'runtime', why: 'services, backoff and batching know no product word' },
  { from: 'protocol', to: 'runtime', why: 'bounded queues and logs are below it' },
  { from: 'surfaces/*', to: 'core', why: 'a surface calls use cases' },
  { from: 'surfaces/*', to: 'runtime', why: 'long-lived parts of a door have its contract' },
  { from: 'surfaces/*', to: 'settings', why: 'a door says beside itself what can be set about it' },
  { from: 'surfaces/*', to: 'surfaces/http', why: 'the shared plumbing' },
  { from: 'surfaces/edge-admin', to: 'surfaces/targeting', why: 'its targetings are read where previews read them' },
  {
    from: 'surfaces/edge-fleet',
    to: 'surfaces/targeting',
    why: 'a preview takes a targeting of the contract of Edge Admin',
  },
  { from: 'surfaces/node-session', to: 'protocol', why: 'it is the door of the node protocol' },
  {
    from: 'surfaces/tunnels',
    to: 'protocol',
    only: ['protocol/terminal/terminal-frames.ts'],
    why: 'what a terminal shows is recorded on its way',
  },
  { from: 'adapters/*', to: 'core', isTypesOnly: true, why: 'it implements ports, which are types in core' },
  {
    from: 'adapters/*',
    to: 'core',
    only: ['core/kernel/fleet-error.ts', 'core/kernel/ids.ts', 'core/kernel/sql.ts', 'core/certificates/pki.ts'],
    why: 'errors in our words, ids, SQL values and the reasons of revocation are what ports are made of',
  },
  {
    from: 'adapters/*',
    to: 'core',
    only: ['core/kernel/secret.ts'],
    within: ['adapters/nats'],
    why: 'a URL that holds a password is read into a secret',
  },
  { from: 'adapters/bus', to: 'adapters/nats', why: 'there is one way to reach NATS' },
  { from: 'adapters/brokers', to: 'adapters/nats', why: 'there is one way to reach NATS' },
  { from: 'adapters/*', to: 'settings', why: 'an adapter says beside itself what can be set about it' },
  { from: 'adapters/*', to: 'runtime', why: 'services, backoff' },
  { from: 'controller', to: 'core', why: 'it puts the parts together' },
  { from: 'controller', to: 'settings', why: 'it reads the settings of all rooms' },
  { from: 'controller', to: 'protocol', why: 'it puts the parts together' },
  { from: 'controller', to: 'runtime', why: 'it puts the parts together' },
  { from: 'controller', to: 'surfaces/*', why: 'it puts the parts together' },
  { from: 'controller', to: 'adapters/*', why: 'it puts the parts together' },
  { from: 'daemon', to: 'protocol', why: 'it speaks it' },
  { from: 'daemon', to: 'runtime', why: 'services, backoff, bounded queues' },
  {
    from: 'daemon',
    to: 'core',
    only: ['core/kernel/ids.ts', 'core/kernel/secret.ts', 'core/ssh/password-hash.ts', 'core/tunnels/tunnel.ts'],
    why: 'ids, the form of passwords, and the words for a tunnel that is refused, are the same on both sides',
  },
  { from: 'daemon', to: 'settings', why: 'it reads its own settings the same way as a controller' },
  { from: 'daemon', to: 'client', why: 'it joins by calling the API' },
  { from: 'client', to: 'runtime', why: 'backoff and time limits' },
  {
    from: 'client',
    to: 'surfaces/*',
    isTypesOnly: true,
    only: [
      'surfaces/agent-dispatch/wire.ts',
      'surfaces/console/wire.ts',
      'surfaces/edge-admin/envelope.ts',
      'surfaces/edge-admin/wire/',
      'surfaces/edge-fleet/wire/',
      'surfaces/native/wire/',
      'surfaces/org-outposts/wire.ts',
      'surfaces/targeting/wire.ts',
    ],
    why: 'its types are those of the schemas; types alone, so that no schema is loaded where the client is',
  },
  { from: 'cli', to: 'client', why: 'everything it shows it asks for like anybody else' },
  {
    from: 'cli',
    to: 'surfaces/edge-fleet',
    only: [
      'surfaces/edge-fleet/shorthand/expand-names.ts',
      'surfaces/edge-fleet/shorthand/parse-target.ts',
      'surfaces/edge-fleet/shorthand/target-reader.ts',
      'surfaces/edge-fleet/shorthand/target-shorthand.ts',
    ],
    why: 'the command line and the API read `on` by one grammar, which needs nothing else',
  },
  { from: 'cli', to: 'runtime', why: 'services, backoff' },
  {
    from: 'cli',
    to: 'protocol',
    within: ['cli/commands/reach', 'cli/commands/sessions'],
    only: ['protocol/terminal/terminal-frames.ts'],
    why: 'a terminal speaks to the process on the node in frames',
  },
  {
    from: 'cli',
    to: 'protocol',
    within: ['cli/commands/copy'],
    only: ['protocol/tools/tree.ts'],
    why: 'a directory is one content, whose form both sides know',
  },
  {
    from: 'cli',
    to: 'protocol',
    within: ['cli/watch'],
    only: ['protocol/tools/transfer-line.ts'],
    why: 'how far a file has come is said in lines whose form both sides know',
  },
  {
    from: 'cli',
    to: 'controller',
    within: [
      'cli/commands/up',
      'cli/commands/controller',
      'cli/commands/backup',
      'cli/commands/restore',
      'cli/commands/audit',
    ],
    why: 'these commands are the controller, in this process',
  },
  {
    from: 'cli',
    to: 'protocol',
    within: ['cli/commands/releases'],
    why: 'a bundle is signed where the key is, with no controller there',
  },
  { from: 'cli', to: 'daemon', within: ['cli/commands/node'], why: 'these commands are the daemon, in this process' },
];
