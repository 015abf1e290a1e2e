import { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];
export type Paint = (style: Style, text: string) => string;

/** Colours where they are wanted, the bare text where not. */
export function paintFor({ hasColours }: { readonly hasColours: boolean }): Paint {
  return hasColours ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text;
}

/** Red is for failures, so no node has it. */
const NODE_STYLES: readonly Style[] = [
  'cyan',
  'magenta',
  'green',
  'yellow',
  'blue',
  'cyanBright',
  'magentaBright',
  'greenBright',
  'yellowBright',
  'blueBright',
];

/** The colour of a name, the same in every run. */
export function styleOfName(name: string): Style {
  let hash = 0;
  for (const character of name) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return NODE_STYLES[hash % NODE_STYLES.length] ?? 'cyan';
}

const WORD_STYLES: Readonly<Record<string, Style>> = {
  ok: 'green',
  complete: 'green',
  completed: 'green',
  connected: 'green',
  healthy: 'green',
  active: 'green',
  online: 'green',
  valid: 'green',
  running: 'cyan',
  sent: 'cyan',
  pending: 'cyan',
  unhealthy: 'yellow',
  inactive: 'yellow',
  halted: 'red',
  err: 'red',
  failed: 'red',
  revoked: 'red',
  cert_expired: 'red',
  expired: 'red',
  timed_out: 'red',
  unreachable: 'red',
  disconnected: 'dim',
  offline: 'dim',
  cancelled: 'yellow',
  not_started: 'dim',
  deregistered: 'dim',
  withdrawn: 'dim',
  redeemed: 'dim',
};

/** A status word, or the text that tells it, in the colour of its meaning. */
export function paintStatus(paint: Paint, word: string, text: string = word): string {
  const style = WORD_STYLES[word.toLowerCase()];
  return style === undefined ? text : paint(style, text);
}
