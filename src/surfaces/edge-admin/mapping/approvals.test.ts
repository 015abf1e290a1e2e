import { expect, test } from 'vitest';
import type { ApprovalId } from '#core/approvals/approval.ts';
import { newId } from '#core/kernel/ids.ts';
import { waitsFor } from './approvals.ts';

test('the approval is named while it is waited for, and then no more', () => {
  const approvalId = newId<ApprovalId>();
  expect(waitsFor({ isHeld: true, approvalId })).toEqual({ approval: approvalId });
  expect(waitsFor({ isHeld: false, approvalId })).toEqual({});
  expect(waitsFor({ isHeld: false, approvalId: null })).toEqual({});
});
