import type { TSchema } from 'typebox';
import { FleetError, type FleetErrorCode } from '#core/kernel/fleet-error.ts';
import type { OperationExample } from '#surfaces/http/examples.ts';
import { type BodyStream, errorsOf, type Operation, type ResponseSpec } from '#surfaces/http/operation.ts';
import type { Surface } from '#surfaces/http/surface.ts';
import { Components } from './components.ts';

type Json = Readonly<Record<string, unknown>>;

const REQUEST_ID_HEADER = {
  'X-Request-Id': { description: 'Id of this request, as in the log.', schema: { type: 'string', format: 'uuid' } },
};

/** The OpenAPI 3.1 document of a surface, from nothing but its operations. */
export function openApiDocument(surface: Surface): Json {
  const components = new Components(surface.schemas);
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of surface.operations) {
    const item = paths[operation.path] ?? {};
    item[operation.method.toLowerCase()] = describeOperation(surface, operation, components);
    paths[operation.path] = item;
  }
  const tags = [...new Set(surface.operations.flatMap((operation) => operation.tags))].map((name) => {
    const description = surface.tagDescriptions?.[name];
    return { name, ...(description !== undefined && { description }) };
  });
  return {
    openapi: '3.1.0',
    info: {
      title: surface.title,
      version: surface.version,
      description: surface.description,
      license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags,
    paths,
    components: { schemas: components.schemas, securitySchemes: surface.securitySchemes },
  };
}

function describeOperation(surface: Surface, operation: Operation, components: Components): Json {
  const { operationId, summary, description, tags, isExtension, bodyStream } = operation;
  const body = surface.documentedBodies?.[operationId] ?? operation.body;
  const example = surface.examples?.[operationId] ?? {};
  return {
    operationId,
    summary,
    ...(description !== undefined && { description }),
    tags,
    ...(isExtension && { 'x-extension': true }),
    security: securityOf(surface, operation),
    parameters: parametersOf(operation, example, components),
    ...(body && { requestBody: requestBodyOf(body, example.body, components) }),
    ...(bodyStream && { requestBody: streamedBody(bodyStream) }),
    // what an operation says of a status itself is more than what all refusals of the surface are like
    responses: { ...refusalsOf(surface, operation, components), ...answersOf(surface, operation, components) },
  };
}

/** Any of the surface's credentials; where several scopes open it, each with each. */
function securityOf({ securitySchemes }: Surface, { principals, scope }: Operation): Json[] {
  if (principals.includes('public')) return [];
  const alternatives = scope === undefined ? [[]] : [scope].flat().map((one) => [one]);
  return Object.keys(securitySchemes).flatMap((name) => alternatives.map((scopes) => ({ [name]: scopes })));
}

function parametersOf(operation: Operation, { params, query }: OperationExample, components: Components): Json[] {
  const parameters = [
    ...partOf(operation.params, { place: 'path', examples: params }, components),
    ...partOf(operation.query, { place: 'query', examples: query }, components),
  ];
  if (operation.isIdempotent) parameters.push(IDEMPOTENCY_KEY);
  return parameters;
}

const IDEMPOTENCY_KEY: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Makes the order safe to repeat. The same key with the same body gives the first answer again for 24 hours; the same key with another body is refused with 409.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
  'x-extension': true,
};

interface Place {
  readonly place: 'path' | 'query';
  readonly examples: Json | undefined;
}

function partOf(schema: TSchema | undefined, { place, examples = {} }: Place, components: Components): Json[] {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, TSchema>;
    required?: string[];
  }; // path and query schemas are objects
  return Object.entries(properties).map(([name, property]) => {
    const { description } = property as { description?: string }; // every schema may have one
    const isFilledIn = 'default' in property;
    return {
      name,
      in: place,
      required: place === 'path' || (required.includes(name) && !isFilledIn),
      ...(description !== undefined && { description }),
      schema: components.reference(property),
      ...(Object.hasOwn(examples, name) && { example: examples[name] }),
    };
  });
}

function streamedBody({ contentType }: BodyStream): Json {
  return { required: true, content: { [contentType]: { schema: { type: 'string', format: 'binary' } } } };
}

function requestBodyOf(body: TSchema, example: unknown, components: Components): Json {
  const sent = withoutFilledIn(body, components);
  const { required = [] } = sent as { required?: string[] }; // an object, or a choice of objects
  return {
    required: required.length > 0,
    content: { 'application/json': { schema: components.reference(sent), ...(example !== undefined && { example }) } },
  };
}

/** What has a default is there once the body is read, and need not be sent. */
function withoutFilledIn<T>(node: T, components: Components): T {
  if (Array.isArray(node)) return node.map((one) => withoutFilledIn(one, components)) as T; // of the same kind
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, withoutFilledIn(value, components)]),
  );
  const { properties, required } = copy as { properties?: Record<string, object>; required?: unknown };
  if (properties !== undefined && Array.isArray(required)) {
    const needed = required.filter((name) => !('default' in (properties[String(name)] ?? {})));
    if (needed.length > 0) copy.required = needed;
    else delete copy.required;
  }
  components.rename(copy, node);
  return copy as T; // the same schema, but for `required`
}

// ---- responses --------------------------------------------------------------------------------------------------

function answersOf(surface: Surface, operation: Operation, components: Components): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(operation.responses).map(([status, spec]) => [status, answer(surface, operation, spec, components)]),
  );
}

function answer(surface: Surface, operation: Operation, spec: ResponseSpec, components: Components): Json {
  const { description, schema, contentType = 'application/json', headers = {} } = spec;
  const isJson = contentType === 'application/json';
  const isWrapped = surface.wrapSchema !== undefined && isJson && !operation.isBare;
  const sent = schema && isWrapped ? surface.wrapSchema?.(schema) : schema;
  const own = Object.entries(headers).map(([name, text]) => [name, { description: text, schema: { type: 'string' } }]);
  return {
    description,
    headers: { ...REQUEST_ID_HEADER, ...Object.fromEntries(own) },
    ...(sent && { content: { [contentType]: { schema: components.reference(sent) } } }),
  };
}

/** One response for each status, told in the words of all codes that have it. */
function refusalsOf(surface: Surface, operation: Operation, components: Components): Record<string, Json> {
  const byStatus = Map.groupBy(errorsOf(operation), (code) => statusOf(surface, code));
  const contentType = surface.errorContentType ?? 'application/json';
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map((code) => MEANINGS[code]).join(' '),
        headers: REQUEST_ID_HEADER,
        content: { [contentType]: { schema: components.reference(surface.errorSchema) } },
      },
    ]),
  );
}

/** The status a surface gives a code. */
export function statusOf(surface: Pick<Surface, 'renderError'>, code: FleetErrorCode): number {
  const error = new FleetError(code, code);
  return surface.renderError(error, { requestId: '', method: 'GET', path: '/', at: new Date(0) }).status;
}

const MEANINGS: Readonly<Record<FleetErrorCode, string>> = {
  unauthenticated: 'The credential is missing or not valid.',
  forbidden: 'The credential may not do this.',
  insufficient_scope: 'The credential lacks the scope.',
  approval_required: 'Somebody has to approve it first; it may be repeated then.',
  not_found: 'No such object for this caller.',
  unreadable: 'The request cannot be read.',
  malformed: 'A parameter or the body is malformed or outside its limits.',
  invalid: 'The form is right and a rule beyond it is not.',
  conflict: 'The state does not allow it, it exists already, or the idempotency key was used with another body.',
  method_not_allowed: 'The path does not know this method.',
  too_large: 'The body is too large.',
  unsupported_media_type: 'The body is not `application/json`.',
  rate_limited: 'Too many requests; `Retry-After` says when to come back.',
  unavailable: 'Something it needs cannot be reached at the moment.',
  degraded: 'There are more nodes than the controllers have capacity for.',
  not_implemented: 'Not part of this version.',
  internal: 'A defect of the server.',
};
