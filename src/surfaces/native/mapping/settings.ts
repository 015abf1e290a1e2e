import type { Static } from 'typebox';
import type { SettingInForce as Setting } from '../deps.ts';
import type { SettingInForce } from '../wire/settings.ts';

export function writeSetting({ isSecret, isSet, whenUnset, ...setting }: Setting): Static<typeof SettingInForce> {
  return { ...setting, is_secret: isSecret, is_set: isSet, when_unset: whenUnset };
}
