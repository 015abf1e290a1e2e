import { ServerProgram, whereIs } from './server-program.ts';

/** Why tests with a NATS server are skipped here; undefined when they are not. */
export const noNats = whereIs('nats-server') === undefined ? 'nats-server is not installed' : undefined;

/** @param config lines of its configuration: `authorization { … }`, `tls { … }`; files are made by `prepare` first. */
export function startNats(prepare: (server: ServerProgram) => string = () => ''): Promise<ServerProgram> {
  return ServerProgram.start({
    program: 'nats-server',
    args: (server) => {
      const listen = `listen: "127.0.0.1:${server.port}"\nserver_name: test\n`;
      return ['-c', server.write('nats.conf', listen + prepare(server))];
    },
  });
}
