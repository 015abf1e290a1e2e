/** What the palette and the list of keys say. */
export const paletteWords = {
  title: 'Search',
  open: 'Search and commands',
  placeholder: 'Nodes, runs, pages, ids…',
  pages: 'Pages',
  nodes: 'Nodes',
  runs: 'Runs',
  ids: 'Go to',
  recent: 'Visited lately',
  none: 'Nothing found.',
  keys: 'Keys',
  keysHint: 'Keys do nothing while you type in a field.',
  keysOn: 'Keys are on',
} as const;
