import type { CommandResult, FleetEvent } from '#client/edge-fleet/wire.ts';
import { CliError } from '../cli-error.ts';
import { answerOf } from './describe-result.ts';

/** What one node said in a run, and how its command ended. Equal texts of many nodes are one text in memory. */
export interface NodeOutput {
  readonly stdout: string;
  readonly stderr: string;
  /** The answer of a tool with a structured result. */
  readonly result: string;
  /** `ok`, `exit 3`, `timed out`; without times, which differ always. */
  readonly end: string;
}

export interface Heard {
  readonly event: FleetEvent;
  /** The nodes this is true of; the one of the event alone where it is not said. */
  readonly alike?: readonly string[];
}

/** Characters of all nodes together, equal texts once. */
const MOST_CHARACTERS = 128 * 1_048_576;

/** The output of every node that ran, by its id. @throws CliError when it is too much for one comparison. */
export async function collectOutputs(
  heard: AsyncIterable<Heard>,
  mostCharacters: number = MOST_CHARACTERS,
): Promise<ReadonlyMap<string, NodeOutput>> {
  const outputs = new Map<string, NodeOutput>();
  const open = new Map<string, { stdout: string; stderr: string }>();
  const texts = new Map<string, string>();
  let [openCharacters, keptCharacters] = [0, 0];
  const intern = (text: string): string => {
    const known = texts.get(text);
    if (known !== undefined) return known;
    keptCharacters += text.length;
    texts.set(text, text);
    return text;
  };
  for await (const one of heard) {
    const { event, data } = one.event;
    if (event === 'command_progress') {
      const said = open.get(data.node_id) ?? { stdout: '', stderr: '' };
      const { stdout = '', stderr = '' } = data.chunk as { stdout?: string; stderr?: string }; // one of the two
      open.set(data.node_id, { stdout: said.stdout + stdout, stderr: said.stderr + stderr });
      openCharacters += stdout.length + stderr.length;
    } else if (event === 'command_result') {
      const { stdout, stderr } = open.get(data.node_id) ?? { stdout: '', stderr: '' };
      open.delete(data.node_id);
      openCharacters -= stdout.length + stderr.length;
      const result = resultText(data.result);
      const end = endOf(data.result);
      const output = { stdout: intern(stdout), stderr: intern(stderr), result: intern(result), end };
      for (const nodeId of one.alike ?? [data.node_id]) outputs.set(nodeId, output);
    }
    if (openCharacters + keptCharacters > mostCharacters)
      throw new CliError('the output of this run is too much to compare at once', {
        advice: 'Compare one node at a time, with --node.',
      });
  }
  return outputs;
}

function resultText(result: CommandResult): string {
  const answer = answerOf(result);
  return answer === undefined ? '' : `${JSON.stringify(answer, null, 2)}\n`;
}

function endOf(result: CommandResult): string {
  if ('ok' in result) return 'ok';
  if ('timed_out' in result) return 'timed out';
  if ('cancelled' in result) return 'cancelled';
  return result.err.exit_code === null ? result.err.code : `exit ${result.err.exit_code}`;
}
