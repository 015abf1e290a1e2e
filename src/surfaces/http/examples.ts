/** One request of an operation that works when it is sent, for the documents; a test sends every one of them. */
export interface OperationExample {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** By operation id. What takes nothing needs none. */
export type OperationExamples = Readonly<Record<string, OperationExample>>;

const id = (last: string) => `0199a3f4-6c1e-7d10-8a55-${last.padStart(12, '0')}`;

/** The same thing has the same id in every document. The test has others in their place: its own. */
export const EXAMPLE = {
  node: id('1'),
  cluster: 'harbour',
  enrollmentKey: id('2'),
  alias: id('3'),
  command: id('4'),
  execution: id('5'),
  selfUpdate: id('6'),
  sshUsername: id('7'),
  sshPublicKey: id('8'),
  webhook: id('9'),
  event: id('a'),
  group: id('b'),
  run: id('c'),
  fleetExecution: id('d'),
  approval: id('e'),
  otherApproval: id('f'),
  org: id('10'),
  key: id('11'),
  orgKey: id('12'),
  enrollmentToken: id('13'),
  outpost: id('14'),
  authority: id('15'),
  terminalSession: id('16'),
  waitingNode: id('17'),
  workspace: id('18'),
  anyWebhook: id('19'),
  file: id('1a'),
  consoleSession: id('1b'),
  dispatch: 'dsp_20260301_101500_k3x9qa',
  endedDispatch: 'dsp_20260301_093000_p0w7zt',
  release: id('1c'),
  pin: 'pin_AXAub0C20_g68-XLrpwBjs3h5j3_TUB1qQO0iVuepEWo',
  digest: '6f5902ac237024bdd0c176cb93063dc4b7c1c7f5f3b3a5b8d1a4b8e3e4f1a2b3',
} as const;

export const EXAMPLE_SSH_KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA ada@laptop';
