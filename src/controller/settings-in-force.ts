import { nameInFile, type Setting } from '#settings/read-settings.ts';
import type { SettingInForce } from '#surfaces/native/deps.ts';
import { type ControllerConfig, settings } from './config.ts';

/** What this controller was started with, in the order of the documentation. Of secrets it says whence they are, and no more. */
export function settingsInForce(config: ControllerConfig): SettingInForce[] {
  return Object.entries<Setting<unknown>>(settings).map(([name, { section, kind, description, defaultText }]) => {
    const value = config[name as keyof typeof settings]; // the names of the same record
    const isSecret = kind.isSecret === true;
    return {
      name: nameInFile(name),
      section,
      description,
      value: value === undefined || isSecret ? null : withoutPassword(kind.print(value)),
      isSecret,
      isSet: value !== undefined,
      whenUnset: value === undefined ? (defaultText ?? null) : null,
      ...(config.origins[name] ?? { source: 'default', from: null }),
    };
  });
}

/** A URL may hold one, whatever kind of setting it is. */
function withoutPassword(text: string): string {
  return text.replaceAll(/:\/\/[^/@\s"]{1,512}@/g, '://[redacted]@');
}
