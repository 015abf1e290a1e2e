import { join } from 'node:path';
import {
  isCallExpression,
  isIdentifier,
  isNoSubstitutionTemplateLiteral,
  isStringLiteral,
  isTaggedTemplateExpression,
  isTemplateExpression,
  type Node,
} from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';
import { type ContractName, readContract } from '#test/support/contracts.ts';
import { ROOT, sourceFiles } from './source-imports.ts';

const CONTRACTS: readonly ContractName[] = [
  'org-outposts.openapi',
  'edge-admin.openapi',
  'edge-admin.asyncapi',
  'edge-fleet.openapi',
  'agent-dispatch.openapi',
];

interface ContractWords {
  /** Names of fields that are spelled with an underscore: core spells none like this. */
  readonly fields: ReadonlySet<string>;
  /** Words of closed sets: statuses, kinds, modes. */
  readonly choices: ReadonlySet<string>;
}

export function contractWords(): ContractWords {
  const fields = new Set<string>();
  const choices = new Set<string>();
  for (const name of CONTRACTS) collectWords(readContract(name), fields, choices);
  return { fields, choices };
}

function collectWords(part: unknown, fields: Set<string>, choices: Set<string>): void {
  if (Array.isArray(part)) for (const one of part) collectWords(one, fields, choices);
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return;
  const { properties, enum: words } = part as { properties?: object; enum?: unknown };
  for (const field of Object.keys(properties ?? {})) if (field.includes('_')) fields.add(field);
  if (Array.isArray(words)) for (const word of words) if (typeof word === 'string') choices.add(word);
  for (const one of Object.values(part)) collectWords(one, fields, choices);
}

export interface Word {
  /** Below src. */
  readonly file: string;
  readonly word: string;
}

/** Names and whole texts in the sources of core; what stands in SQL is the database's spelling, and left out. */
export function wordsOfCore(): Word[] {
  const api = new API({ cwd: ROOT });
  try {
    const project = api.updateSnapshot({ openProjects: [join(ROOT, 'tsconfig.json')] });
    const program = project.getProject(join(ROOT, 'tsconfig.json'))?.program;
    if (program === undefined) throw new Error('tsconfig.json makes no project');
    return sourceFiles()
      .filter((file) => file.startsWith('core/'))
      .flatMap((file) => {
        const source = program.getSourceFile(join(ROOT, 'src', file));
        return source === undefined ? [] : wordsIn(source).map((word) => ({ file, word }));
      });
  } finally {
    api.close();
  }
}

function wordsIn(node: Node): string[] {
  if (isSqlText(node)) return [];
  if (isIdentifier(node) || isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node)) return [node.text];
  const found: string[] = [];
  if (isTaggedTemplateExpression(node) && node.tag.getText() === 'sql') {
    // what is put into a statement is code again; its own text is not
    if (isTemplateExpression(node.template))
      for (const span of node.template.templateSpans) found.push(...wordsIn(span.expression));
    return found;
  }
  node.forEachChild((child) => {
    found.push(...wordsIn(child));
    return undefined;
  });
  return found;
}

function isSqlText(node: Node): boolean {
  return isCallExpression(node) && ['rawSql', 'constantSql'].includes(node.expression.getText());
}
