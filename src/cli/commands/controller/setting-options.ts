import type { Option } from 'commander';
import { configFlags } from '#controller/config.ts';
import { option } from '../../command-spec.ts';

/** Settings of the controller as options, under its own names: all of them, or those whose flags are `names`. */
export function settingOptions(names?: readonly string[]): Option[] {
  return configFlags()
    .filter(({ definition }) => names === undefined || names.some((name) => definition.startsWith(`${name} `)))
    .map(({ definition, description }) => option(definition, description));
}
