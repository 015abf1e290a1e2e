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

export const NAV = ['overview', 'nodes', 'runs', 'run'] as const;

export type NavName = (typeof NAV)[number];

export const SCREENS = {
  overview: { path: '/', nav: 'overview', isEntry: true, key: 'o' },
  nodes: { path: '/nodes', nav: 'nodes', isEntry: true, key: 'n' },
} as const satisfies Record<string, Screen>;
