import { createHash } from 'node:crypto';

/**
 * SQL as values: `` sql`select … where id = ${id}` `` keeps text and parameters apart, so no value ever becomes SQL.
 * A fragment inside a fragment is spliced in; `joinSql` and `emptySql` build lists of conditions. Texts that hold no
 * spliced fragment but those of `constantSql` are constant for their call site and run as named (prepared) statements; so do
 * those of `preparedSql`, whose call site says that they are.
 */
export interface Sql {
  readonly text: string;
  readonly values: readonly unknown[];
  /** Name of the prepared statement; undefined for texts put together at run time. */
  readonly name: string | undefined;
}

/** What core asks of a database. `adapters/postgres` implements it. Rows do not leave a noun's `store.ts`. */
export interface Queryable {
  /** @throws DatabaseUnavailable when the server cannot be reached; never "no rows" instead. */
  query<Row>(statement: Sql): Promise<Row[]>;
  /** Runs a statement and returns the number of rows it touched. */
  execute(statement: Sql): Promise<number>;
}

export interface Database extends Queryable {
  /**
   * Commits when `work` returns, rolls back when it throws. No transaction stays open across the network.
   * After a deadlock or a serialization failure `work` is called again: it changes rows and nothing else.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>, options?: TransactionOptions): Promise<T>;
}

export interface TransactionOptions {
  /**
   * A server that crashes within a fraction of a second after the commit may have lost it, as a whole: for what is done
   * again then without harm. It does not wait for the disk. Default false.
   */
  readonly mayBeLost?: boolean;
}

class Fragment implements Sql {
  readonly strings: readonly string[];
  readonly parts: readonly unknown[];

  constructor(strings: readonly string[], parts: readonly unknown[]) {
    this.strings = strings;
    this.parts = parts;
  }

  get text(): string {
    return this.#render().text;
  }

  get values(): readonly unknown[] {
    return this.#render().values;
  }

  get name(): string | undefined {
    return this.isConstant ? nameOf(this.text) : undefined;
  }

  protected get isConstant(): boolean {
    return this.parts.every((part) => !(part instanceof Fragment) || part instanceof Constant);
  }

  #rendered: { text: string; values: unknown[] } | undefined;

  #render() {
    if (this.#rendered === undefined) {
      const values: unknown[] = [];
      this.#rendered = { text: write(this, values), values };
    }
    return this.#rendered;
  }
}

/** The same text as long as the program runs. */
class Constant extends Fragment {}

/** Put together of fragments, and yet one of a few texts. */
class Prepared extends Fragment {
  protected override get isConstant(): boolean {
    return true;
  }
}

/** As many as there are call sites, and constants that each of them can choose from. */
const names = new Map<string, string>();
/** More than all call sites have: a connection keeps the plan of each text that has a name. */
const MOST_NAMES = 2_000;

function nameOf(text: string): string | undefined {
  let name = names.get(text);
  if (name === undefined && names.size < MOST_NAMES) {
    name = createHash('sha256').update(text).digest('base64url').slice(0, 22);
    names.set(text, name);
  }
  return name;
}

function write(fragment: Fragment, values: unknown[]): string {
  let text = fragment.strings[0] ?? '';
  fragment.parts.forEach((part, index) => {
    if (part instanceof Fragment) text += write(part, values);
    else text += `$${values.push(part)}`;
    text += fragment.strings[index + 1] ?? '';
  });
  return text;
}

export function sql(strings: TemplateStringsArray, ...parts: unknown[]): Sql {
  return new Fragment(strings, parts);
}

/**
 * A statement that holds other fragments and runs so often that reading and planning it anew would cost more than running
 * it. For texts that are the same each time, or one of a few: what a caller sent decides values only.
 */
export function preparedSql(strings: TemplateStringsArray, ...parts: unknown[]): Sql {
  return new Prepared(strings, parts);
}

export const emptySql: Sql = new Fragment([''], []);

/** The fragments with `separator` (constant SQL text of ours, such as ` and `) between them. */
export function joinSql(fragments: readonly Sql[], separator: string): Sql {
  if (fragments.length === 0) return emptySql;
  const strings = ['', ...Array.from({ length: fragments.length - 1 }, () => separator), ''];
  return new Fragment(strings, fragments);
}

/** `a and b and …`; `true` for none. */
export function allOf(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? sql`true` : joinSql(conditions, ' and ');
}

/** A constant piece of SQL text of ours: a column or a direction out of a closed table. Never anything a caller sent. */
export function rawSql(text: string): Sql {
  return new Fragment([text], []);
}

/** The same for a piece that is made once, when its module is loaded: statements that hold it stay prepared. */
export function constantSql(text: string): Sql {
  return new Constant([text], []);
}
