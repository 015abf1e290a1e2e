import { once } from 'node:events';
import { openTunnel } from '#client/tunnels/open-tunnel.ts';
import { TerminalFrameReader } from '#protocol/terminal/terminal-frames.ts';
import { argument, type CommandSpec } from '../../command-spec.ts';
import { untilStopped } from '../../until-stopped.ts';
import { showingOf } from './showing.ts';

export const command: CommandSpec = {
  name: 'watch',
  description:
    'Watch a terminal session while it is open, from now on, without a part in it. Needs the scope garrison.sessions.watch; the person at the terminal is told, and it is in the audit log.',
  arguments: [argument('<id>', 'id of the session')],
  examples: [['garrison sessions watch ID', 'until it ends, or Ctrl-C']],
  run: async (invocation, id: string) => {
    const { columns, rows } = await (await invocation.native()).terminalSession(id);
    const socket = await openTunnel(await invocation.tunnels(), { kind: 'watch', id });
    invocation.note(`watching ${id}; Ctrl-C ends it`);
    const shown = await showingOf(invocation, { columns: columns ?? 80, rows: rows ?? 24 });
    const reader = new TerminalFrameReader();
    untilStopped().addEventListener('abort', () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('data', (piece: Buffer) => {
      for (const frame of reader.read(piece)) {
        if (frame.kind === 'output') void shown.show(frame.bytes);
        if (frame.kind === 'size') shown.resize(frame.columns, frame.rows);
      }
    });
    await once(socket, 'close').finally(() => shown.end());
  },
};
