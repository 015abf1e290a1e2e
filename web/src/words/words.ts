/**
 * Everything the console says, by noun. A sentence is whole here: what changes in it is a parameter, and no screen puts one
 * together from parts. Numbers, instants and plurals are written by `format.ts`.
 */
import { formatNumber, plural } from './format.ts';
import { partWords } from './parts.ts';

export const words = {
  parts: partWords,
  layout: {
    navigation: 'Main',
    skip: 'Skip to the content',
    signOut: 'Sign out',
    version: (version: string) => `Version ${version}`,
    tabTitle: (title: string) => `${title} · Garrison`,
    nameless: { master: 'Master key', api: 'API key', scoped: 'Scoped key' } as Readonly<Record<string, string>>,
    theme: { system: 'Colours of the system', light: 'Light colours', dark: 'Dark colours' },
  },
  sections: { fleet: 'Fleet', work: 'Work', events: 'Events', access: 'Access', installation: 'Installation' },
  nav: {
    overview: 'Overview',
    nodes: 'Nodes',
    join: 'Add machines',
    groups: 'Groups',
    clusters: 'Clusters',
    aliases: 'Aliases',
    outposts: 'Outposts',
    runs: 'Runs',
    run: 'Run',
    dispatches: 'Dispatches',
    approvals: 'Approvals',
    events: 'Events',
    webhooks: 'Webhooks',
    keys: 'Keys',
    sessions: 'Sessions',
    certificates: 'Certificates',
    audit: 'Audit log',
    controllers: 'Controllers',
    releases: 'Releases',
    settings: 'Settings',
  },
  states: {
    loading: 'Loading…',
    retry: 'Try again',
    requestId: 'Request',
    noRight: 'You may not see this',
    scopeNeeded: (scope: string) => `It takes the scope ${scope}, which your key does not have.`,
  },
  problem: {
    unreachable: 'The controller cannot be reached.',
    withoutWords: (status: number) => `The controller answered ${status} without a reason.`,
  },
  keys: {
    title: 'Keys',
    down: 'Next row',
    up: 'Row before',
    select: 'Select the row',
    open: 'Open the row',
    goTo: (title: string) => `Go to ${title}`,
  },
  feed: { lost: 'Connection lost; trying again. What is shown is from' },
  notFound: { title: 'There is no such page', hint: 'The address may be from another version of the console.' },
  signIn: {
    title: 'Sign in to Garrison',
    key: 'Key',
    submit: 'Sign in',
    busy: 'Signing in…',
    or: 'or',
    hint: 'On a machine with the command line, this opens the console signed in:',
    withIssuer: (name: string) => `Continue with ${name}`,
    linkUsed: 'This link has expired or was used. A link works once, for a minute.',
    linkFailed: 'The link could not be exchanged for a session: the controller did not answer.',
    newLink: 'For a new one, run',
  },
  overview: { title: 'Overview' },
  nodes: {
    title: 'Nodes',
    none: 'No nodes yet',
    noneHint: 'A machine joins with one line. This makes a token for it:',
    noMatch: 'No node matches',
    shown: (count: number, hasMore: boolean) =>
      hasMore
        ? plural(count, { one: 'The first node', other: 'The first # nodes' })
        : plural(count, { one: '# node', other: '# nodes' }),
    columns: {
      name: 'Name',
      status: 'Status',
      seen: 'Last seen',
      system: 'System',
      version: 'Version',
      tags: 'Tags',
    },
    status: {
      Connected: 'Connected',
      Unhealthy: 'Unhealthy',
      Disconnected: 'Away',
      Revoked: 'Revoked',
    },
    more: (count: number) => `Loading more than ${formatNumber(count)}…`,
  },
} as const;
