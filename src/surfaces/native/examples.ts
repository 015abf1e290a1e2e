import { EXAMPLE, type OperationExamples } from '#surfaces/http/examples.ts';

const org = { params: { org_id: EXAMPLE.org } };
const webhook = { params: { webhook_id: EXAMPLE.anyWebhook } };
const secret = { params: { kind: 'value', name: 'NPM_TOKEN' } };
const release = { params: { release_id: EXAMPLE.release } };
const session = { params: { session_id: EXAMPLE.terminalSession } };

/** Made for these examples: nobody has the secret key any more. */
const RELEASE_KEY = [
  'untrusted comment: minisign public key DCDE81E2ABA51733',
  'RWQzF6Wr4oHe3DIMG9HW6Y2V33q1TB5m84RL6k5YUyG723X7/PrNWK5s',
  '',
].join('\n');

const BUNDLE = 'the bytes of the bundle';

/** What `garrison releases sign` leaves beside that bundle. */
const SIGNATURE = [
  'untrusted comment: signature from garrison',
  'RUQzF6Wr4oHe3Gh3Ve6/vOgnmgu3B1hlRq6ce23QK0noLk6nOf+aJ1lvwQvpdCcPpFHBN+UIyJMbLcGWpsZfpVVANM/Ypcflwww=',
  'trusted comment: garrison/1 kind=node version=1.4.2 platform=linux-x64 counter=1772323200 protocols=1 bytes=23 sha256=5cc28073deac08c5e507c6ebd4d0d90a2b63c7532c0a8f6552569a72a780b8dc',
  '5UxHYhE37Fp+lo8cTqcPgfFxqKOFvMg0JrOwHh/kR53ZwFPsDmfWO2MShzy1FYz3Y3IGQ+6sPUD64TWEmeFzBQ==',
  '',
].join('\n');

export const examples: OperationExamples = {
  createOrganisation: { body: { name: 'Harbour' } },
  listOrganisations: { query: { limit: 50 } },
  getOrganisationApprovalPolicy: org,
  setOrganisationApprovalPolicy: {
    ...org,
    body: { approval: { when: 'destructive', approver: 'other', reason_required: true, expires_seconds: 3_600 } },
  },
  setOrganisationQuotas: { ...org, body: { nodes: 500, webhooks: 20 } },
  createOrganisationKey: { ...org, body: { kind: 'scoped', name: 'ci', scopes: ['garrison.hosts.read'] } },
  listOrganisationKeys: org,
  revokeOrganisationKey: { params: { org_id: EXAMPLE.org, key_id: EXAMPLE.orgKey } },
  createKey: {
    body: {
      kind: 'scoped',
      name: 'assistant',
      scopes: ['garrison.hosts.read', 'garrison.fleet.read'],
      expires_at: '2099-01-01T00:00:00Z',
      budget: { targets_per_run: 20, runs_per_hour: 10 },
    },
  },
  listKeys: { query: { limit: 50 } },
  revokeKey: { params: { key_id: EXAMPLE.key } },
  listCertificates: { query: { limit: 50 } },
  listAuthorities: { query: { limit: 50 } },
  listWaitingNodes: { query: { limit: 50 } },
  admitNode: { body: { node_id: EXAMPLE.waitingNode } },
  getNodeMetricsHistory: { params: { node_id: EXAMPLE.node }, query: { range: '1h' } },
  setSecret: { ...secret, body: { value: 'npm_0123456789' } },
  removeSecret: secret,
  announceRelease: { body: { signature: SIGNATURE } },
  storeRelease: { ...release, body: BUNDLE },
  listReleases: { query: { limit: 20 } },
  getRelease: release,
  withdrawRelease: release,
  setReleaseKey: { body: { public_key: RELEASE_KEY } },
  createAnyWebhook: {
    body: {
      url: 'https://hooks.example.com/fleet',
      secret: 'a-secret-of-thirty-two-characters-or-more',
      types: ['run.*', 'edge.node.registered'],
    },
  },
  listAllWebhooks: { query: { limit: 20 } },
  getAnyWebhook: webhook,
  updateWebhook: { ...webhook, body: { types: ['run.*'] } },
  deleteAnyWebhook: webhook,
  listDeliveries: { ...webhook, query: { limit: 50 } },
  redeliver: { ...webhook, body: { since: '2026-03-01T00:00:00Z' } },
  testAnyWebhook: webhook,
  rotateSecret: { ...webhook, body: { secret: 'another-secret-of-thirty-two-characters', overlap_seconds: 3_600 } },
  listEvents: { query: { type: 'run.*', limit: 100 } },
  listAudit: { query: { action: 'fleet.invoke', limit: 50 } },
  exportAudit: { query: { after: 0, limit: 1_000 } },
  listOrganisationAudit: { ...org, query: { limit: 50 } },
  listTerminalSessions: { query: { limit: 50 } },
  getTerminalSession: session,
  endTerminalSession: session,
  readTerminalRecording: session,
  createTerminalTicket: {
    body: { kind: 'terminal', node: 'web-1', user: 'ada', window: { columns: 120, rows: 40, type: 'xterm-256color' } },
  },
  setReachRule: {
    body: { subject: 'ci@example.com', allow: [{ on: 'tags=web', kinds: ['port'], ports: ['443', '8000-8010'] }] },
  },
  removeReachRule: { params: { subject: 'ci@example.com' } },
};
