import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { writeFileAtomically } from '#runtime/write-file-atomically.ts';
import { DaemonError, messageOf } from '../daemon-error.ts';
import { findServiceManager } from '../tools/services/service-manager.ts';

const SERVICE = 'garrison-node.service';
const UNIT_FILE = `/etc/systemd/system/${SERVICE}`;

export interface ServiceStatus {
  readonly isInstalled: boolean;
  /** systemd's word: active, inactive, failed, …; `unknown` where there is no systemd. */
  readonly activeState: string;
  readonly unitFile: string;
}

/** @throws DaemonError `service_manager_failed` */
export function installService(unit: string, { starts }: { readonly starts: boolean }): { readonly unitFile: string } {
  const systemctl = serviceManager();
  try {
    writeFileAtomically(UNIT_FILE, unit, 0o644);
  } catch (error) {
    throw failure(`the unit ${UNIT_FILE} cannot be written`, error);
  }
  ask(systemctl, ['daemon-reload']);
  ask(systemctl, ['enable', SERVICE]);
  if (starts) ask(systemctl, ['restart', SERVICE]);
  return { unitFile: UNIT_FILE };
}

/** @throws DaemonError `service_manager_failed` */
export function uninstallService(): void {
  const systemctl = serviceManager();
  if (existsSync(UNIT_FILE)) ask(systemctl, ['disable', '--now', SERVICE]);
  try {
    rmSync(UNIT_FILE, { force: true });
  } catch (error) {
    throw failure(`the unit ${UNIT_FILE} cannot be removed`, error);
  }
  ask(systemctl, ['daemon-reload']);
}

export function serviceStatus(): ServiceStatus {
  const isInstalled = existsSync(UNIT_FILE);
  const systemctl = findServiceManager();
  if (systemctl === undefined) return { isInstalled, activeState: 'unknown', unitFile: UNIT_FILE };
  const activeState = ask(systemctl, ['show', '--property=ActiveState', '--value', SERVICE]).trim();
  return { isInstalled, activeState, unitFile: UNIT_FILE };
}

function serviceManager(): string {
  const systemctl = findServiceManager();
  if (systemctl !== undefined) return systemctl;
  throw new DaemonError(
    'service_manager_failed',
    'this host does not run systemd; keep garrison node run alive with the service manager it has. garrison node service install --print shows what the unit would do',
  );
}

function ask(systemctl: string, args: readonly string[]): string {
  try {
    return execFileSync(systemctl, [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw failure(`systemctl ${args.join(' ')} failed`, error);
  }
}

function failure(what: string, error: unknown): DaemonError {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : messageOf(error);
  return new DaemonError('service_manager_failed', `${what}: ${said}; are you root?`, { cause: error });
}
