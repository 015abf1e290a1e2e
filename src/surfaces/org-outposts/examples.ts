import { EXAMPLE, type OperationExamples } from '#surfaces/http/examples.ts';

const org = { params: { org_id: EXAMPLE.org } };
const outpost = { params: { org_id: EXAMPLE.org, outpost_id: EXAMPLE.outpost } };

export const examples: OperationExamples = {
  registerOutpost: { ...org, body: { outpost_name: 'quay-north', region: 'eu-west-1', deployment_env: 'production' } },
  listOutposts: org,
  getOutpost: outpost,
  deregisterOutpost: outpost,
  renewOutpostCertificate: { ...outpost, body: {} },
  recordOutpostHeartbeat: {
    ...outpost,
    body: {
      version: '1.0.0',
      uptime: 86_400,
      policy_version: '2026.3',
      last_sync_at: '2026-03-01T10:15:00Z',
      dlp_model_version: '4.1',
      pending_audit_events: 0,
      tier3_active: false,
    },
  },
  getRevocationListOfAuthority: { params: { authority_id: EXAMPLE.authority } },
};
