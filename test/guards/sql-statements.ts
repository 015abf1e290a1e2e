import { join } from 'node:path';
import { isCallExpression, isPropertyAccessExpression, type Node, SyntaxKind } from 'typescript/unstable/ast';
import { API, type Checker, type Type, TypeFlags } from 'typescript/unstable/sync'; // reads the types that rows are read into
import { ROOT, sourceFiles } from './source-imports.ts';
import { PARAMETER, sqlTextsOf } from './sql-texts.ts';

/** A statement of the sources. */
export interface Statement {
  /** File and line. */
  readonly where: string;
  readonly text: string;
  /** Fields of the type that reads its rows; undefined where nothing does. */
  readonly fields: readonly RowField[] | undefined;
}

export interface RowField {
  readonly name: string;
  readonly kinds: readonly FieldKind[];
  readonly takesNull: boolean;
}

export type FieldKind = 'boolean' | 'number' | 'string' | 'date' | 'bytes' | 'list' | 'anything';

/** Every `query` and `execute` of a `sql` text below core and controller. */
export function readStatements(): Statement[] {
  const api = new API({ cwd: ROOT });
  try {
    const config = join(ROOT, 'tsconfig.json');
    const project = api.updateSnapshot({ openProjects: [config] }).getProject(config);
    if (project === undefined) throw new Error('tsconfig.json makes no project');
    const { program, checker } = project;
    const types = readTypes(checker, (file) => program.getSourceFile(join(ROOT, 'src', file)));
    return sourceFiles()
      .filter((file) => /^(core|controller)\//.test(file))
      .flatMap((file) => {
        const source = program.getSourceFile(join(ROOT, 'src', file));
        return source === undefined ? [] : statementsIn(source, file, checker, types);
      });
  } finally {
    api.close();
  }
}

interface Types {
  readonly isSql: (node: Node) => boolean;
  readonly fieldsOf: (type: Type) => RowField[];
}

function readTypes(checker: Checker, sourceOf: (file: string) => Node | undefined): Types {
  const kernel = sourceOf('core/kernel/sql.ts');
  const sql = kernel && childrenOf(kernel).find((node) => /^export interface Sql\b/.test(node.getText()));
  const name = sql && childrenOf(sql).find((node) => node.kind === SyntaxKind.Identifier);
  const symbol = name && checker.getSymbolAtLocation(name);
  if (symbol === undefined) throw new Error('core/kernel/sql.ts declares no Sql');
  const sqlType = checker.getDeclaredTypeOfSymbol(symbol);
  return {
    isSql(node) {
      const type = checker.getTypeAtLocation(node);
      return type !== undefined && (type.flags & TypeFlags.Any) === 0 && checker.isTypeAssignableTo(type, sqlType);
    },
    fieldsOf: (type) =>
      checker.getPropertiesOfType(type).flatMap((property) => {
        const value = checker.getTypeOfSymbol(property);
        return value === undefined ? [] : [{ name: property.name, ...describe(checker, value) }];
      }),
  };
}

function statementsIn(source: Node, file: string, checker: Checker, types: Types): Statement[] {
  const full = source.getText();
  const start = source.getStart();
  const calls = callsIn(source).filter(({ argument }) => types.isSql(argument));
  return calls.flatMap(({ call, argument, row }) => {
    const type = row && checker.getTypeFromTypeNode(row as never); // a type node by its place
    const fields = type && types.fieldsOf(type);
    const line = full.slice(0, call.getEnd() - start).split('\n').length;
    const texts = sqlTextsOf(argument, checker, types.isSql).map(numbered);
    return texts.map((text) => ({ where: `${file}:${line}`, text, fields }));
  });
}

interface Call {
  readonly call: Node;
  readonly argument: Node;
  readonly row: Node | undefined;
}

function callsIn(node: Node): Call[] {
  const found: Call[] = [];
  node.forEachChild((child) => {
    found.push(...callsIn(child));
    return undefined;
  });
  if (!isCallExpression(node) || !isPropertyAccessExpression(node.expression)) return found;
  const [argument] = node.arguments;
  const isStatement = ['query', 'execute'].includes(node.expression.name.text) && argument !== undefined;
  return isStatement ? [...found, { call: node, argument, row: node.typeArguments?.[0] }] : found;
}

function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  node.forEachChild((child) => {
    children.push(child);
    return undefined;
  });
  return children;
}

function numbered(text: string): string {
  let count = 0;
  return text.replaceAll(PARAMETER, () => {
    count += 1;
    return `$${count}`;
  });
}

function describe(checker: Checker, type: Type): { kinds: FieldKind[]; takesNull: boolean } {
  const isOpen = (type.flags & TypeFlags.AnyOrUnknown) !== 0;
  const members =
    'getTypes' in type && (type.flags & TypeFlags.Union) !== 0 ? (type as never as Members).getTypes() : [type];
  const kinds = members
    .filter((member) => (member.flags & TypeFlags.Nullable) === 0)
    .map((member) => kindOf(checker, member));
  return { kinds: [...new Set(kinds)], takesNull: isOpen || members.some(({ flags }) => flags & TypeFlags.Null) };
}

interface Members {
  getTypes(): readonly Type[];
}

function kindOf(checker: Checker, type: Type): FieldKind {
  if (checker.isTypeAssignableTo(type, checker.getStringType())) return 'string';
  if (checker.isTypeAssignableTo(type, checker.getNumberType())) return 'number';
  if (checker.isTypeAssignableTo(type, checker.getBooleanType())) return 'boolean';
  if (checker.isArrayLikeType(type)) return 'list';
  const name = checker.typeToString(type);
  if (name === 'Date') return 'date';
  return /^(Buffer|Uint8Array)\b/.test(name) ? 'bytes' : 'anything';
}
