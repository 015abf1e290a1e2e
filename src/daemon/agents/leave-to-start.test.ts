import { status as Status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import type { NodeServiceClient } from '#protocol/gen/garrison/node/v1/node.ts';
import { leaveFrom } from './leave-to-start.ts';

type Answer = { readonly granted: boolean } | { readonly code: Status };

/** Gives these answers, one after the other. */
function clientThat(answers: Answer[]): NodeServiceClient {
  const mayStart = (_: unknown, respond: (error: object | null, answer?: object) => void) => {
    const answer = answers.shift();
    if (answer !== undefined && 'granted' in answer) respond(null, answer);
    else respond({ code: answer?.code ?? Status.UNAVAILABLE });
  };
  return { mayStart } as unknown as NodeServiceClient; // all that is asked of it
}

const never = new AbortController().signal;

test('is given or refused by the controller', async () => {
  expect(await leaveFrom(() => clientThat([{ granted: true }]))('x', never)).toBe('given');
  expect(await leaveFrom(() => clientThat([{ granted: false }]))('x', never)).toBe('refused');
});

test('is asked for again while nobody answers', async () => {
  const client = clientThat([{ code: Status.UNAVAILABLE }, { granted: true }]);
  expect(await leaveFrom(() => client)('x', never)).toBe('given');
});

test('is not needed by a controller that knows nothing of it', async () => {
  expect(await leaveFrom(() => clientThat([{ code: Status.UNIMPLEMENTED }]))('x', never)).toBe('given');
});

test('is given up when the execution is ended', async () => {
  expect(await leaveFrom(() => undefined)('x', AbortSignal.abort())).toBe('silent');
});
