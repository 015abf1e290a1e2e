import { once } from 'node:events';
import { openTunnel } from '#client/tunnels/open-tunnel.ts';
import { TerminalFrameReader } from '#protocol/terminal/terminal-frames.ts';
import { argument, type CommandSpec } from '../../command-spec.ts';
import { untilStopped } from '../../until-stopped.ts';

export const command: CommandSpec = {
  name: 'watch',
  description:
    'Watch a terminal session while it is open, from now on, without a part in it. Needs the scope garrison.sessions.watch; the person at the terminal is told, and it is in the audit log.',
  arguments: [argument('<id>', 'id of the session')],
  examples: [['garrison sessions watch ID', 'until it ends, or Ctrl-C']],
  run: async (invocation, id: string) => {
    const socket = await openTunnel(await invocation.tunnels(), { kind: 'watch', id });
    const { stdout } = invocation.terminal;
    const reader = new TerminalFrameReader();
    untilStopped().addEventListener('abort', () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('data', (piece: Buffer) => {
      for (const frame of reader.read(piece)) if (frame.kind === 'output') stdout.write(frame.bytes.toString('utf8'));
    });
    invocation.note(`watching ${id}; Ctrl-C ends it`);
    await once(socket, 'close');
  },
};
