/** What is run on a machine so that it joins, for each kind of system. */
export const JOIN_LINES: Readonly<Record<'linux' | 'plain' | 'macos' | 'container', (secret: string) => string>> = {
  linux: (secret) => `garrison node join ${secret} && garrison node service install`,
  plain: (secret) => `garrison node join ${secret} && garrison node run`,
  macos: (secret) => `bin/garrison node join ${secret} && bin/garrison node run`,
  container: (secret) => `ENROLLMENT_KEY=${secret} garrison node run --state-dir /var/lib/garrison`,
};

export type SystemName = keyof typeof JOIN_LINES;
