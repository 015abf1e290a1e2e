import { validate } from 'uuid';
import type { OrgOutpostsClient } from '#client/org-outposts/org-outposts-client.ts';
import { CliError } from '../../cli-error.ts';
import { ExitCode } from '../../exit-codes.ts';

/** The id of the one outpost of this name that is not deregistered, or the id itself. */
export async function resolveOutpostId(client: OrgOutpostsClient, orgId: string, nameOrId: string): Promise<string> {
  if (validate(nameOrId)) return nameOrId;
  const named = (await client.list(orgId)).filter(
    (one) => one.outpost_name === nameOrId && one.status !== 'deregistered',
  );
  const [only, ...others] = named;
  if (only !== undefined && others.length === 0) return only.id;
  const [what, advice] =
    only === undefined
      ? [`there is no outpost called ${nameOrId}`, 'garrison outposts list shows what there is.']
      : [
          `${named.length} outposts are called ${nameOrId}`,
          `Say which one by its id: ${named.map((one) => one.id).join(', ')}.`,
        ];
  throw new CliError(what, { exitCode: only === undefined ? ExitCode.unavailable : ExitCode.usage, advice });
}
