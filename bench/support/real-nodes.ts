import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BenchController } from './controller.ts';

export const GARRISON = fileURLToPath(new URL('../../bin/garrison', import.meta.url));

export interface RealNode {
  readonly id: string;
  /** In the overlay. */
  readonly hostname: string;
}

/** Daemons as processes of their own, each with a directory below that of the controller. */
export class RealNodes {
  readonly #children: ChildProcess[] = [];

  /** Resolves when all of them are connected. */
  async start(controller: BenchController, count: number, env: NodeJS.ProcessEnv = {}): Promise<RealNode[]> {
    await controller.call('POST', '/api/v1/clusters', { name: 'bench' });
    const key = await controller.call<{ data: { key: string } }>('POST', '/api/v1/clusters/bench/enrollment_keys', {
      uses_remaining: count,
    });
    for (let place = 0; place < count; place += 1) {
      const child = spawn(
        GARRISON,
        ['node', 'run', '--state-dir', `${controller.dataDir}/node-${place}`, '--name', `node-${place}`],
        {
          env: { ...process.env, ENROLLMENT_KEY: key.data.key, USE_RANDOM_ID: 'true', ...env },
          stdio: 'ignore',
        },
      );
      this.#children.push(child);
    }
    for (;;) {
      const { data } = await controller.call<{ data: { id: string; vpn_hostname: string }[] }>(
        'GET',
        '/api/v1/nodes?status=healthy&page_size=100',
      );
      if (data.length >= count) return data.map(({ id, vpn_hostname: hostname }) => ({ id, hostname }));
      await delay(100);
    }
  }

  get pids(): number[] {
    return this.#children.map(({ pid }) => pid ?? Number.NaN);
  }

  stop(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }
}
