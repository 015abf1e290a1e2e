import { A, AT, B, runCases } from '#test/support/cli-cases.ts';

const outpost = {
  id: B,
  org_id: 'org-1',
  outpost_name: 'eu-1',
  region: 'eu',
  deployment_env: null,
  status: 'active',
  cert_issued_at: AT,
  cert_expires_at: '2026-04-01T00:00:00Z',
  created_at: AT,
  deregistered_at: null,
  last_seen: null,
  outpost_version: null,
  policy_version: null,
  dlp_model_version: null,
  pending_audit_events: null,
  tier3_active: null,
};

runCases([
  {
    line: 'outposts list',
    routes: { 'GET /v1/orgs/org-1/outposts': { json: [outpost] } },
    asks: ['GET /v1/orgs/org-1/outposts'],
    prints: `NAME\tID\tSTATUS\tREGION\tENVIRONMENT\tVERSION\tSEEN\tCERTIFICATE ENDS\neu-1\t${B}\tactive\teu\t-\t-\t-\t2026-04-01T00:00:00Z\n`,
  },
  {
    line: 'outposts deregister eu-1',
    routes: {
      'GET /v1/orgs/org-1/outposts': { json: [{ ...outpost, id: A, status: 'deregistered' }, outpost] },
      [`DELETE /v1/orgs/org-1/outposts/${B}`]: {},
    },
    asks: ['GET /v1/orgs/org-1/outposts', `DELETE /v1/orgs/org-1/outposts/${B}`],
    prints: 'deregistered eu-1\n',
  },
]);
