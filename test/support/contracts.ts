import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const CONTRACTS = join(import.meta.dirname, '../../contracts');

export type ContractName =
  | 'org-outposts.openapi'
  | 'edge-admin.openapi'
  | 'edge-admin.asyncapi'
  | 'edge-fleet.openapi'
  | 'agent-dispatch.openapi';

/** A contract as it lies in this repository, parsed. A comparison never skips: the file is always there. */
// biome-ignore lint/suspicious/noExplicitAny: documents are looked into at many depths
export function readContract(name: ContractName): any {
  return JSON.parse(readFileSync(join(CONTRACTS, `${name}.json`), 'utf8'));
}
