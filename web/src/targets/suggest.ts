/** What could stand where the cursor is, in the grammar of `--on`. */
export interface Known {
  readonly tags: readonly string[];
  readonly groups: readonly string[];
  readonly clusters: readonly string[];
  readonly systems: readonly string[];
  readonly architectures: readonly string[];
  readonly labels: readonly string[];
  readonly nodes: readonly string[];
}

export interface Suggestion {
  /** The whole text with the suggestion in it, and where the cursor stands then. */
  readonly text: string;
  readonly cursor: number;
  /** What is put in. */
  readonly label: string;
}

const MOST = 8;
const BEGINNINGS = ['all', 'tags=', 'os=', 'arch=', 'labels=', 'tools=', 'group:', 'cluster:'] as const;
const BARE = /^[^\s"(),=!&]+$/u;

export function suggest(text: string, cursor: number, known: Known): readonly Suggestion[] {
  const before = text.slice(0, cursor);
  const word = /[^\s,!&()]*$/.exec(before)?.[0] ?? '';
  const { begun, options } = optionsFor(before, word, known);
  const found = options.filter((option) => isMeant(option, begun)).slice(0, MOST);
  const start = cursor - begun.length;
  return found.map((option) => {
    const written =
      BARE.test(option) || option.endsWith('=') || option.endsWith(':') || option.includes('=')
        ? option
        : JSON.stringify(option);
    return {
      label: option,
      text: text.slice(0, start) + written + text.slice(cursor),
      cursor: start + written.length,
    };
  });
}

/** A word that is complete already is no suggestion. */
function isMeant(option: string, begun: string): boolean {
  const [one, other] = [option.toLowerCase(), begun.toLowerCase()];
  return one !== other && one.includes(other);
}

function optionsFor(
  before: string,
  word: string,
  known: Known,
): { readonly begun: string; readonly options: readonly string[] } {
  const key = /^(tags|os|arch|labels)=(.*)$/.exec(word) ?? listKey(before, word);
  if (key !== null) return { begun: key[2] ?? '', options: valuesOf(key[1] ?? '', known) };
  const named = /^(group|cluster):(.*)$/.exec(word);
  if (named !== null) return { begun: named[2] ?? '', options: named[1] === 'group' ? known.groups : known.clusters };
  const name = word.replace(/^@/, '');
  return { begun: name, options: [...BEGINNINGS, ...(name === '' ? [] : known.nodes)] };
}

/** Behind the comma of a list, and within brackets, another value of the same key follows. */
function listKey(before: string, word: string): RegExpExecArray | null {
  const list = /(tags|labels)=[^\s!&]*[,(]([^\s,!&()]*)$/.exec(before);
  return list !== null && list[2] === word ? list : null;
}

function valuesOf(key: string, known: Known): readonly string[] {
  switch (key) {
    case 'tags':
      return known.tags;
    case 'os':
      return known.systems;
    case 'arch':
      return known.architectures;
    default:
      return known.labels;
  }
}
