import { settings } from '#controller/config.ts';
import { daemonSettings } from '#daemon/settings.ts';
import { nameInFile, type Setting } from '#settings/read-settings.ts';

/** In the order of the page. */
const SECTIONS = [
  'General',
  'Database',
  'Listeners',
  'Tunnels',
  'Keys',
  'Edge Admin',
  'Org outposts',
  'Coding agents',
  'Tenants',
  'Events',
  'Sign-in',
  'Event broker',
  'Several controllers',
  'Nodes',
  'Artifacts',
];

/** `docs/reference/configuration.md`: written by `write-configuration-page.ts`, compared by a guard. */
export function configurationPage(): string {
  const entries = Object.entries<Setting<unknown>>(settings);
  const sections = Map.groupBy(entries, ([, setting]) => setting.section);
  const unplaced = [...sections.keys()].filter((section) => !SECTIONS.includes(section));
  if (unplaced.length > 0) throw new Error(`these sections have no place on the page: ${unplaced.join(', ')}`);
  const tables = SECTIONS.map((section) => `## ${section}\n\n${table(sections.get(section) ?? [])}`);
  const ofNode = table(Object.entries<Setting<unknown>>(daemonSettings));
  return `${introduction}\n${tables.join('\n\n')}\n\n${introductionOfNode}\n${ofNode}\n`;
}

const introduction = `# Configuration of the controller and of the node

<!-- Written from the settings of each room by: node build/write-configuration-page.ts -->

What is set for a node is at the end of this page; everything before is for the controller.

A setting is taken from the first place that has it: flag, environment, configuration file, default. The file is the one
named by \`--config\` or \`GARRISON_CONFIG\`, else \`garrison.yaml\` in the data directory, else
\`/etc/garrison/garrison.yaml\`; it holds one \`setting: value\` per line. Lists are YAML lists there, and separated by
commas in flags and environment. Durations and sizes carry their unit: \`15s\`, \`6m\`, \`30d\`, \`1MiB\`.

A value that cannot be used, a setting that does not exist, and an unknown variable whose name begins with \`GARRISON_\`
stop the start with a message that says where it came from and what to give. Secrets are never printed; a file that
holds one must have mode 0600.
`;

const introductionOfNode = `## The node itself

For \`garrison node run\`, in the same order of places. The file is \`garrison.yaml\` in the state directory. A flag that takes a
list may come several times. Variables whose names are not known are left alone.
`;

function table(members: readonly (readonly [string, Setting<unknown>])[]): string {
  const rows = members.map(([name, setting]) =>
    row([nameInFile(name), ...columns(setting)].map((cell, index) => (index === 0 ? code(cell) : cell))),
  );
  return [
    row(['setting', 'environment', 'flag', 'type', 'default', 'what it does']),
    row(Array(6).fill('---')),
    ...rows,
  ].join('\n');
}

function columns({ env, flag, kind, description, ...setting }: Setting<unknown>): string[] {
  const type = kind.isSecret === true ? 'secret' : kind.name;
  return [
    env.map(code).join(', '),
    flag === undefined ? '' : code(`--${flag}`),
    type,
    defaultOf({ kind, ...setting }),
    description,
  ];
}

function defaultOf({
  kind,
  defaultText,
  ...setting
}: Pick<Setting<unknown>, 'kind' | 'default' | 'defaultText'>): string {
  return defaultText ?? (setting.default === undefined ? '' : code(kind.print(setting.default)));
}

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
