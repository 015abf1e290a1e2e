import { Status, type Tone } from '../../parts/status.tsx';
import { terminalWords } from '../../words/terminals.ts';
import type { TerminalSession } from './queries.ts';

const TONES: Readonly<Record<TerminalSession['status'], Tone>> = { open: 'good', detached: 'warn', ended: 'calm' };

export function TerminalStatus({ session }: { readonly session: TerminalSession }) {
  const { status, end_reason: reason, exit_code: code } = session;
  const { exited, status: names } = terminalWords.list;
  const ended = reason === 'exited' && code !== null ? exited(code) : (reason ?? names.ended);
  return <Status tone={TONES[status]}>{status === 'ended' ? ended : names[status]}</Status>;
}
