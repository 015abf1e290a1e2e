/** Colours and weights (SGR) are kept, except those that hide text; everything else that steers a terminal is not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const SGR = /\u001b\[([0-9;:]*)m/g;

/**
 * Control characters but tab and line feed, what changes the direction of text (U+061C, U+200E–200F, U+202A–202E,
 * U+2066–2069), its deprecated relatives (U+206A–206F), and separators that some terminals break lines at.
 */
const UNSAFE = /[[\p{Cc}\p{Bidi_Control}\u206a-\u206f\u2028\u2029]--[\t\n]]/gv;

const RESET = '\u001b[0m';

/**
 * Text of a host as a person's terminal may show it. A host that is not trusted must not move the cursor, set the title,
 * hide or reorder text, or answer questions in the operator's shell: such characters become visible (`^[`, `\u202e`),
 * tabs and line feeds stay. A colour that the text leaves on ends with it, so that it does not reach what comes next.
 *
 * A text cut anywhere is as safe as the whole: no escape character passes unless its whole sequence is in one piece.
 * C0 controls have the caret form; all others have the form of JSON, where they are thus the same data as before.
 */
export function printable(text: string): string {
  if (text.search(UNSAFE) === -1) return text;
  const kept: string[] = [];
  let from = 0;
  let isOpen = false;
  for (const { 0: sequence, 1: parameters = '', index } of text.matchAll(SGR)) {
    if (hidesText(parameters)) continue;
    kept.push(visible(text.slice(from, index)), sequence);
    from = index + sequence.length;
    isOpen = !/(^|;)0*$/.test(parameters);
  }
  return kept.join('') + visible(text.slice(from)) + (isOpen ? RESET : '');
}

/** Whether one of the parameters is 8 (conceal). An 8 may also be a part of a colour: `38;5;8`, `48;2;8;8;8`. */
function hidesText(parameters: string): boolean {
  const codes = parameters.split(';');
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? '';
    if (Number.parseInt(code, 10) === 8) return true;
    if (code === '38' || code === '48') at += partsOfColour(codes[at + 1]);
  }
  return false;
}

function partsOfColour(kind: string | undefined): number {
  if (kind === '5') return 2;
  return kind === '2' ? 4 : 0;
}

function visible(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`;
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
