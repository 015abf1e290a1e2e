import { expect, test } from 'vitest';
import { TOOL_NAMES } from '#protocol/tools/tools.ts';
import { fleetTools, toolCatalogue } from './tool-catalogue.ts';

test('what has a door of its own is no order to the fleet', () => {
  expect(TOOL_NAMES.every((tool) => toolCatalogue.has(tool))).toBe(true);
  const refused = TOOL_NAMES.filter((tool) => !fleetTools.has(tool));
  expect(refused.toSorted()).toEqual(['agent.run', 'self.update', 'workspace.delete']);
});
