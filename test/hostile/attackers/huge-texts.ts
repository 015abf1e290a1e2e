import { countBy, inParallel, Tenant } from '../wire/tenant.ts';
import { given, report } from './given.ts';

/**
 * Every operation the documentation of the server names, with every text of its body, address and query replaced in turn
 * by texts that quadratic patterns cannot bear, of 80 KB and of a megabyte.
 */
const { api, keys, lengths } = given<{ keys: Record<string, string>; lengths: readonly number[] }>();
type Schema = { type?: string; properties?: Record<string, Schema>; items?: Schema; anyOf?: Schema[] };
type Operation = {
  requestBody?: { content: Record<string, { schema: Schema }> };
  parameters?: { in: string; name: string }[];
};
const NODE = '00000000-0000-4000-8000-000000000000';
const TEXTS: readonly ((length: number) => string)[] = [
  (length) => 'a'.repeat(length),
  (length) => `ssh-rsa ${'A'.repeat(length)}!`,
  (length) => `ssh-ed25519 AAAA${' '.repeat(length)}\t\n`,
  (length) => `${'=,'.repeat(length / 2)}=`,
  (length) => `${'1.'.repeat(length / 2)}x/`,
];
/** Which key opens the operations of which document. */
const KEYS: Readonly<Record<string, string>> = {
  'agent-dispatch': 'native',
  'edge-admin': 'api',
  'edge-fleet': 'edge',
  native: 'native',
  'org-outposts': 'arb',
};
const requests: { tenant: Tenant; method: string; path: string; body?: unknown }[] = [];

for (const [name, key] of Object.entries(KEYS)) {
  const tenant = new Tenant(api, keys[key] ?? '', 4);
  const { body } = await fetchWhole(`/openapi/${name}.json`);
  const { paths } = body as { paths: Record<string, Record<string, Operation>> };
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const filled = path.replaceAll(/\{\w+\}/g, NODE);
      const schema = operation.requestBody?.content['application/json']?.schema;
      const text = TEXTS[requests.length % TEXTS.length] as (length: number) => string; // within its length
      for (const length of lengths) {
        for (const body of bodiesOf(schema, text(length))) requests.push({ tenant, method, path: filled, body });
      }
      for (const { in: place, name } of operation.parameters ?? []) {
        const query = `${filled}?${name}=${encodeURIComponent(text(4_000))}`;
        const address = path.replace(`{${name}}`, encodeURIComponent(text(300))).replaceAll(/\{\w+\}/g, NODE);
        requests.push({ tenant, method, path: place === 'query' ? query : address });
      }
    }
  }
}

async function fetchWhole(path: string): Promise<{ body: unknown }> {
  const answer = await fetch(`http://127.0.0.1:${api}${path}`);
  return { body: await answer.json() };
}

/** One body for each text there is in the schema: the rest stays away, so that the text is what is read first. */
function bodiesOf(schema: Schema | undefined, text: string): unknown[] {
  if (schema === undefined) return [];
  const kinds = [schema, ...(schema.anyOf ?? [])];
  return kinds.flatMap(({ type, properties, items }): unknown[] => {
    if (type === 'string') return [text];
    if (type === 'array') return bodiesOf(items, text).map((item) => [item]);
    return Object.entries(properties ?? {}).flatMap(([name, inner]) =>
      bodiesOf(inner, text).map((value) => ({ [name]: value })),
    );
  });
}

const statuses = await inParallel(requests.length, 4, async (index) => {
  const { tenant, method, path, body } = requests[index] as (typeof requests)[number]; // within its length
  return (await tenant.call(method.toUpperCase(), path, body)).status;
});
report({ requests: requests.length, statuses: countBy(statuses) });
