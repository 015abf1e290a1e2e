import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ManualClock } from '../kernel/clock.ts';
import { type NodeId, newId, type TenantId } from '../kernel/ids.ts';
import type { ArtifactId } from './artifact.ts';
import { ArtifactTickets, type Ticket } from './artifact-tickets.ts';

const key = randomBytes(32);

function setup() {
  const clock = new ManualClock();
  const ticket: Ticket = {
    tenantId: newId<TenantId>(),
    artifactId: newId<ArtifactId>(),
    nodeId: newId<NodeId>(),
    expiresAt: new Date(clock.millis() + 60_000),
  };
  return { clock, ticket, tickets: new ArtifactTickets(key, clock) };
}

test('a ticket says what was put into it, on every controller with the same secret key', () => {
  const { clock, ticket, tickets } = setup();
  expect(new ArtifactTickets(key, clock).read(tickets.issue(ticket))).toEqual(ticket);
  const open: Ticket = { ...ticket, nodeId: 'anybody' };
  expect(tickets.read(tickets.issue(open))).toEqual(open);
  expect(new ArtifactTickets(randomBytes(32), clock).read(tickets.issue(ticket))).toBeUndefined();
});

test('it is good until it expires', () => {
  const { clock, ticket, tickets } = setup();
  const text = tickets.issue(ticket);
  clock.advance(59_999);
  expect(tickets.read(text)).toEqual(ticket);
  clock.advance(1);
  expect(tickets.read(text)).toBeUndefined();
});

test('one character of it changed makes it nothing', () => {
  const { ticket, tickets } = setup();
  const text = tickets.issue(ticket);
  const place = fc.nat({ max: text.length - 1 });
  const letter = fc.constantFrom(...'0123456789abcdefABCDEFxyzXYZ_-.');
  fc.assert(
    fc.property(place, letter, (at, other) => {
      const changed = text.slice(0, at) + other + text.slice(at + 1);
      // The last character of base64url has bits that mean nothing.
      if (changed === text || at === text.length - 1) return;
      expect(tickets.read(changed)).toBeUndefined();
    }),
  );
});

test('whatever else it is given, it says no', () => {
  const { tickets } = setup();
  fc.assert(fc.property(fc.string({ maxLength: 2_000 }), (text) => tickets.read(text) === undefined));
});
