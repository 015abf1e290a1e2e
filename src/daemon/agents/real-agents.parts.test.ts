/**
 * The real CLIs in the sandbox, with the real key outside, against imitated providers. `test/install-agents.sh DIRECTORY`
 * installs them; without AGENT_CLIS=DIRECTORY, or where one is not in it, it is skipped by its name.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { AgentDesk, hasBubblewrap } from '#test/support/agent-desk.ts';
import { ModelImitation } from '#test/support/model-imitation.ts';

const CLIS = join(process.env.AGENT_CLIS ?? '/nonexistent', 'node_modules', '.bin');
const KEY = 'sk-of-the-provider-0123456789';

let desk: AgentDesk | undefined;
let model: ModelImitation | undefined;
afterEach(async () => {
  desk?.close();
  await model?.stop();
});

async function run(agent: string, key: string) {
  model = new ModelImitation({ command: 'echo hello > greeting.txt; echo more >> README.md; env > env.txt', key: KEY });
  const upstream = await model.start();
  const host = { path: `${CLIS}:${process.env.PATH}` };
  desk = new AgentDesk({ definitions: { [agent]: { upstream } }, host });
  desk.repository('me/project', { 'README.md': 'hello\n' });
  return desk.run(
    {
      agent,
      task: 'Write the file greeting.txt and add a line to README.md.',
      repository: { base_url: desk.baseUrl, name: 'me/project' },
      network: { mode: 'off' },
      sealed: desk.seal({ model_keys: { [agent]: key } }, 'dsp_1'),
    },
    { timeoutMs: 90_000 },
  );
}

describe.runIf(hasBubblewrap).each(['claude', 'codex', 'gemini', 'grok', 'gemini-acp', 'grok-acp'])('%s', (agent) => {
  const isThere = existsSync(join(CLIS, agent.replace('-acp', '')));

  test.runIf(isThere)(
    'edits a file by a command of its shell, and never has the key',
    { timeout: 120_000 },
    async () => {
      const ran = await run(agent, KEY);
      expect(ran).toMatchObject({ outcome: 'ok', result: { outcome: 'success', changes: { files: 3 } } });
      expect(ran.result.usage.length).toBeGreaterThan(0);
      expect(model?.keys).not.toContain(false);
      for (const content of [ran.output, ...Object.values(ran.artifacts)]) expect(content.includes(KEY)).toBe(false);
    },
  );

  test.runIf(isThere)(
    'ends with the reason of the provider where the key is not accepted',
    { timeout: 120_000 },
    async () => {
      expect(await run(agent, 'sk-another')).toMatchObject({ outcome: 'failed', errorCode: 'provider_unauthorized' });
    },
  );
});
