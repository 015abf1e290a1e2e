import type { ReadyController } from '#controller/main.ts';
import { ownPackage } from '#runtime/own-package.ts';
import type { Paint } from '../../output/paint.ts';

/** What `up --json` prints. Scripts rely on these names. */
export interface ReadyFacts {
  readonly api: string;
  readonly nodes: string;
  readonly masterKey: string;
  readonly apiKey: string;
  readonly orgId: string;
  readonly arbKey: string;
  readonly otpKey: string;
  readonly edgeToken: string;
  /** For `/mcp`. */
  readonly mcpToken: string;
  readonly dataDir: string;
  readonly pid: number;
  readonly tls: string;
  /** host:port. */
  readonly httpProxy: string;
  readonly socks5Proxy: string;
  readonly proxyKey: string;
}

export function factsOf({ controller, config, secrets }: ReadyController): ReadyFacts {
  const { api, tls, nodes, orgId, keys, httpProxy, socksProxy } = controller;
  return {
    api,
    nodes,
    masterKey: secrets.masterKey.reveal(),
    apiKey: secrets.apiKey.reveal(),
    orgId,
    arbKey: keys.arbKey.reveal(),
    otpKey: keys.otpKey.reveal(),
    edgeToken: keys.edgeToken.reveal(),
    mcpToken: keys.mcpToken.reveal(),
    dataDir: config.dataDir,
    pid: process.pid,
    tls,
    httpProxy,
    socks5Proxy: socksProxy,
    proxyKey: secrets.proxyKey.reveal(),
  };
}

/** What a person sees: where everything is, the keys at the first start only, and what to do next. */
export function describeReady(ready: ReadyController, facts: ReadyFacts, profile: ProfilePlace, paint: Paint): string {
  const isFirstStart = ready.secrets.created.includes('master.key');
  const lines = [
    `${paint('bold', `garrison ${ownPackage.version} is up`)} (pid ${facts.pid})`,
    `  API     ${facts.api} (documentation at ${facts.api}/swaggerui)`,
    `          ${facts.tls} (TLS, with client certificates)`,
    `  nodes   ${facts.nodes}`,
    `  proxies ${facts.httpProxy} (HTTP), ${facts.socks5Proxy} (SOCKS5)`,
    `  data    ${facts.dataDir}`,
    ...(isFirstStart ? describeKeys(facts) : []),
    ...describeProfile(profile),
    '',
    "Try garrison run 'uptime' --on all in another terminal. Ctrl-C here stops everything.",
  ];
  return `${lines.join('\n')}\n`;
}

export interface ProfilePlace {
  readonly file: string;
  /** What it is called, where it has a name. */
  readonly name?: string;
  /** Whether commands without `--profile` use it. */
  readonly isCurrent: boolean;
}

function describeKeys(facts: ReadyFacts): string[] {
  return [
    '',
    `Keys, shown only once and kept in ${facts.dataDir}:`,
    `  master key      ${facts.masterKey}`,
    `  Edge Admin key  ${facts.apiKey}`,
    `  edge token      ${facts.edgeToken}`,
    `  MCP token       ${facts.mcpToken}`,
    `  org key         ${facts.arbKey} (organisation ${facts.orgId})`,
    `  dispatch key    ${facts.otpKey}`,
    `  proxy key       ${facts.proxyKey}`,
  ];
}

function describeProfile({ file, isCurrent, name }: ProfilePlace): string[] {
  if (isCurrent) return ['', `The command line of this user speaks to it (${file}).`];
  if (name !== undefined) {
    return [
      '',
      `The command line of this user goes on speaking to another controller. To this one: garrison profile use ${name}`,
      `for good, or --profile ${name} once (${file}).`,
    ];
  }
  return [
    '',
    `The command line speaks to another controller; for this one say --profile ${file}, or GARRISON_PROFILE.`,
  ];
}
