import { SCREENS, type Screen } from '../../screens.ts';

export interface Found {
  readonly key: string;
  readonly label: string;
  readonly detail?: string | undefined;
  /** An address below the console. */
  readonly to: string;
}

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const IDS: readonly (readonly [RegExp, (id: string) => string])[] = [
  [new RegExp(`^f-${UUID}$`), (id) => `/runs/${id}`],
  [new RegExp(`^n-${UUID}$`), (id) => `/nodes/${id}`],
  [new RegExp(`^c-${UUID}$`), (id) => `/executions/${id}`],
  [/^dsp_\w+$/, (id) => `/dispatches/${id}`],
];

/** The page of an id, whatever it is the id of; undefined for what is none. */
export function pageOfId(text: string): string | undefined {
  const id = text.trim();
  return IDS.find(([form]) => form.test(id))?.[1](id);
}

/** Pages by name, those first whose name begins with what was typed. */
export function findPages(text: string, nameOf: (screen: Screen) => string): readonly Found[] {
  const wanted = text.trim().toLowerCase();
  const entries = (Object.values(SCREENS) as Screen[]).filter(({ isEntry }) => isEntry === true); // wider than each
  return entries
    .map((screen) => ({
      key: screen.path,
      label: nameOf(screen),
      to: screen.path,
      at: nameOf(screen).toLowerCase().indexOf(wanted),
    }))
    .filter(({ at }) => at >= 0)
    .toSorted((one, other) => Math.sign(one.at) - Math.sign(other.at))
    .map(({ key, label, to }) => ({ key, label, to }));
}
