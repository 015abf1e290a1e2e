import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, sourceFiles } from './source-imports.ts';

/**
 * Names that two files export because they mean the same on two sides that may not import each other, or in two rooms that mirror
 * each other. This list only shrinks.
 */
const SIBLINGS: Readonly<Record<string, string>> = {
  AddedBudget: 'the answer to a question for more budget, as controller and daemon have it',
  BudgetQuestion: 'a question for more budget, as daemon and controller have it',
  Enveloped: 'each of two contracts has an envelope',
  Execution: 'one order on one node, as daemon and controller keep it',
  ExecutionState: 'where it is, as daemon and controller keep it',
  ModelUsage: 'what a model was used for, as the tool tells it and as a dispatch keeps it',
  NetworkMode: 'the network of an agent, as the tool takes it and as a dispatch keeps it',
  OutgoingFrame: 'what a session sends, from either end',
  OutpostTelemetry: 'what an outpost tells, from either end',
  PortRange: 'ports that a rule allows, on the host and for the tenant',
  ReleaseManifest: 'what a release says of itself; core may not read its form',
  deleteWorkspace: 'the host does what a person has asked the controller for',
};

/** Shapes of the wire and their clients bear the names of their contracts; surfaces and commands mirror each other name by name. */
const MIRRORED = /^(?:client|cli|surfaces|settings|protocol\/gen)\//;
const WIRE = /^(?:client|protocol\/gen)\/|\/wire(?:\/|\.ts$)/;
const DECLARED = /^export (?:abstract )?(?:async )?(?:(?<type>interface|type|class)|function\*?|const) (?<name>\w+)/gm;

test('a name that is exported means one thing', () => {
  const files = new Map<string, Set<string>>();
  for (const file of sourceFiles()) {
    for (const { groups } of readFileSync(join(ROOT, 'src', file), 'utf8').matchAll(DECLARED)) {
      const { type, name = '' } = groups ?? {};
      if ((type === undefined ? MIRRORED : WIRE).test(file)) continue;
      files.set(name, (files.get(name) ?? new Set()).add(file));
    }
  }
  const twice = [...files].filter(([, places]) => places.size > 1);
  const found = Object.fromEntries(twice.map(([name, places]) => [name, [...places].join(', ')]));
  expect(found).toEqual(Object.fromEntries(Object.keys(SIBLINGS).map((name) => [name, expect.any(String)])));
});

test('a class is made of parts, and only a use case is given its deps', () => {
  const found = sourceFiles().filter((file) =>
    /^ {2}(?:(?:private |readonly )*#deps\b|constructor\([^)]*\b(?:deps\b|\w*Deps\b))/m.test(
      readFileSync(join(ROOT, 'src', file), 'utf8'),
    ),
  );
  expect(found).toEqual([]);
});
