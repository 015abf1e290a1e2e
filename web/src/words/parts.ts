/** What parts of several screens say. */
export const partWords = {
  more: 'Show more',
  copy: (what: string) => `Copy: ${what}`,
  copied: 'Copied',
  close: 'Close',
  cancel: 'Cancel',
  done: 'Done',
  mayNot: 'You may not do this',
  typeName: (name: string) => `Type ${name} to go on`,
  typedWrongly: (name: string) => `That is not ${name}.`,
  shownOnce: 'This is shown once. Keep it now: only its hash is stored.',
  never: 'Never',
  none: 'None',
  actions: 'Actions',
  any: 'Any',
  filter: 'Filter',
} as const;
