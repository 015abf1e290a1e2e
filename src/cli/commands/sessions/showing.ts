import type { Invocation } from '../../invocation.ts';
import { type SafeScreen, safeScreen } from '../../output/safe-screen.ts';

/** On a terminal a picture of the other one; into a file or a pipe the bytes as they are. */
export async function showingOf(
  { terminal: { stdout } }: Invocation,
  size: { readonly columns: number; readonly rows: number },
): Promise<SafeScreen> {
  if (stdout.isTerminal) return safeScreen(process.stdout, size);
  return {
    show: async (output) => stdout.write(typeof output === 'string' ? output : Buffer.from(output).toString('utf8')),
    resize: () => {},
    end: async () => stdout.write('\u001b[0m\n'),
  };
}
