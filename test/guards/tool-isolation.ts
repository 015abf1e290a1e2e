/** What is asked of one tool about what another tenant has. */
export type ToolSample =
  /** It names something of the tenant: a stranger is told the same as of what does not exist. */
  | { readonly of: Readonly<Record<string, unknown>>; readonly isSilent?: string }
  /** It lists or counts: the tenant finds its own in it, a stranger nothing of it. */
  | { readonly lists: Readonly<Record<string, unknown>>; readonly isEmpty?: string };

export interface ToolAnswered {
  readonly text: string;
  readonly isError: boolean;
}

/** One tenant's objects, and how somebody of another tenant, who has every scope there, asks for them by the tools of one door. */
export interface ToolIsolationCase {
  /** Every tool of the door that the stranger sees. */
  readonly tools: readonly string[];
  readonly samples: Readonly<Record<string, ToolSample>>;
  /** Tools that name and list nothing of a tenant, and why. This list only shrinks. */
  readonly exempt: Readonly<Record<string, string>>;
  /** Words that are the tenant's alone: ids and names of its things. */
  readonly marks: readonly string[];
  /** Where an answer has a pin, what comes of the pin is the answer. */
  ask(who: 'owner' | 'stranger', tool: string, input: Readonly<Record<string, unknown>>): Promise<ToolAnswered>;
}

/** Every tool, asked by a stranger. Gives back what is wrong, one line each. */
export async function strangersToolAnswers(isolation: ToolIsolationCase): Promise<string[]> {
  const { tools, samples, exempt } = isolation;
  const known = new Set([...Object.keys(samples), ...Object.keys(exempt)]);
  const wrong = [...known].filter((name) => !tools.includes(name)).map((name) => `${name}: there is no such tool`);
  for (const tool of tools) {
    if (Object.hasOwn(exempt, tool)) continue;
    const sample = samples[tool];
    if (sample === undefined) wrong.push(`${tool}: say what of the tenant it reads or lists`);
    else if ('of' in sample) wrong.push(...(await wrongWithNamed(isolation, tool, sample)));
    else wrong.push(...(await wrongWithList(isolation, tool, sample)));
  }
  return wrong;
}

async function wrongWithNamed(
  { ask, marks }: ToolIsolationCase,
  tool: string,
  { of, isSilent }: Extract<ToolSample, { of: unknown }>,
): Promise<string[]> {
  const theirs = await ask('stranger', tool, of);
  const unknown = await ask('stranger', tool, mapTexts(of, otherOfTheSameForm));
  const said = JSON.stringify(of);
  const told = marks.filter((mark) => theirs.text.includes(mark) && !said.includes(mark));
  return [
    ...(isSilent === undefined && !theirs.isError ? [`${tool}: ${theirs.text}`] : []),
    ...told.map((mark) => `${tool}: tells ${mark}`),
    ...(essence(theirs.text) === essence(unknown.text)
      ? []
      : [`${tool}: ${theirs.text} differs from what an unknown id gets: ${unknown.text}`]),
  ];
}

async function wrongWithList(
  { ask, marks }: ToolIsolationCase,
  tool: string,
  { lists, isEmpty }: Extract<ToolSample, { lists: unknown }>,
): Promise<string[]> {
  const [own, theirs] = [await ask('owner', tool, lists), await ask('stranger', tool, lists)];
  const found = marks.filter((mark) => theirs.text.includes(mark));
  return [
    ...found.map((mark) => `${tool}: tells ${mark}`),
    ...(theirs.isError || own.isError ? [`${tool}: ${own.text} ${theirs.text}`] : []),
    ...(isEmpty === undefined && !marks.some((mark) => own.text.includes(mark))
      ? [`${tool}: its own tenant finds nothing in it: ${own.text}`]
      : []),
  ];
}

/** The last characters of an id or a name, changed; words of the input that are no names stay. */
function otherOfTheSameForm(value: string): string {
  const end = value.endsWith('00') ? '11' : '00';
  return /[0-9a-f]{12}$|^mine/.test(value) ? value.slice(0, -2) + end : value;
}

function mapTexts(value: Readonly<Record<string, unknown>>, change: (text: string) => string): Record<string, unknown> {
  const walk = (one: unknown): unknown => {
    if (typeof one === 'string') return change(one);
    if (Array.isArray(one)) return one.map(walk);
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, walk(inner)]));
  };
  return walk(value) as Record<string, unknown>; // an object stays one
}

/** Without what differs from request to request, and without the names that were sent. */
function essence(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .replaceAll(/dsp_\w+/g, 'ID')
    .replaceAll(/mine[\w-]*/g, 'NAME')
    .replaceAll(/pin_[\w-]+/g, 'PIN')
    .replaceAll(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, 'AT');
}
