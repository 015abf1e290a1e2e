/** Before a release: notes the node protocol that it releases, so that nothing in it ever means something else after that. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const command = ['build', 'proto', '--exclude-source-info', '-o', 'proto/released.json'];
execFileSync('node_modules/.bin/buf', command, { cwd: root, stdio: 'inherit' });
