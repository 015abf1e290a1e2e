/** What the program ends with, so that scripts need not read text. `docs/reference` and `--help` say the same. */
export const ExitCode = {
  ok: 0,
  /** A refusal of the server, a command that failed on a node, anything without a code of its own. */
  failed: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** No credential, a bad one, or one that may not do this. */
  auth: 3,
  /** Something is there already and nobody can be asked. */
  conflict: 4,
  /** What is named is not there: the node is offline or unknown, no connected node matches, or there is no such thing. */
  unavailable: 5,
  /** The failure policy halted the run. */
  halted: 6,
  cancelled: 7,
  /** A command ran into its deadline, and nothing worse happened. */
  deadline: 8,
  /** Fewer nodes than the floor: nothing ran. */
  floor: 9,
  /** The controller cannot be reached, or was lost before the end was known. */
  unreachable: 10,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
