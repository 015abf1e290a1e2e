// SSH 2 in JavaScript, maintained and the one everybody uses: no compiler on the host, no sshd of the system to configure. Loaded
// with the first connection, and through this file because it is CommonJS, whose names a bundler cannot give to a dynamic import.
import ssh2 from 'ssh2';

export const { Server, utils } = ssh2;
