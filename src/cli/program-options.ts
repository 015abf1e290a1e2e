import { Option } from 'commander';
import type { Example } from './help.ts';
import { OUTPUT_FORMATS } from './output/print-view.ts';

export const SUMMARY = 'One control plane for the machines you do not touch and the coding agents that work on them.';

/** What every command takes. */
export const PROGRAM_OPTIONS: readonly Option[] = [
  new Option('--api <url>', 'the controller (GARRISON_API)'),
  new Option('--key <key>', 'API or master key (GARRISON_KEY)'),
  new Option('--token <token>', 'token for the edge fleet (GARRISON_TOKEN)'),
  new Option('--org <id>', 'organisation (GARRISON_ORG)'),
  new Option('--tenant <id>', 'tenant to act for (GARRISON_TENANT)'),
  new Option('--ca <file>', 'authority of the controller’s certificate, PEM (GARRISON_CA)'),
  new Option('--profile <file>', 'profile by name or file, or the data directory it is in (GARRISON_PROFILE)'),
  new Option('-o, --output <format>', 'form of the answer').choices(OUTPUT_FORMATS).default('table'),
];

export const PROGRAM_EXAMPLES: readonly Example[] = [
  ['garrison up', 'a controller with its database and a first node, on this machine'],
  ["garrison run 'uptime' --on all", 'a command on every node, its output as it comes'],
  ['garrison nodes list', 'which machines there are'],
  ['garrison help run', 'everything about one command'],
];
