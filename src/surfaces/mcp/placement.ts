import { SECRET_FIELD } from './answer.ts';
import type { KnownOperation } from './own-api.ts';

/** Where an operation is for MCP: reached by `api_call`, or nowhere, and why. */
export type OperationPlacement =
  | { readonly kind: 'api_call'; readonly effect: 'read' | 'change' }
  | { readonly kind: 'never'; readonly why: string };

/** Whoever holds a token must not get more by it: what decides on rights is for people. */
const FOR_PEOPLE =
  /key|token|secret|approv|polic|quota|budget|session|link|sign.?in|issuer|authorit|release_?key|restore|scope|rule/i;

export function placementOf({ surface, operation }: KnownOperation): OperationPlacement {
  const { principals, operationId, body, bodyStream, hasSecretAnswer, responses, method, path } = operation;
  const never = (why: string): OperationPlacement => ({ kind: 'never', why });
  if (surface.name === 'console') return never('it is for browsers');
  if (principals.every((one) => one === 'public' || one === 'node')) return never('it is for nobody with a token');
  if (principals.every((one) => one === 'master' || one === 'public'))
    return never('it is for the holder of the master key');
  if (hasSecretAnswer === true) return never('its answer is a secret');
  if (bodyStream !== undefined) return never('it takes bytes');
  if (takesSecret(body)) return never('it takes a secret, which a model must not hold');
  if (Object.values(responses).some(({ contentType }) => contentType !== undefined && !contentType.includes('json')))
    return never('its answer is no JSON');
  if (FOR_PEOPLE.test(operationId) || FOR_PEOPLE.test(path)) return never('rights and secrets are decided by people');
  if (LETS_IN.has(operationId)) return never('who gets in is decided by people');
  if (STARTS.has(operationId)) return never('it starts something, which takes a pin: run_preview and run_start do');
  return { kind: 'api_call', effect: method === 'GET' || READS.has(operationId) ? 'read' : 'change' };
}

function takesSecret(body: object | undefined): boolean {
  const { properties = {} } = (body ?? {}) as { properties?: object }; // a schema
  return Object.keys(properties).some((name) => SECRET_FIELD.test(name));
}

const LETS_IN: ReadonlySet<string> = new Set(['deleteSshUsername', 'admitNode']);

/** Asked by POST because of what they take, and changing nothing. */
const READS: ReadonlySet<string> = new Set(['previewFleet', 'searchHosts']);

/** Give orders to machines without a preview that binds. */
const STARTS: ReadonlySet<string> = new Set([
  'invokeFleet',
  'rerunFleet',
  'createCommand',
  'createDispatch',
  'previewOrder',
  'startWithPin',
  'createSelfUpdateRequest',
]);
