import { readFileSync } from 'node:fs';
import { status as Status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import { createDaemon } from '#daemon/create-daemon.ts';
import { heldInMemory } from '#daemon/identity/identity-holder.ts';
import { startTestController, type TestController } from '#test/support/controller.ts';
import { FACTS, joinRawNode, RawNode, type RawSession } from '#test/support/raw-node.ts';
import { ScriptedListener } from '#test/support/scripted-listener.ts';

type Frames = Readonly<Record<string, string>>;
const recorded = JSON.parse(readFileSync(new URL('frames.json', import.meta.url), 'utf8')) as {
  readonly execution_id: string;
  readonly from_node: Frames;
  readonly from_controller: Frames;
};

const STDOUT = 1;
let controller: TestController;
beforeAll(async () => {
  controller = await startTestController();
});
afterAll(() => controller?.close());

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** As it was recorded, about another execution. */
function replay(frames: Frames, name: string, executionId = recorded.execution_id): Buffer {
  const hex = frames[name];
  if (hex === undefined) throw new Error(`no frame ${name} was recorded`);
  const [from, to] = [recorded.execution_id, executionId].map((id) => Buffer.from(id).toString('hex')) as [
    string,
    string,
  ];
  return Buffer.from(hex.replaceAll(from, to), 'hex');
}

async function openSession(): Promise<RawSession> {
  const identity = await joinRawNode(controller);
  const node = new RawNode(controller.nodes, identity.caBundle, identity);
  cleanups.push(() => node.close());
  return node.openSession();
}

test('a controller works with a node of two versions before, and passes over what it does not know', async () => {
  for (const hello of ['hello', 'hello_with_unknown_field']) {
    const session = await openSession();
    const send = (name: string, id?: string) => session.sendBytes(replay(recorded.from_node, name, id));
    send(hello);
    await session.next('welcome');
    for (const name of ['heartbeat', 'unknown']) send(name);
    const made = await controller.call<{ data: { id: string } }>('POST', '/api/v1/commands', {
      command_text: 'uname',
      targeting: { type: 'all' },
    });
    expect(made.status).toBe(201);
    const { executionId } = await session.next('execute');
    for (const name of ['started', 'unknown', 'output', 'finished']) send(name, executionId);
    expect((await session.next('ackFinished')).executionId).toBe(executionId);
    const done = await controller.call<{ data: { status: string; output: string } }>(
      'GET',
      `/api/v1/command_executions/${executionId}`,
    );
    expect(done.body.data).toMatchObject({
      status: 'completed',
      output: expect.stringContaining('from an older node'),
    });
    session.end();
    await session.ended;
  }
});

test.each(['hello_of_protocol_0', 'hello_of_protocol_99'])('a controller refuses %s with what to do', async (name) => {
  const session = await openSession();
  session.sendBytes(replay(recorded.from_node, name));
  expect(await session.ended).toMatchObject({
    code: Status.FAILED_PRECONDITION,
    details: expect.stringContaining('update the daemon'),
  });
});

test('a daemon works with a controller of two versions before, and passes over what it does not know', async () => {
  const listener = await ScriptedListener.start();
  cleanups.push(() => listener.stop());
  const daemon = createDaemon({
    identity: heldInMemory(listener.authority.identity([listener.endpoint])),
    executor: {
      async execute(_, io) {
        io.started();
        io.write(STDOUT, Buffer.from('to an older controller\n'));
        return { outcome: 'ok', exitCode: 0 };
      },
    },
    readFacts: () => FACTS,
    renewsCertificate: false,
  });
  cleanups.push(() => daemon.stop());
  daemon.start();
  const session = await listener.nextSession();
  await session.next('hello');
  const send = (name: string, id?: string) => session.sendBytes(replay(recorded.from_controller, name, id));
  for (const name of ['welcome', 'unknown']) send(name);
  for (const name of ['execute', 'execute_with_unknown_field']) {
    const executionId = newId();
    send(name, executionId);
    expect(await session.finished(executionId)).toMatchObject({ outcome: 'ok' });
    expect(session.outputOf(executionId)).toBe('to an older controller\n');
    send('ack_finished', executionId);
  }
  expect(session.isOver).toBe(false);
});
