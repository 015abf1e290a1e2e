import { userInfo } from 'node:os';
import { ROLES } from './roles.ts';

/**
 * Who may connect to the embedded server: the account that Garrison runs as, through the socket, as any of our roles. The
 * kernel says who comes (peer), so there is no password to keep, and the server's own account is nobody to itself.
 *
 * @param client what the server takes us for, when it is not our name
 * @returns `pg_hba.conf` and `pg_ident.conf`
 */
export function clientRules(client = userInfo().username): Readonly<Record<string, string>> {
  const mapping = Object.values(ROLES).map((role) => `garrison "${client.replaceAll('"', '""')}" ${role}`);
  return {
    'pg_hba.conf': `${NOTE}local all ${Object.values(ROLES).join(',')} peer map=garrison\n`,
    'pg_ident.conf': `${NOTE}${mapping.join('\n')}\n`,
  };
}

const NOTE = '# Written by Garrison at each start.\n';
