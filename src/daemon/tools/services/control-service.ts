import type { ServiceArgs } from '#protocol/tools/service.ts';
import { type ExecutionIo, failed, type ToolEnding } from '../../executions/executor.ts';
import { chooseAccount } from '../commands/choose-account.ts';
import { commandEnvironment } from '../processes/command-environment.ts';
import { runProcess } from '../processes/run-process.ts';
import type { PermittedOrder, ToolHost, ToolRunner } from '../tool-context.ts';

export type ServiceTool = 'service.status' | 'service.start' | 'service.stop' | 'service.restart' | 'service.reload';

/** What systemd says of a unit, as systemctl show names it. */
const PROPERTIES = [
  'Id',
  'Description',
  'LoadState',
  'ActiveState',
  'SubState',
  'UnitFileState',
  'Result',
  'MainPID',
  'NRestarts',
  'ActiveEnterTimestamp',
] as const;

type Unit = Readonly<Record<(typeof PROPERTIES)[number], string>>;

/** Does what the tool is named after, and says afterwards how the service is. */
export function controlService<Name extends ServiceTool>(tool: Name): ToolRunner<Name> {
  return async ({ name }: ServiceArgs, host, io, order) => {
    const systemctl = host.serviceManager();
    if (systemctl === undefined) {
      return failed('no_service_manager', 'this host has no systemd, so there is nobody to ask about services');
    }
    const manager = new ServiceManager(systemctl, host, order);
    const before = await manager.show(name, io);
    if ('ending' in before) return before.ending;
    if (before.unit.LoadState === 'not-found') return failed('unknown_service', `systemd knows no service ${name}`);
    if (tool === 'service.status') return { outcome: 'ok', result: describe(before.unit) };
    const verb = tool.slice('service.'.length);
    const ending = await manager.run(verb, name, io);
    const after = await manager.show(name, quiet(io));
    const result = 'unit' in after ? { result: describe(after.unit) } : {};
    if (ending.errorCode !== 'nonzero_exit') return { ...ending, ...result };
    return { ...ending, ...result, errorCode: 'service_failed', errorMessage: `systemctl could not ${verb} ${name}` };
  };
}

class ServiceManager {
  readonly #systemctl: string;
  readonly #host: ToolHost;
  readonly #order: PermittedOrder;

  constructor(systemctl: string, host: ToolHost, order: PermittedOrder) {
    this.#systemctl = systemctl;
    this.#host = host;
    this.#order = order;
  }

  async run(verb: string, name: string, io: ExecutionIo, options: readonly string[] = []): Promise<ToolEnding> {
    const chosen = await chooseAccount(this.#order.permit.user);
    if ('ending' in chosen) return chosen.ending;
    const { account, owner } = chosen;
    const env = commandEnvironment({
      account,
      executionId: this.#order.executionId,
      variables: { SYSTEMD_COLORS: '0', SYSTEMD_PAGER: '' },
      daemonEnvironment: this.#host.environment,
    });
    const args = [verb, '--no-ask-password', '--no-pager', ...options, '--', name];
    return runProcess({ file: this.#systemctl, args, cwd: '/', env, owner }, this.#host, io);
  }

  async show(name: string, io: ExecutionIo): Promise<{ readonly unit: Unit } | { readonly ending: ToolEnding }> {
    const parts: Buffer[] = [];
    const capturing: ExecutionIo = {
      signal: io.signal,
      started: (mark) => io.started(mark),
      write: (stream, data) => (stream === 1 ? parts.push(data) > 0 : io.write(stream, data)),
      ready: () => io.ready(),
    };
    const ending = await this.run('show', name, capturing, [`--property=${PROPERTIES.join(',')}`]);
    if (ending.outcome === 'ok') return { unit: readUnit(Buffer.concat(parts).toString()) };
    if (ending.errorCode !== 'nonzero_exit') return { ending };
    return { ending: { ...ending, errorCode: 'service_failed', errorMessage: `systemctl could not show ${name}` } };
  }
}

/** The state afterwards is an addition: nothing it does may start, stop or write anything of the execution. */
function quiet(io: ExecutionIo): ExecutionIo {
  const { signal } = io;
  return { signal, started: () => {}, write: () => true, ready: () => Promise.resolve() };
}

function readUnit(text: string): Unit {
  const lines = text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
  const values = new Map(lines.map(([key = '', value = '']) => [key, value]));
  return Object.fromEntries(PROPERTIES.map((property) => [property, values.get(property) ?? ''])) as Unit; // every property
}

function describe(unit: Unit): Record<string, unknown> {
  return {
    name: unit.Id,
    description: unit.Description,
    load_state: unit.LoadState,
    active_state: unit.ActiveState,
    sub_state: unit.SubState,
    unit_file_state: unit.UnitFileState,
    result: unit.Result,
    main_pid: Number(unit.MainPID) || null,
    restarts: Number(unit.NRestarts) || 0,
    active_since: unit.ActiveEnterTimestamp || null,
  };
}
