// Writes src/protocol/gen from proto/. `npm run proto`; a guard test compares the result with what is committed.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

export function generateProtocol(into: string): void {
  const template = join(mkdtempSync(join(tmpdir(), 'garrison-buf-')), 'buf.gen.yaml');
  const options = [
    'outputServices=grpc-js',
    'esModuleInterop=true',
    'importSuffix=.ts',
    'enumsAsLiterals=true',
    'unrecognizedEnum=false',
    'oneof=unions-value',
    'forceLong=number',
    'useDate=true',
    'env=node',
    'outputTypeAnnotations=false',
    'outputJsonMethods=false',
    'outputPartialMethods=true',
    'removeEnumPrefix=true',
  ];
  const plugin = { local: join(root, 'node_modules/.bin/protoc-gen-ts_proto'), out: into, opt: options };
  writeFileSync(template, JSON.stringify({ version: 'v2', plugins: [plugin] }));
  execFileSync(join(root, 'node_modules/.bin/buf'), ['generate', join(root, 'proto'), '--template', template], {
    cwd: root,
    stdio: 'inherit',
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) generateProtocol(join(root, 'src/protocol/gen'));
