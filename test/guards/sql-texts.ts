import {
  isArrayLiteralExpression,
  isBindingElement,
  isCallExpression,
  isElementAccessExpression,
  isFunctionDeclaration,
  isIdentifier,
  isMethodDeclaration,
  isNoSubstitutionTemplateLiteral,
  isObjectLiteralExpression,
  isParameterDeclaration,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isSpreadElement,
  isStringLiteral,
  isTaggedTemplateExpression,
  isTemplateExpression,
  isVariableDeclaration,
  type Node,
  type ParameterDeclaration,
  SyntaxKind,
} from 'typescript/unstable/ast';
import { type Checker, type Symbol as NamedThing, SymbolFlags } from 'typescript/unstable/sync';
import { branchesOf, parametersOf, resultOf, withoutClothes } from './syntax.ts';

/** What stands for a piece of SQL that only a caller knows: every one of them is a condition. */
const UNKNOWN = 'true';

/** Stands where a value goes; the caller numbers them. */
export const PARAMETER = '\u0001';

/** Functions whose text depends on a request, and the shape of what they return. Its requests have a test of their own (`lists.test.ts`). */
const SHAPES: Readonly<Record<string, string>> = {
  pageOf: `(select 1::int as total_count) as total
    left join (select null::uuid as id, 1::bigint as place) as page on true`,
};

/** At most so many ways are tried where a text depends on a condition or on its caller. */
const MOST_VARIANTS = 32;

/** Callers of callers that are looked for. */
const DEEPEST = 12;

type Bindings = ReadonlyMap<number, { readonly node: Node; readonly bindings: Bindings }>;

const NOTHING_BOUND: Bindings = new Map();

/**
 * Every text that an expression of type `Sql` can become, read from the sources without running them. Wherever a text
 * depends on a condition, an element or a caller, the first variant takes the first way everywhere, the second the second.
 */
export function sqlTextsOf(node: Node, checker: Checker, isSql: (node: Node) => boolean): string[] {
  const texts = new Set<string>();
  let ways = 1;
  for (let way = 0; way < Math.min(ways, MOST_VARIANTS); way += 1) {
    const reader = new SqlText(checker, isSql, way);
    texts.add(reader.textOf(node));
    ways = Math.max(ways, reader.ways);
  }
  return [...texts];
}

class SqlText {
  readonly #checker: Checker;
  readonly #isSql: (node: Node) => boolean;
  readonly #way: number;
  #depth = 0;
  ways = 1;

  constructor(checker: Checker, isSql: (node: Node) => boolean, way: number) {
    this.#checker = checker;
    this.#isSql = isSql;
    this.#way = way;
  }

  textOf(node: Node, bindings: Bindings = NOTHING_BOUND): string {
    const inner = withoutClothes(node);
    if (isTaggedTemplateExpression(inner)) return this.#template(inner.template, bindings);
    if (isStringLiteral(inner) || isNoSubstitutionTemplateLiteral(inner)) return inner.text;
    if (isTemplateExpression(inner)) return this.#plainTemplate(inner, bindings);
    const branches = branchesOf(inner);
    if (branches !== undefined) return this.textOf(this.#chosen(branches), bindings);
    if (isCallExpression(inner)) return this.#call(inner, bindings);
    if (isIdentifier(inner) && inner.text === 'emptySql') return '';
    const origin = this.#originOf(inner, bindings);
    return origin === undefined ? UNKNOWN : this.textOf(origin.node, origin.bindings);
  }

  #template(template: Node, bindings: Bindings): string {
    if (isNoSubstitutionTemplateLiteral(template)) return template.text;
    if (!isTemplateExpression(template)) return UNKNOWN;
    const spans = template.templateSpans.map(
      ({ expression, literal }) =>
        (this.#isSql(expression) ? this.textOf(expression, bindings) : PARAMETER) + literal.text,
    );
    return template.head.text + spans.join('');
  }

  #plainTemplate(template: Node, bindings: Bindings): string {
    if (!isTemplateExpression(template)) return UNKNOWN;
    const spans = template.templateSpans.map(
      ({ expression, literal }) => this.textOf(expression, bindings) + literal.text,
    );
    return template.head.text + spans.join('');
  }

  #call(call: Node, bindings: Bindings): string {
    if (!isCallExpression(call)) return UNKNOWN;
    const [first, second] = call.arguments;
    const name = isIdentifier(call.expression) ? call.expression.text : '';
    if (SHAPES[name] !== undefined) return SHAPES[name];
    if ((name === 'rawSql' || name === 'constantSql') && first !== undefined) return this.textOf(first, bindings);
    if (name === 'allOf' && first !== undefined) return this.#list(first, bindings).join(' and ') || UNKNOWN;
    if (name === 'joinSql' && first !== undefined && second !== undefined)
      return this.#list(first, bindings).join(this.textOf(second, bindings));
    return this.#calledFunction(call, bindings) ?? UNKNOWN;
  }

  #calledFunction(call: Node, bindings: Bindings): string | undefined {
    if (!isCallExpression(call)) return undefined;
    const made = this.#methodOf(call.expression) ?? this.#originOf(call.expression, bindings);
    if (made === undefined) return undefined;
    const result = resultOf(made.node, (returns) => this.#chosen(returns));
    if (result === undefined) return undefined;
    const bound = new Map(made.bindings);
    parametersOf(made.node).forEach((parameter, place) => {
      const argument = call.arguments[place];
      const symbol = isParameterDeclaration(parameter) && this.#checker.getSymbolAtLocation(parameter.name);
      if (symbol && argument !== undefined) bound.set(symbol.id, { node: argument, bindings });
    });
    return this.textOf(result, bound);
  }

  /** The texts of a list of fragments; of a list that is made out of another, one element. */
  #list(node: Node, bindings: Bindings): string[] {
    const inner = withoutClothes(node);
    if (isArrayLiteralExpression(inner)) {
      return inner.elements.flatMap((element) =>
        isSpreadElement(element) ? this.#list(element.expression, bindings) : [this.textOf(element, bindings)],
      );
    }
    const branches = branchesOf(inner);
    if (branches !== undefined) return this.#list(this.#chosen(branches), bindings);
    if (isCallExpression(inner)) {
      const made = inner.arguments[0];
      const isMapped = isPropertyAccessExpression(inner.expression) && /^(flatM|m)ap$/.test(inner.expression.name.text);
      const result = isMapped && made && resultOf(made, (returns) => this.#chosen(returns));
      return [result ? this.textOf(result, bindings) : UNKNOWN];
    }
    const origin = this.#originOf(inner, bindings);
    return origin === undefined ? [UNKNOWN] : this.#list(origin.node, origin.bindings);
  }

  /** What a name or a property stands for: an initial value, an argument, a function. */
  #originOf(node: Node, bindings: Bindings): { node: Node; bindings: Bindings } | undefined {
    if (isPropertyAccessExpression(node)) return this.#propertyOf(node.expression, bindings, node.name.text);
    if (isElementAccessExpression(node)) return this.#propertyOf(node.expression, bindings);
    if (!isIdentifier(node)) return undefined;
    const symbol = this.#symbolOf(node);
    if (symbol === undefined) return undefined;
    const bound = bindings.get(symbol.id);
    if (bound !== undefined) return bound;
    const declaration = symbol.valueDeclaration?.resolve();
    if (declaration === undefined) return undefined;
    if (isParameterDeclaration(declaration)) return this.#argumentFor(declaration);
    if (isBindingElement(declaration)) return this.#takenApart(declaration, bindings);
    if (isFunctionDeclaration(declaration)) return { node: declaration, bindings: NOTHING_BOUND };
    if (!isVariableDeclaration(declaration) || declaration.initializer === undefined) return undefined;
    return { node: declaration.initializer, bindings };
  }

  /** What a caller hands over; every caller is one way. */
  #argumentFor(parameter: ParameterDeclaration): { node: Node; bindings: Bindings } | undefined {
    const made = parameter.parent;
    this.#depth += 1;
    if (!isFunctionDeclaration(made) || this.#depth > DEEPEST) return undefined;
    const place = made.parameters.indexOf(parameter);
    const handedOver = this.#checker.getSignatureUsage(made).flatMap(({ call }) => {
      const node = call?.resolve();
      const argument = node && isCallExpression(node) ? node.arguments[place] : undefined;
      return argument === undefined ? [] : [argument];
    });
    return handedOver.length === 0 ? undefined : { node: this.#chosen(handedOver), bindings: NOTHING_BOUND };
  }

  /** `const { rows } = QUOTAS[kind]` */
  #takenApart(element: Node, bindings: Bindings): { node: Node; bindings: Bindings } | undefined {
    const declaration = element.parent?.parent;
    if (!isBindingElement(element) || declaration === undefined || !isVariableDeclaration(declaration))
      return undefined;
    if (declaration.initializer === undefined) return undefined;
    return this.#propertyOf(declaration.initializer, bindings, (element.propertyName ?? element.name)?.getText());
  }

  /** `this.#statement()` */
  #methodOf(callee: Node): { node: Node; bindings: Bindings } | undefined {
    if (!isPropertyAccessExpression(callee) || callee.expression.kind !== SyntaxKind.ThisKeyword) return undefined;
    const declaration = this.#checker.getSymbolAtLocation(callee.name)?.valueDeclaration?.resolve();
    return declaration && isMethodDeclaration(declaration) ? { node: declaration, bindings: NOTHING_BOUND } : undefined;
  }

  #propertyOf(object: Node, bindings: Bindings, name?: string): { node: Node; bindings: Bindings } | undefined {
    const inner = withoutClothes(object);
    const origin = isObjectLiteralExpression(inner) ? { node: inner, bindings } : this.#originOf(inner, bindings);
    if (origin === undefined) return undefined;
    const literal = withoutClothes(origin.node);
    if (!isObjectLiteralExpression(literal)) return undefined;
    const values = literal.properties.flatMap((property) =>
      isPropertyAssignment(property) && (name === undefined || property.name.getText() === name)
        ? [property.initializer]
        : [],
    );
    return values.length === 0 ? undefined : { node: this.#chosen(values), bindings: origin.bindings };
  }

  #symbolOf(name: Node): NamedThing | undefined {
    const symbol = this.#checker.getSymbolAtLocation(name);
    return symbol && (symbol.flags & SymbolFlags.Alias) !== 0 ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }

  #chosen(nodes: readonly Node[]): Node {
    this.ways = Math.max(this.ways, nodes.length);
    return nodes[Math.min(this.#way, nodes.length - 1)] as Node; // never empty
  }
}
