/** The controller as a program: `garrison controller` and `garrison up` call `runController`. */
import { createLog } from '#adapters/telemetry/pino-log.ts';
import { aborted } from '#runtime/aborted.ts';
import type { Log } from '#runtime/log.ts';
import { startController } from './compose.ts';
import { type ControllerConfig, givenKeys, readConfig } from './config.ts';
import type { Controller } from './controller.ts';
import { LocalNode } from './local-node.ts';
import { type ControllerSecrets, loadSecrets } from './secrets.ts';

/** Longest the process stays after everything has been stopped, milliseconds. */
const LEFT_OPEN_MS = 5_000;

export interface RunControllerOptions {
  /** As commander gives them. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: NodeJS.ProcessEnv;
  /** Start the daemon of this machine too. */
  readonly withLocalNode: boolean;
  /** Ends it; a second request does not hurry it. */
  readonly signal: AbortSignal;
  readonly onReady: (ready: ReadyController) => void | Promise<void>;
}

export interface ReadyController {
  readonly controller: Controller;
  readonly config: ControllerConfig;
  readonly secrets: ControllerSecrets;
}

/**
 * Starts everything, calls `onReady`, and resolves when it has been stopped through `signal`.
 * @throws FleetError when the configuration or the data directory cannot be used; nothing is left running then.
 */
export async function runController(options: RunControllerOptions): Promise<void> {
  const config = readConfig({ flags: options.flags, env: options.env });
  const log = createLog(config.logLevel);
  const secrets = loadSecrets({ dataDir: config.dataDir, env: givenKeys(config) });
  const controller = await startController(config, secrets, log);
  const localNode = new LocalNode({ dataDir: config.dataDir, log, issueToken: () => controller.issueLocalToken() });
  try {
    if (options.withLocalNode) await localNode.start();
    await options.onReady({ controller, config, secrets: controller.secrets });
    await aborted(options.signal);
  } finally {
    await stop(localNode, controller, log);
  }
}

async function stop(localNode: LocalNode, controller: Controller, log: Log): Promise<void> {
  log.info({}, 'stopping');
  await localNode.stop();
  await controller.stop();
  setTimeout(() => {
    log.error({ open: process.getActiveResourcesInfo() }, 'something keeps the process alive after it stopped');
    process.exit();
  }, LEFT_OPEN_MS).unref(); // fires only when something does
}
