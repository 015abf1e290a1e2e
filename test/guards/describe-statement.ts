import pg from 'pg';

/** A column of what a statement returns, as the server tells. */
export interface Column {
  readonly name: string;
  /** The type's object id. */
  readonly type: number;
  /** The table that the column is read from as it is; 0 for what is computed. */
  readonly table: number;
  readonly place: number;
}

interface Wire {
  parse(message: { text: string }): void;
  describe(message: { type: 'S' }): void;
  sync(): void;
}

interface Description {
  readonly fields: readonly { name: string; dataTypeID: number; tableID: number; columnID: number }[];
}

/** Has the server prepare a statement and tell its columns, without running it. */
export function describeStatement(client: pg.Client, text: string): Promise<Column[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Column[]>();
  let columns: Column[] = [];
  client.query({
    submit(connection: unknown) {
      const wire = connection as Wire; // what every submittable of pg is given
      wire.parse({ text });
      wire.describe({ type: 'S' });
      wire.sync();
    },
    handleRowDescription({ fields }: Description) {
      columns = fields.map((field) => ({
        name: field.name,
        type: field.dataTypeID,
        table: field.tableID,
        place: field.columnID,
      }));
    },
    handleError: reject,
    handleReadyForQuery: () => resolve(columns),
  } as unknown as pg.Submittable);
  return promise;
}

const { builtins } = pg.types;

/** How our client hands over a value of the type; undefined for one that nothing should read. */
export function kindOfType(type: number): string | undefined {
  return KINDS[type];
}

const KINDS: Readonly<Record<number, string>> = {
  [builtins.BOOL]: 'boolean',
  [builtins.INT2]: 'number',
  [builtins.INT4]: 'number',
  [builtins.INT8]: 'number',
  [builtins.FLOAT4]: 'number',
  [builtins.FLOAT8]: 'number',
  [builtins.NUMERIC]: 'string',
  [builtins.TEXT]: 'string',
  [builtins.VARCHAR]: 'string',
  [builtins.UUID]: 'string',
  [builtins.DATE]: 'string',
  [builtins.INET]: 'string',
  [builtins.CIDR]: 'string',
  [builtins.TIMESTAMPTZ]: 'date',
  [builtins.BYTEA]: 'bytes',
  [builtins.JSON]: 'anything',
  [builtins.JSONB]: 'anything',
  1005: 'list',
  1007: 'list',
  1009: 'list',
  1016: 'list',
  1182: 'list',
  2951: 'list',
};
