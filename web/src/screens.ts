/**
 * Every screen of the console, in the order of the navigation. Routes, navigation, palette and keys are made of it, and the
 * command that takes pictures visits each. `sample` fills the parameters of a path from what a test has made.
 */
export interface Screen {
  readonly path: string;
  /** Which entry of the navigation it belongs to; one that is the entry itself says `isEntry`. */
  readonly nav: NavName;
  readonly isEntry?: boolean;
  /** Goes here after `g`. */
  readonly key?: string;
}

/** The entries of the navigation, by section. */
export const NAV_SECTIONS = {
  fleet: ['nodes', 'join', 'groups', 'clusters', 'aliases', 'outposts', 'terminals'],
  work: ['runs', 'run', 'dispatches', 'approvals'],
  events: ['events', 'webhooks'],
  access: ['keys', 'sessions', 'certificates', 'audit'],
  installation: ['controllers', 'releases', 'settings'],
} as const;

export type SectionName = keyof typeof NAV_SECTIONS;

export type NavName = 'overview' | (typeof NAV_SECTIONS)[SectionName][number];

export const SCREENS = {
  overview: { path: '/', nav: 'overview', isEntry: true, key: 'o' },
  nodes: { path: '/nodes', nav: 'nodes', isEntry: true, key: 'n' },
  join: { path: '/add-machines', nav: 'join', isEntry: true },
  groups: { path: '/groups', nav: 'groups', isEntry: true },
  group: { path: '/groups/$group', nav: 'groups' },
  node: { path: '/nodes/$node', nav: 'nodes' },
  terminal: { path: '/nodes/$node/terminal', nav: 'nodes' },
  terminals: { path: '/terminals', nav: 'terminals', isEntry: true, key: 't' },
  terminalSession: { path: '/terminals/$session', nav: 'terminals' },
  compose: { path: '/run', nav: 'run', isEntry: true, key: 'c' },
  runs: { path: '/runs', nav: 'runs', isEntry: true, key: 'r' },
  compareRuns: { path: '/runs/compare', nav: 'runs' },
  run: { path: '/runs/$run', nav: 'runs' },
  execution: { path: '/executions/$execution', nav: 'runs' },
  clusters: { path: '/clusters', nav: 'clusters', isEntry: true },
  cluster: { path: '/clusters/$cluster', nav: 'clusters' },
  aliases: { path: '/aliases', nav: 'aliases', isEntry: true },
  outposts: { path: '/outposts', nav: 'outposts', isEntry: true },
  dispatches: { path: '/dispatches', nav: 'dispatches', isEntry: true, key: 'd' },
  dispatch: { path: '/dispatches/$dispatch', nav: 'dispatches' },
  approvals: { path: '/approvals', nav: 'approvals', isEntry: true },
  events: { path: '/events', nav: 'events', isEntry: true, key: 'e' },
  webhooks: { path: '/webhooks', nav: 'webhooks', isEntry: true, key: 'w' },
  webhook: { path: '/webhooks/$webhook', nav: 'webhooks' },
  keys: { path: '/keys', nav: 'keys', isEntry: true },
  sessions: { path: '/sessions', nav: 'sessions', isEntry: true },
  certificates: { path: '/certificates', nav: 'certificates', isEntry: true },
  audit: { path: '/audit', nav: 'audit', isEntry: true, key: 'a' },
  controllers: { path: '/controllers', nav: 'controllers', isEntry: true },
  settings: { path: '/settings', nav: 'settings', isEntry: true },
  releases: { path: '/releases', nav: 'releases', isEntry: true },
} as const satisfies Record<string, Screen>;
