// A terminal without a screen, which reads what others write to theirs.
import xterm from '@xterm/headless';

export function newEmulator(columns: number, rows: number): xterm.Terminal {
  return new xterm.Terminal({ cols: columns, rows, scrollback: 0, allowProposedApi: true });
}
