/**
 * Names of hosts as short as people write them: `web-1 web-2 web-3 db` is `db web-[1-3]`. The last number of a name is
 * the one that counts; leading zeros are kept (`web-[08-12]`), so that the short form says exactly these names.
 */
export function foldNames(names: readonly string[]): string {
  const families = new Map<string, Family>();
  const folded: string[] = [];
  for (const name of new Set(names)) {
    const [, before, digits, after] = /^(.*?)(\d{1,15})(\D*)$/s.exec(name) ?? [];
    if (before === undefined || digits === undefined || after === undefined) {
      folded.push(name);
      continue;
    }
    const key = JSON.stringify([before, after]);
    const family = families.get(key) ?? { before, after, numbers: [] };
    families.set(key, family);
    family.numbers.push(digits);
  }
  for (const family of families.values()) folded.push(...foldFamily(family));
  return folded.sort().join(' ');
}

interface Family {
  readonly before: string;
  readonly after: string;
  readonly numbers: string[];
}

/** Numbers of one length belong together when one of them has a leading zero; all others whatever their length. */
function foldFamily({ before, after, numbers }: Family): string[] {
  const padded = new Set(numbers.filter((digits) => /^0\d/.test(digits)).map((digits) => digits.length));
  const widthOf = (digits: string) => (padded.has(digits.length) ? digits.length : 0);
  return [...new Set(numbers.map(widthOf))].map((width) => {
    const values = numbers.filter((digits) => widthOf(digits) === width).map(Number);
    return `${before}${foldNumbers(values, width)}${after}`;
  });
}

function foldNumbers(numbers: readonly number[], width: number): string {
  const text = (number: number) => String(number).padStart(width, '0');
  const runs = runsOf([...numbers].sort((a, b) => a - b));
  const ranges = runs.map(({ from, to }) => (from === to ? text(from) : `${text(from)}-${text(to)}`));
  return numbers.length === 1 ? ranges.join() : `[${ranges.join(',')}]`;
}

function runsOf(sorted: readonly number[]): { from: number; to: number }[] {
  const runs: { from: number; to: number }[] = [];
  for (const number of sorted) {
    const last = runs.at(-1);
    if (last !== undefined && number === last.to + 1) last.to = number;
    else runs.push({ from: number, to: number });
  }
  return runs;
}
