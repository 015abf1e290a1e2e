import { OUTCOMES, type Outcome } from '#core/executions/execution.ts';
import type { OutputChunk } from '#core/executions/store-chunks.ts';
import type { EndReport } from '#core/executions/store-reports.ts';
import { type ExecutionId, parseId } from '#core/kernel/ids.ts';
import type { HostMetrics, NodeMetrics } from '#core/metrics/node-metrics.ts';
import type { AgentHostFacts, ExecuteOrder, NodeFacts, NodeGreeting, NodePulse } from '#core/sessions/node-link.ts';
import type { NodeAccess, SshAttempt } from '#core/ssh/ssh-access.ts';
import type {
  AgentHost,
  ControllerFrame,
  Execute,
  Facts,
  Finished,
  Heartbeat,
  Hello,
  HostMetrics as HostMetricsFrame,
  Metrics,
  Output,
  SshAccess,
  SshAttempt as SshAttemptFrame,
} from '#protocol/gen/garrison/node/v1/node.ts';

/** The frame says something that has no meaning; the stream ends with this sentence. */
export class UnreadableFrame extends Error {}

const MOST_ITEMS = 256;
const LONGEST_TEXT = 255;
const MOST_CORES = 1_024;
/** Daemons send half of it at most. */
const MOST_BYTES_OF_OUTPUT = 65_536;
/** A node is never handed more than a few hundred that are not finished. */
const MOST_EXECUTIONS_OF_HELLO = 8_192;
const MOST_FREE_SLOTS = 1_000_000;
const MOST_AGENT_SLOTS = 10_000;
const MOST_HOST_KEYS = 8;
const LONGEST_SSH_NAME = 64;
/** A key of P-256 takes 91. */
const MOST_KEY_BYTES = 128;
const HIGHEST_PORT = 65_535;
/** The one after it has to be an `int` of PostgreSQL as well. */
const HIGHEST_ORDINAL = 2 ** 31 - 2;
/** A hundred years: a host that got its time while the command ran says more, and `now()` less more than that has no date. */
const LONGEST_DURATION_MS = 100 * 365 * 86_400_000;
const LATEST_INSTANT = Date.UTC(9999, 0);

export function readGreeting(hello: Hello): NodeGreeting {
  return {
    facts: readFacts(hello.facts),
    running: executionIds(hello.running),
    unacknowledged: executionIds(hello.unacknowledged),
    freeSlots: atMost(MOST_FREE_SLOTS, hello.freeSlots, 'free slots'),
  };
}

/** What a host claims is bounded here: the first 256 items of a list, 255 characters of a text, no NUL. */
export function readFacts(facts: Facts | undefined): NodeFacts {
  if (facts === undefined) throw new UnreadableFrame('Hello without facts');
  const { ports } = facts;
  return {
    os: text(facts.os),
    arch: text(facts.arch),
    hostname: text(facts.hostname),
    version: text(facts.daemonVersion),
    localTools: texts(facts.localTools),
    invocableTools: texts(facts.invocableTools),
    mounts: texts(facts.mounts),
    labels: Object.fromEntries(
      Object.entries(facts.labels)
        .slice(0, MOST_ITEMS)
        .map(([key, value]) => [text(key), text(value)]),
    ),
    isSelfUpdateEnabled: facts.selfUpdateEnabled,
    ports:
      ports === undefined
        ? {}
        : {
            http: port(ports.http),
            ssh: port(ports.ssh),
            host_metrics: port(ports.hostMetrics),
            wireguard_metrics: port(ports.wireguardMetrics),
            http_proxy: port(ports.httpProxy),
            socks5_proxy: port(ports.socks5Proxy),
          },
    other: {
      kernel: text(facts.kernel),
      memoryBytes: facts.memoryBytes,
      cpuCount: facts.cpuCount,
      bootedAt: instant(facts.bootedAt),
      ...(facts.agents !== undefined && { agents: readAgentHost(facts.agents) }),
      ...(facts.sshHostKeys.length > 0 && { sshHostKeys: texts(facts.sshHostKeys).slice(0, MOST_HOST_KEYS) }),
    },
  };
}

/** Bounded like facts; the controller places agents by it. */
function readAgentHost(told: AgentHost): AgentHostFacts {
  return {
    agents: told.agents
      .slice(0, MOST_ITEMS)
      .map(({ name, version, model }) => ({ name: text(name), version: text(version), model: text(model) })),
    slots: Math.min(told.slots, MOST_AGENT_SLOTS),
    freeSlots: Math.min(told.freeSlots, MOST_AGENT_SLOTS),
    sandbox: text(told.sandbox),
    limits: text(told.limits),
    problems: texts(told.problems),
    sealingKey: Buffer.from(told.sealingKey.subarray(0, MOST_KEY_BYTES)).toString('base64'),
    networks: texts(told.networks),
    workspaces: texts(told.workspaces),
  };
}

/** Who tried to sign in by SSH. A time that lies ahead, or days back, is that of a host with a wrong clock. */
export function readSshAttempt(attempt: SshAttemptFrame): SshAttempt {
  const method = attempt.method === 'publickey' ? 'key' : attempt.method === 'password' ? 'password' : 'unknown';
  return {
    username: text(attempt.username).slice(0, LONGEST_SSH_NAME),
    method,
    isRight: attempt.verified,
    at: attempt.at !== undefined && instant(attempt.at) !== null ? attempt.at : undefined,
    address: text(attempt.address) || undefined,
  };
}

export function readPulse(heartbeat: Heartbeat): NodePulse {
  const freeSlots = atMost(MOST_FREE_SLOTS, heartbeat.freeSlots, 'free slots');
  return { isHealthy: heartbeat.healthy, problems: texts(heartbeat.problems), freeSlots };
}

/** Bounded like facts; what is not a number is not a metric. */
export function readMetrics({ host, daemon }: Metrics): NodeMetrics {
  return {
    host: host === undefined ? null : readHostMetrics(host),
    daemon: daemon === undefined ? null : { ...daemon, cpuSeconds: finite(daemon.cpuSeconds) },
  };
}

function readHostMetrics({
  cpu,
  memory,
  swap,
  disks,
  interfaces,
  temperatures,
  ...counts
}: HostMetricsFrame): HostMetrics {
  return {
    cores: cpu?.cores ?? null,
    cpuUsagePercent: finite(cpu?.usagePercent),
    coreUsagePercent: (cpu?.coreUsagePercent ?? []).filter(Number.isFinite).slice(0, MOST_CORES),
    load1m: finite(cpu?.load1m),
    load5m: finite(cpu?.load5m),
    load15m: finite(cpu?.load15m),
    memory: memory ?? null,
    swap: swap ?? null,
    disks: disks
      .slice(0, MOST_ITEMS)
      .flatMap(({ mount, device, fileSystem, capacity }) =>
        capacity === undefined
          ? []
          : [{ ...capacity, mount: text(mount), device: text(device), fileSystem: text(fileSystem) }],
      ),
    interfaces: interfaces.slice(0, MOST_ITEMS).map((one) => ({ ...one, name: text(one.name) })),
    uptimeSeconds: counts.uptimeSeconds ?? null,
    processes: counts.processes ?? null,
    runnableProcesses: counts.runnableProcesses ?? null,
    temperatures: temperatures
      .slice(0, MOST_ITEMS)
      .filter(({ celsius }) => Number.isFinite(celsius))
      .map(({ sensor, celsius }) => ({ sensor: text(sensor), celsius })),
  };
}

function finite(figure: number | undefined): number | null {
  return figure !== undefined && Number.isFinite(figure) ? figure : null;
}

export function readOutput(output: Output): Omit<OutputChunk, 'nodeId' | 'epoch'> {
  if (output.stream !== 1 && output.stream !== 2) throw new UnreadableFrame('Output of an unknown stream');
  if (output.data.length > MOST_BYTES_OF_OUTPUT) throw new UnreadableFrame('Output of more than 64 KiB at once');
  return {
    executionId: readExecutionId(output.executionId),
    ordinal: atMost(HIGHEST_ORDINAL, output.ordinal, 'chunks of output'),
    stream: output.stream,
    offset: output.offset,
    data: output.data,
  };
}

export function readFinished(finished: Finished): Omit<EndReport, 'nodeId' | 'epoch'> {
  return {
    executionId: readExecutionId(finished.executionId),
    outcome: readOutcome(finished.outcome),
    exitCode: finished.exitCode ?? null,
    durationMs: finished.startedAt === undefined ? null : Math.min(finished.durationMs, LONGEST_DURATION_MS),
    errorCode: finished.errorCode === '' ? null : text(finished.errorCode),
    errorMessage: finished.errorMessage === '' ? null : text(finished.errorMessage, 4096),
    stdoutBytes: finished.stdoutBytes,
    stderrBytes: finished.stderrBytes,
    isTruncated: finished.truncated,
    result: readResult(finished.resultJson),
    resultBytes: finished.resultJson.length,
  };
}

export function readExecutionId(value: string): ExecutionId {
  const id = parseId<ExecutionId>(value);
  if (id === undefined) throw new UnreadableFrame('an execution id that is no UUID');
  return id;
}

function executionIds(values: readonly string[]): ExecutionId[] {
  atMost(MOST_EXECUTIONS_OF_HELLO, values.length, 'executions in a Hello');
  return values.map(readExecutionId);
}

function atMost(most: number, count: number, what: string): number {
  if (count > most) throw new UnreadableFrame(`${count} ${what}, where ${most} are the most`);
  return count;
}

function port(value: number): number {
  if (value > HIGHEST_PORT) throw new UnreadableFrame(`a port ${value}, where ${HIGHEST_PORT} is the highest`);
  return value;
}

/** Null where the host has no time, or one that nobody could read. */
function instant(at: Date | undefined): string | null {
  const millis = at?.getTime() ?? Number.NaN;
  return millis >= 0 && millis < LATEST_INSTANT ? new Date(millis).toISOString() : null;
}

function readOutcome(value: string): Outcome {
  const outcome = OUTCOMES.find((one) => one === value);
  if (outcome === undefined) throw new UnreadableFrame('Finished with an unknown outcome');
  return outcome;
}

function readResult(json: string): unknown {
  if (json === '') return null;
  const result = parseResult(json);
  if (/\\u0000|\\ud[89a-f]/i.test(JSON.stringify(result).replaceAll('\\\\', ''))) {
    throw new UnreadableFrame('Finished with a result that has a name of impossible characters');
  }
  return result;
}

function parseResult(json: string): unknown {
  try {
    return JSON.parse(json, (_, value) => (typeof value === 'string' ? storable(value) : value));
  } catch {
    throw new UnreadableFrame('Finished with a result that is no JSON');
  }
}

function texts(values: readonly string[]): string[] {
  return values.slice(0, MOST_ITEMS).map((value) => text(value));
}

function text(value: string, longest = LONGEST_TEXT): string {
  return storable(value.slice(0, longest));
}

/** PostgreSQL stores no NUL and no half of a character. */
function storable(value: string): string {
  return value.replaceAll('\0', '').toWellFormed();
}

type FrameCase = NonNullable<ControllerFrame['frame']>;

export function frame(content: FrameCase): ControllerFrame {
  return { frame: content };
}

export function writeSshAccess({ users, digest }: NodeAccess): SshAccess {
  return {
    users: users.map(({ username, passwordHash, publicKeys }) => ({
      username,
      passwordHash: passwordHash ?? '',
      publicKeys: [...publicKeys],
    })),
    digest,
  };
}

export function writeExecute(order: ExecuteOrder): Execute {
  return {
    executionId: order.executionId,
    runId: order.runId,
    tool: order.tool,
    argsJson: order.argsJson,
    timeoutMs: order.timeoutMs ?? 0,
    startBefore: order.startBefore ?? undefined,
    outputLimitBytes: order.outputLimitBytes,
  };
}
