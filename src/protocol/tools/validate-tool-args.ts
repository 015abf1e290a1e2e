import { type OutputUnit, type Schema, Validator } from '@cfworker/json-schema';
import { TOOLS, type ToolArgs, type ToolName } from './tools.ts';

export interface ArgumentProblem {
  /** JSON Pointer into the arguments; empty for the arguments as a whole. */
  readonly path: string;
  /** Safe for the caller; ends without a full stop. */
  readonly message: string;
}

export type ValidatedArgs<Name extends ToolName> =
  | { readonly ok: true; readonly args: ToolArgs[Name] }
  | { readonly ok: false; readonly problems: readonly ArgumentProblem[] };

/** Reads the JSON value somebody sent as the arguments of `tool`. Never throws. */
export function validateToolArgs<Name extends ToolName>(tool: Name, args: unknown): ValidatedArgs<Name> {
  const { valid, errors } = validatorOf(tool).validate(args ?? null);
  if (valid) return { ok: true, args: args as ToolArgs[Name] }; // the schema has just read it
  return { ok: false, problems: problemsOf(TOOLS[tool].argsSchema, errors) };
}

const validators = new Map<ToolName, Validator>();

function validatorOf(tool: ToolName): Validator {
  let validator = validators.get(tool);
  if (validator === undefined) {
    validator = new Validator(TOOLS[tool].argsSchema as Schema, '2020-12', false); // a Schema is any JSON object
    validators.set(tool, validator);
  }
  return validator;
}

/** Keywords that only say that something below them failed. */
const CONTAINERS = new Set([
  'properties',
  'items',
  'prefixItems',
  'additionalProperties',
  'propertyNames',
  'oneOf',
  '$ref',
]);

function problemsOf(schema: unknown, errors: readonly OutputUnit[]): ArgumentProblem[] {
  const causes = errors.filter((error) => !CONTAINERS.has(error.keyword) && !error.keywordLocation.includes('/oneOf/'));
  const alternatives = errors.some((error) => error.keyword === 'oneOf') ? [wholeProblem] : [];
  const problems = [...alternatives, ...causes.map((error) => problemOf(schema, error))];
  const unique = new Map(problems.map((problem) => [problem.path + problem.message, problem]));
  return [...unique.values()].slice(0, 10);
}

/** The one alternative in the registry is cmd.run's spelling of its command line. */
const wholeProblem: ArgumentProblem = {
  path: '',
  message: 'needs either "command" (with "args" where there are any) or "argv", and not both',
};

function problemOf(schema: unknown, error: OutputUnit): ArgumentProblem {
  const path = error.instanceLocation.replace(/^#/, '');
  if (error.keyword === 'false') return { path, message: 'is not an argument of this tool' };
  if (error.keyword === 'pattern') return { path, message: `is not ${describedForm(schema, error.keywordLocation)}` };
  const missing = /required property "([^"]+)"/.exec(error.error)?.[1];
  if (missing !== undefined) return { path: `${path}/${missing}`, message: 'is required' };
  return { path, message: error.error.replace(/\.$/, '') };
}

/** The `description` beside the keyword at `location` (`#/properties/user/pattern`). */
function describedForm(schema: unknown, location: string): string {
  const steps = location.split('/').slice(1, -1);
  const node = steps.reduce<unknown>((at, step) => (isRecord(at) ? at[step] : undefined), schema);
  return isRecord(node) && typeof node.description === 'string' ? node.description : 'of the form this argument has';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
