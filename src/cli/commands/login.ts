import { ApiError } from '#client/api-error.ts';
import { CliError, usageError } from '../cli-error.ts';
import { type CommandSpec, option } from '../command-spec.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Invocation } from '../invocation.ts';
import { sentenceView } from '../output/print-view.ts';
import {
  findProfileFile,
  namedProfileFile,
  type Profile,
  readProfile,
  UNNAMED,
  useName,
  writeProfile,
} from '../profile.ts';
import { listenForRedirect } from '../sign-in/await-redirect.ts';
import { withoutSignIn, withSignIn } from '../sign-in/fresh-profile.ts';
import { type Issuer, SIGN_IN_MINUTES, type SignedIn } from '../sign-in/oidc-client.ts';
import { hasBrowser, openBrowser } from '../sign-in/open-browser.ts';

interface Options {
  readonly token?: string;
  readonly issuer?: string;
  readonly device?: boolean;
  readonly browser?: boolean;
  readonly name?: string;
}

const login: CommandSpec = {
  name: 'login',
  description: 'Sign in at a controller, as a person or with a token, and keep it for later commands.',
  options: [
    option('--issuer <url>', 'which issuer, where the controller has several'),
    option('--browser', 'by a browser on this machine (default where there is one)'),
    option('--device', 'by a code that is typed in a browser on any machine'),
    option('--name <name>', 'keep it in the profile of this name, and use that from now on'),
  ],
  examples: [
    ['garrison login --api https://garrison.example', 'by browser, at the issuer of that controller'],
    ['garrison login --api https://garrison.example --device', 'on a machine without a browser'],
    ['garrison login --api https://garrison.example --token - < token.txt', 'with a token somebody made for you'],
  ],
  run: async (invocation) => {
    const options = invocation.opts<Options>();
    if (options.browser === true && options.device === true) {
      throw usageError('--browser and --device are two ways', 'Give one of them, or neither.');
    }
    const { file, profile } = await profileToKeep(invocation, options.name);
    const token = await givenToken(invocation);
    const next =
      token === undefined
        ? await signIn(invocation, profile, options)
        : { ...withoutSignIn(profile), edgeToken: token };
    await proveIt(invocation, next);
    await writeProfile(file, next);
    if (options.name !== undefined) await useName(options.name, invocation.terminal);
    const { api, issuer = null, edgeTokenExpiresAt = null } = next;
    const until = edgeTokenExpiresAt === null || next.refreshToken !== undefined ? '' : ` until ${edgeTokenExpiresAt}`;
    await invocation.print(
      sentenceView(
        { api, issuer, expires_at: edgeTokenExpiresAt, profile: file },
        `signed in at ${api}${until}; kept in ${file}`,
      ),
    );
  },
};

export const command = login;

/** Where the sign-in goes: the profile that is meant, made anew where it is for another controller. */
async function profileToKeep(
  invocation: Invocation,
  name: string | undefined,
): Promise<{ file: string; profile: Profile }> {
  const { terminal, options } = invocation;
  const named = name === undefined || name === UNNAMED ? undefined : namedProfileFile(name, terminal);
  if (name !== undefined && name !== UNNAMED && named === undefined) {
    throw usageError(
      `${name} cannot be the name of a profile`,
      'It is of letters, digits, dots, hyphens and underscores.',
    );
  }
  const file = named ?? (await findProfileFile(options.profile, terminal));
  const found = await readProfile(file);
  const { api, ca, tenant } = await invocation.credentials();
  const own = found !== undefined && found.api === api ? found : undefined;
  if (found !== undefined && own === undefined && name === undefined) {
    throw usageError(
      `the profile ${file} is for ${found.api}, whose keys would be lost`,
      'Give the new one a name: garrison login --name NAME.',
    );
  }
  return { file, profile: { ...own, api, ...(ca !== undefined && { ca }), ...(tenant !== undefined && { tenant }) } };
}

/** `--token -` reads it, so that it is in no history of a shell. */
async function givenToken({ options, terminal }: Invocation): Promise<string | undefined> {
  if (options.token === undefined) return undefined;
  const text = options.token === '-' ? (await terminal.readStdin()).trim() : options.token;
  if (text === '')
    throw usageError('there is no token on standard input', 'Pipe it in: garrison login --token - < FILE.');
  return text;
}

async function signIn(invocation: Invocation, profile: Profile, options: Options): Promise<Profile> {
  const issuer = await chooseIssuer(invocation, options.issuer);
  const { discover, signInByDevice } = await import('../sign-in/oidc-client.ts');
  const config = await discover(issuer);
  const signal = AbortSignal.timeout(SIGN_IN_MINUTES * 60_000);
  const byBrowser = options.browser ?? (options.device === true ? false : hasBrowser(invocation.terminal.env));
  const signedIn = byBrowser
    ? await byRedirect(invocation, { config, issuer, signal })
    : await signInByDevice(config, issuer, {
        signal,
        onCode: ({ address, code }) => tell(invocation, `Open ${address}\nand confirm the code ${code}.`),
      });
  const resource = issuer.resource ?? undefined;
  return withSignIn(
    { ...withoutSignIn(profile), issuer: issuer.issuer, clientId: issuer.client_id, signInResource: resource },
    signedIn,
  );
}

async function byRedirect(
  invocation: Invocation,
  {
    config,
    issuer,
    signal,
  }: {
    config: Parameters<typeof import('../sign-in/oidc-client.ts').signInByBrowser>[0];
    issuer: Issuer;
    signal: AbortSignal;
  },
): Promise<SignedIn> {
  const { signInByBrowser } = await import('../sign-in/oidc-client.ts');
  const redirect = await listenForRedirect(signal);
  try {
    return await signInByBrowser(config, issuer, {
      url: redirect.url,
      async open(address) {
        const isOpen = hasBrowser(invocation.terminal.env) && (await openBrowser(address));
        tell(invocation, isOpen ? `Your browser asks you to sign in. If it does not: ${address}` : `Open ${address}`);
        return redirect.came;
      },
    });
  } finally {
    redirect.close();
  }
}

async function chooseIssuer(invocation: Invocation, wanted: string | undefined): Promise<Issuer> {
  const { api } = await invocation.credentials();
  const { issuers } = await (await invocation.open()).json<{ issuers: Issuer[] }>({
    method: 'GET',
    path: '/v1/sign-in',
  });
  const [only, ...others] = wanted === undefined ? issuers : issuers.filter(({ issuer }) => issuer === wanted);
  if (only !== undefined && others.length === 0) return only;
  const names = issuers.map(({ issuer }) => issuer).join(', ');
  if (issuers.length > 0) {
    const problem = wanted === undefined ? `${api} has several issuers` : `${api} does not know the issuer ${wanted}`;
    throw usageError(problem, `Name one with --issuer: ${names}.`);
  }
  throw new CliError(`${api} has no issuer at which people sign in from the command line`, {
    exitCode: ExitCode.auth,
    advice:
      'Its operator sets clientId of an entry in oidcIssuers, or makes a token for you: garrison login --token -.',
  });
}

/** For the person, whatever form the answer has. */
function tell({ terminal }: Invocation, text: string): void {
  terminal.stderr.write(`${text}\n`);
}

/** A token is kept only after the controller has taken it; what it may do there is another matter. */
async function proveIt(invocation: Invocation, { edgeToken, tenant }: Profile): Promise<void> {
  const { edgeFleetClient } = await import('../clients.ts');
  const client = await edgeFleetClient(await invocation.credentials(), edgeToken ?? '', tenant);
  try {
    await client.hosts().next();
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 403)) throw error;
    tell(invocation, `note: ${error.message}`);
  }
}
