import { FleetError } from '#core/kernel/fleet-error.ts';
import { readOverview } from '#core/overview/read-overview.ts';
import { callers } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { writeOverview } from '../mapping/overview.ts';
import { writeSetting } from '../mapping/settings.ts';
import { Overview } from '../wire/overview.ts';
import { SettingList } from '../wire/settings.ts';

/** How the fleet is, and how the controller is set up. */
export const overviewOperations = [
  defineOperation({
    method: 'GET',
    path: '/v1/overview',
    operationId: 'readOverview',
    summary: 'Count nodes by status, version and system, what is running, and what needs a person',
    tags: ['Overview'],
    isExtension: true,
    principals: callers,
    scope: 'garrison.hosts.read',
    responses: { 200: { description: 'The counts.', schema: Overview } },
    errors: [],
    async handler(ctx, deps) {
      return { status: 200, body: writeOverview(await readOverview(ctx, deps)) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/v1/settings',
    operationId: 'listSettings',
    summary: 'List the settings of the controller that answers, and where each comes from',
    description: 'Secrets are not shown. Only for members of the tenant of the installation.',
    tags: ['Overview'],
    isExtension: true,
    principals: callers,
    scope: 'garrison.settings.read',
    responses: { 200: { description: 'All settings.', schema: SettingList } },
    errors: ['forbidden'],
    async handler(ctx, { settings, systemTenantId }) {
      if (ctx.tenantId !== systemTenantId)
        throw new FleetError('forbidden', 'the settings of the installation are for members of its own tenant');
      return { status: 200, body: { items: settings.map(writeSetting) } };
    },
  }),
];
