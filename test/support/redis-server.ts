import { ServerProgram, whereIs } from './server-program.ts';

/** Why tests with a Redis are skipped here; undefined when they are not. */
export const noRedis = whereIs('redis-server') === undefined ? 'redis-server is not installed' : undefined;

/** Every write is on disk before its answer. @param words of its command line */
export function startRedis(
  words: readonly string[] | ((server: ServerProgram) => readonly string[]) = [],
): Promise<ServerProgram> {
  return ServerProgram.start({
    program: 'redis-server',
    args: (server) => [
      ...[
        '--port',
        String(server.port),
        '--bind',
        '127.0.0.1',
        '--dir',
        server.directory,
        '--save',
        '',
        '--appendonly',
        'yes',
      ],
      ...(typeof words === 'function' ? words(server) : words),
    ],
  });
}
