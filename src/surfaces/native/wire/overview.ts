import Type from 'typebox';

const Count = Type.Integer({ minimum: 0 });

const CountsByName = Type.Array(Type.Object({ name: Type.String(), count: Count }), {
  description:
    'Of those that are not revoked, the most frequent first, 20 at most. An empty name: the node never said.',
});

export const Overview = Type.Object(
  {
    nodes: Type.Object({
      total: Count,
      by_status: Type.Object({ Connected: Count, Unhealthy: Count, Disconnected: Count, Revoked: Count }),
      by_version: CountsByName,
      by_os: CountsByName,
    }),
    runs: Type.Union([Type.Object({ running: Count, failed_today: Count }), Type.Null()], {
      description: 'Null without the scope `garrison.fleet.read`. Failed: with a failure, started within 24 hours.',
    }),
    dispatches: Type.Union([Type.Object({ waiting: Count, running: Count }), Type.Null()], {
      description: 'Null without the scope `status`.',
    }),
    needs: Type.Object({
      waiting_nodes: Count,
      ending_certificates: Type.Integer({ minimum: 0, description: 'They end within 14 days and have no successor.' }),
      approvals: Type.Union([Count, Type.Null()], {
        description: 'They wait for a decision. Null without `garrison.fleet.read` or `garrison.approvals.decide`.',
      }),
      failing_webhooks: Type.Union([Count, Type.Null()], { description: 'Null without the scope `edge-admin.read`.' }),
    }),
  },
  { title: 'Overview' },
);
