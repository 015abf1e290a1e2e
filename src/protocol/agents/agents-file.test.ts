import { describe, expect, test } from 'vitest';
import { AGENT_PRESETS } from './agent-presets.ts';
import { agentsOf, entryOf, modelIdOf } from './agents-file.ts';

describe('the file of agents', () => {
  test('has agents of the operator, and other commands for names we know', () => {
    const agents = agentsOf({
      agents: {
        own: { command: ['/opt/own', '{model}'], model: 'm-1', prompt: 'file' },
        claude: { command: ['fake'] },
      },
    });
    expect(entryOf('own', agents.own)).toMatchObject({ prompt: 'file', protocol: 'text', model: 'm-1' });
    expect(entryOf('claude', agents.claude)).toMatchObject({ command: ['fake'], protocol: 'text', prompt: 'stdin' });
    expect(modelIdOf('claude', agents.claude)).toBe('claude-opus-4-5-20251101');
    expect(modelIdOf('nameless', { command: ['x'] })).toBe('nameless');
  });

  test('says of a name we know what is different there, and leaves it its command', () => {
    const { claude } = agentsOf({ agents: { claude: { upstream: 'https://gateway.internal', env: { A: '1' } } } });
    expect(entryOf('claude', claude)).toMatchObject({
      ...{ command: AGENT_PRESETS.claude?.command, protocol: 'claude' },
      ...{
        env: { A: '1', ANTHROPIC_API_KEY: '{key}' },
        relay: { upstream: 'https://gateway.internal', keyHeader: 'x-api-key' },
      },
    });
  });

  test.each([
    [null],
    [{ agents: [] }],
    [{ agents: { 'A b': { command: ['x'] } } }],
    [{ agents: { own: {} } }],
    [{ agents: { own: { command: 'x' } } }],
    [{ agents: { own: { command: ['x'], shell: true } } }],
    [{ agents: { own: { command: ['x'], upstream: 'https://me:pw@host' } } }],
  ])('says what is wrong with %j', (content) => {
    expect(() => agentsOf(content)).toThrow(/./);
  });

  test('leaves every name of the contract a command of its own, with a relay in front of its provider', () => {
    for (const name of ['claude', 'codex', 'gemini', 'aider', 'grok'])
      expect(entryOf(name, undefined)).toMatchObject({ relay: { upstream: expect.stringMatching(/^https:/) } });
    expect(Object.keys(AGENT_PRESETS)).toHaveLength(9);
    expect(entryOf('nobody', undefined)).toBeUndefined();
  });
});
