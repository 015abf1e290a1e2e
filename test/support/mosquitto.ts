import { execFileSync } from 'node:child_process';
import { ServerProgram, whereIs } from './server-program.ts';

/** Why tests with an MQTT broker are skipped here; undefined when they are not. */
export const noMosquitto = whereIs('mosquitto') === undefined ? 'mosquitto is not installed' : undefined;

/** With the user `garrison` whose password is `harbour`. @param lines of its configuration */
export function startMosquitto(lines: (server: ServerProgram) => readonly string[] = () => []): Promise<ServerProgram> {
  return ServerProgram.start({
    program: 'mosquitto',
    args: (server) => {
      execFileSync('mosquitto_passwd', ['-b', '-c', server.file('passwords'), 'garrison', 'harbour']);
      const config = [
        `listener ${server.port} 127.0.0.1`,
        `password_file ${server.file('passwords')}`,
        ...(process.getuid?.() === 0 ? ['user root'] : []), // it could not read its directory otherwise
        ...lines(server),
      ];
      return ['-c', server.write('mosquitto.conf', `${config.join('\n')}\n`)];
    },
  });
}
