/** Colours and weights (SGR) are harmless and kept; everything else that steers a terminal is not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const SGR = /\u001b\[[0-9;:]*m/g;
const CONTROLS = /[^\P{Cc}\t\n]/gu;

/**
 * Text of a host as a person's terminal may show it. A host that is not trusted must not move the cursor, set the
 * title or answer questions in the operator's shell: control characters become visible (`^[`), tabs and line feeds stay.
 */
export function printable(text: string): string {
  if (!CONTROLS.test(text)) return text;
  CONTROLS.lastIndex = 0;
  const kept: string[] = [];
  let from = 0;
  for (const { 0: sequence, index } of text.matchAll(SGR)) {
    kept.push(visible(text.slice(from, index)), sequence);
    from = index + sequence.length;
  }
  return kept.join('') + visible(text.slice(from));
}

function visible(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`;
    return code === 0x7f ? '^?' : `\\x${code.toString(16)}`;
  });
}
