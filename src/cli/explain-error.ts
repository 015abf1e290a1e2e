import { ApiError, UnreachableError, type UnreachableReason } from '#client/api-error.ts';
import { RunLostError } from '#client/edge-fleet/run-lost-error.ts';
import { TargetSyntaxError } from '#surfaces/edge-fleet/shorthand/target-reader.ts';
import { CliError } from './cli-error.ts';
import { ExitCode } from './exit-codes.ts';
import { explainSystemError, isSystemError } from './explain-system-error.ts';

export interface Explanation {
  readonly exitCode: ExitCode;
  /** Stable, for programs. */
  readonly code: string;
  /** What happened and why. */
  readonly message: string;
  /** Field → what is wrong with it. */
  readonly details?: Readonly<Record<string, readonly string[]>>;
  /** What to do. */
  readonly advice?: string | undefined;
  readonly requestId?: string | undefined;
}

const ADVICE_FOR_UNREACHABLE: Readonly<Record<UnreachableReason, (error: UnreachableError) => string>> = {
  silent: () => 'Is it running? Start one with garrison up, or say where it is with --api URL or GARRISON_API.',
  bad_address: () => 'An address begins with http:// or https://, such as http://127.0.0.1:7070.',
  untrusted: () =>
    'Give its authority with --ca FILE or GARRISON_CA. garrison certs ca prints it, on the machine of the controller.',
  wrong_time: () =>
    `The clock of this machine says ${new Date().toISOString()}. If that is wrong, set it. Otherwise the clock of the controller is wrong, or its certificate has not been renewed.`,
  hung_up: ({ url }) => `A port that speaks TLS hangs up on plain HTTP: is it ${url.replace('http:', 'https:')}?`,
  plain: ({ url }) => `Is it ${url.replace('https:', 'http:')}? By default 7070 is plain HTTP and 7443 is HTTPS.`,
  other_protocol: () =>
    'That is the port for nodes (7071 by default). The API is on 7070 (http://) and 7443 (https://) by default.',
};

/** Whatever went wrong, for the person who has to go on from here. */
export function explainError(error: unknown): Explanation {
  if (error instanceof CliError) {
    const code = error.exitCode === ExitCode.usage ? 'usage' : 'failed';
    return { exitCode: error.exitCode, code, message: error.message, advice: error.advice };
  }
  if (error instanceof TargetSyntaxError)
    return { exitCode: ExitCode.usage, code: 'usage', message: error.message, advice: error.advice };
  if (error instanceof ApiError) return explainRefusal(error);
  if (error instanceof UnreachableError) {
    return {
      exitCode: ExitCode.unreachable,
      code: 'unreachable',
      message: `cannot reach the controller at ${error.url}: ${error.message}`,
      advice: ADVICE_FOR_UNREACHABLE[error.reason](error),
    };
  }
  if (error instanceof RunLostError) return explainLostRun(error);
  if (isKnownError(error)) {
    const exitCode = KNOWN_EXIT_CODES[error.code] ?? ExitCode.failed;
    return { exitCode, code: error.code, message: error.message, details: error.details ?? {} };
  }
  if (isSystemError(error)) return { exitCode: ExitCode.failed, code: error.code, ...explainSystemError(error) };
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  return {
    exitCode: ExitCode.failed,
    code: 'internal',
    message: `something unexpected went wrong: ${message}`,
    advice: `It is a defect of garrison. What a report needs:\n${stack ?? '(no stack)'}`,
  };
}

/** Errors of a controller or a daemon in this process. Their messages say what happened, why, and what to do. */
interface KnownError extends Error {
  readonly code: string;
  readonly details?: Readonly<Record<string, readonly string[]>>;
}

const KNOWN_EXIT_CODES: Readonly<Record<string, ExitCode>> = {
  conflict: ExitCode.conflict,
  already_running: ExitCode.conflict,
  already_joined: ExitCode.conflict,
  invalid: ExitCode.usage,
  configuration_invalid: ExitCode.usage,
  unauthenticated: ExitCode.auth,
  forbidden: ExitCode.auth,
  revoked: ExitCode.auth,
  join_refused: ExitCode.auth,
  join_postponed: ExitCode.unavailable,
  controller_unreachable: ExitCode.unavailable,
  unavailable: ExitCode.unavailable,
};

/** By name: the command line must load neither of the two to say what went wrong. */
function isKnownError(error: unknown): error is KnownError {
  return error instanceof Error && (error.name === 'FleetError' || error.name === 'DaemonError') && 'code' in error;
}

function explainRefusal(error: ApiError): Explanation {
  return {
    exitCode: exitCodeOf(error),
    code: error.code,
    message: error.message,
    details: error.details,
    advice: adviceFor(error),
    requestId: error.requestId ?? undefined,
  };
}

/** Codes that say more than their status. */
const EXIT_CODES: Readonly<Record<string, ExitCode>> = {
  node_unknown: ExitCode.unavailable,
  node_away: ExitCode.unavailable,
  not_found: ExitCode.unavailable,
};

function exitCodeOf({ status, code }: ApiError): ExitCode {
  if (status === 401 || status === 403) return ExitCode.auth;
  return EXIT_CODES[code] ?? ExitCode.failed;
}

function adviceFor({ status, code, retryAfterSeconds }: ApiError): string | undefined {
  if (status === 401) {
    return 'The controller does not know this key. Give one with --key or --token, or GARRISON_KEY or GARRISON_TOKEN; garrison profile shows what is used.';
  }
  if (code === 'insufficient_scope')
    return 'The token is good and lacks the scope for this. Use another one with --token.';
  if (status === 403)
    return 'The key is valid but may not do this. Is --tenant right? Some operations need the master key.';
  if (status === 429) return retryAfterSeconds === null ? 'Try again later.' : `Try again in ${retryAfterSeconds} s.`;
  if (code === 'degraded_mode') {
    return 'There are more nodes than the controllers have room for. Add capacity, or remove nodes with garrison nodes rm --even-degraded.';
  }
  return undefined;
}

function explainLostRun({ runId, message }: RunLostError): Explanation {
  return {
    exitCode: ExitCode.unreachable,
    code: 'run_lost',
    message: `the connection broke and did not come back: ${message}`,
    advice:
      runId === null
        ? 'The run may have started. garrison runs list shows it if so.'
        : `The run goes on without us. See garrison runs show ${runId}.`,
  };
}

/** `error: …`, the fields, and the advice in a line of its own. */
export function formatExplanation({ message, details = {}, advice, requestId }: Explanation): string {
  const fields = Object.entries(details).flatMap(([field, problems]) =>
    problems.map((problem) => `  ${field}: ${problem}`),
  );
  const request = requestId === undefined ? [] : [`(request ${requestId})`];
  return `${[`error: ${message}`, ...fields, ...(advice === undefined ? [] : [advice]), ...request].join('\n')}\n`;
}
