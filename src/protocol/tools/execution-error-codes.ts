/** Why an execution did not end `ok`. Closed; a code is a condition and never changes its meaning. */
export const EXECUTION_ERROR_CODES = [
  /** The process ended with an exit code other than 0; `exitCode` has it. */
  'nonzero_exit',
  /** A signal ended the process that neither a timeout nor a cancel sent; `exitCode` is 128 + the signal's number. */
  'killed_by_signal',
  /** The process could not be started: no such executable, no such directory, no permission. */
  'spawn_failed',
  /** It ran longer than it may; its process group was ended. `exitCode` is 124. */
  'timed_out',
  /** Somebody cancelled it; its process group was ended. `exitCode` is 143 where a process ran. */
  'cancelled',
  /** The instant before which it had to start had passed. */
  'start_deadline_passed',
  /** The daemon or the host went down while it ran. It is never started again. */
  'daemon_crashed',
  /** The daemon was stopped in an orderly way and ended it. It is never started again. */
  'daemon_stopped',
  /** The host's own policy file does not allow it. */
  'policy_refused',
  /** The daemon knows no tool of this name. */
  'unknown_tool',
  /** The arguments do not have the form the tool declares. */
  'invalid_arguments',
  /** More orders wait on this node than it keeps. */
  'queue_full',
  /** The daemon cannot write its journal, and what is not in the journal is not started. */
  'journal_unavailable',
  /** The host has no user of this name. */
  'unknown_user',
  /** The daemon does not run as root and cannot become this user. */
  'user_switch_refused',
  /** The host has no service manager we can talk to (systemd). */
  'no_service_manager',
  /** The service manager knows no service of this name. */
  'unknown_service',
  /** The service manager knows the service and could not do what was asked. */
  'service_failed',
  /** The path is outside the allowed roots, or leads out of them. */
  'path_refused',
  /** The file system of the path does not answer: a dead server, a lost disk. The node goes on without it. */
  'path_unresponsive',
  /** There is nothing at the path. */
  'path_not_found',
  /** What is at the path is not what the tool works on: a directory where a file is meant, a device, a pipe. */
  'wrong_file_type',
  /** The file is larger than the tool reads or writes. */
  'file_too_large',
  /** There is a file at the path already and the order said not to replace one. */
  'file_exists',
  /** The structured result is larger than what is sent back. */
  'result_too_large',
  /** The operating system refused or failed to read or write. */
  'file_io_failed',
  /** The host does not let its daemon be updated from outside: SELF_UPDATE_ENABLED is not set. */
  'updates_disabled',
  /** The order names no release that this node could run. */
  'no_release',
  /** The daemon was not started from a directory of releases, so it has no way back. */
  'not_updatable',
  /** The node has no key to verify releases with. */
  'no_release_key',
  /** The release is not signed with the key of the node, or is not for this node, or not what is signed. Nothing was changed. */
  'release_refused',
  /** Other executions still ran when the update had waited long enough. Nothing was changed. */
  'node_busy',
  /** The release could not be fetched or put in its place. The present one runs on. */
  'update_failed',
  /** The release took its place and did not do; the one before it runs again. */
  'update_rolled_back',
  /** The agent ended without the success it tells itself: an exit code other than 0, or no final event. */
  'agent_failed',
  /** This host has no such agent, or it cannot be started. */
  'agent_unavailable',
  /** The agent said nothing for longer than it may. */
  'agent_idle',
  /** The provider of the model did not accept the key, or there was none. */
  'provider_unauthorized',
  /** The provider of the model has had too many requests. */
  'provider_rate_limited',
  /** The provider of the model could not be reached, or failed. */
  'provider_unavailable',
  /** The controller gave no leave to start the agent: another machine may have it. */
  'not_started',
  /** What the agent may spend is spent. */
  'budget_exceeded',
  /** It wanted more memory, processes or disk than it may have. */
  'limit_exceeded',
  /** The host has nothing that keeps an agent apart from it. */
  'sandbox_unavailable',
  /** As many agents work on this node as it has places for. */
  'no_agent_slot',
  /** The repository or its branch could not be fetched. */
  'repository_unavailable',
  /** Somebody works in the persistent workspace. */
  'workspace_busy',
  /** There is no such workspace on this node. */
  'unknown_workspace',
  /** The workspace could not be made or is larger than it may be. */
  'workspace_failed',
  /** What is sealed was not sealed to this node's key, or not for this. */
  'sealed_unreadable',
  /** A defect of the daemon. */
  'internal',
] as const;

export type ExecutionErrorCode = (typeof EXECUTION_ERROR_CODES)[number];
