import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { type BudgetedSession, CONNECTION_BUDGET, holdToBudget } from './connection-budget.ts';

class FakeSession extends EventEmitter {
  destroyed = false;
}

test.each(['stream', 'ping', 'remoteSettings'])('a connection of many a %s is ended, one of a few goes on', (event) => {
  let nowMs = 0;
  const session = new FakeSession();
  const end = () => {
    session.destroyed = true;
  };
  holdToBudget(session as unknown as BudgetedSession, end, () => nowMs); // as much of a session as is used
  for (let count = 0; count < CONNECTION_BUDGET.atOnce; count++) session.emit(event);
  nowMs += 1_000;
  for (let count = 0; count < CONNECTION_BUDGET.perSecond; count++) session.emit(event);
  expect(session.destroyed).toBe(false);
  session.emit(event);
  expect(session.destroyed).toBe(true);
});
