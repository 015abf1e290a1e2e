import {
  type ArrowFunction,
  type FunctionDeclaration,
  isArrowFunction,
  isAsExpression,
  isBinaryExpression,
  isBlock,
  isConditionalExpression,
  isFunctionDeclaration,
  isMethodDeclaration,
  isNonNullExpression,
  isParenthesizedExpression,
  isReturnStatement,
  isSatisfiesExpression,
  type MethodDeclaration,
  type Node,
} from 'typescript/unstable/ast';

export function withoutClothes(node: Node): Node {
  if (
    isParenthesizedExpression(node) ||
    isAsExpression(node) ||
    isNonNullExpression(node) ||
    isSatisfiesExpression(node)
  ) {
    return withoutClothes(node.expression);
  }
  return node;
}

export function branchesOf(node: Node): readonly Node[] | undefined {
  if (isConditionalExpression(node)) return [node.whenTrue, node.whenFalse];
  if (isBinaryExpression(node) && node.operatorToken.getText() === '??') return [node.left, node.right];
  return undefined;
}

function isMade(node: Node): node is ArrowFunction | FunctionDeclaration | MethodDeclaration {
  return isArrowFunction(node) || isFunctionDeclaration(node) || isMethodDeclaration(node);
}

export function parametersOf(made: Node): readonly Node[] {
  return isMade(made) ? made.parameters : [];
}

export function resultOf(made: Node, choose: (returns: readonly Node[]) => Node): Node | undefined {
  if (!isMade(made)) return undefined;
  const { body } = made;
  if (body === undefined || !isBlock(body)) return body;
  const returned = returnsIn(body);
  return returned.length === 0 ? undefined : choose(returned);
}

function returnsIn(node: Node): Node[] {
  if (isReturnStatement(node)) return node.expression === undefined ? [] : [node.expression];
  const found: Node[] = [];
  node.forEachChild((child) => {
    if (!isArrowFunction(child)) found.push(...returnsIn(child));
    return undefined;
  });
  return found;
}
