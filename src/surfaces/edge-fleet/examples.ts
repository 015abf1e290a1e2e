import { EXAMPLE, type OperationExamples } from '#surfaces/http/examples.ts';

const host = { params: { id: `n-${EXAMPLE.node}` } };
const group = { params: { id: `g-${EXAMPLE.group}` } };
const run = { params: { fleet_command_id: `f-${EXAMPLE.run}` } };
const ofRun = { params: { id: `f-${EXAMPLE.run}` } };
const log = { params: { id: EXAMPLE.fleetExecution } };
const web = { os: 'linux', tags: [{ Has: 'web' }] };
/** SHA-256 of the file that is sent. */
const FILE = 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9';

export const examples: OperationExamples = {
  issueEnrollmentToken: { body: { name: 'web-3', tags: ['web'], ttl_seconds: 900 } },
  withdrawEnrollmentToken: { params: { token_id: EXAMPLE.enrollmentToken } },
  listHosts: { query: { limit: 50 } },
  searchHosts: { body: { target: 'tags=web os=linux', limit: 50 } },
  getHost: host,
  updateHost: { ...host, body: { tags: ['web', 'prod'] } },
  revokeHost: host,
  changeHostTags: { ...host, body: { add: ['web'], remove: ['old'] } },
  createGroup: { body: { name: 'web servers', selector: web, pinned_members: [`n-${EXAMPLE.node}`] } },
  getGroup: group,
  updateGroup: { ...group, body: { name: 'front' } },
  deleteGroup: group,
  previewFleet: { body: { target: { Selector: web } } },
  invokeFleet: {
    body: {
      target: { Selector: web },
      tool: 'cmd.run',
      args: { command: 'uptime' },
      policy: { mode: { Rolling: { batch: 5 } }, failure_policy: { StopAfter: 1 } },
    },
  },
  rerunFleet: { ...run, body: {} },
  cancelFleet: run,
  previewOrder: { body: { on: 'tags=web', command: 'systemctl restart app', policy: { mode: 'Sequential' } } },
  startWithPin: { body: { pin: EXAMPLE.pin } },
  listApprovals: { query: { state: 'waiting' } },
  getApproval: { params: { approval_id: EXAMPLE.approval } },
  approve: { params: { approval_id: EXAMPLE.approval }, body: { reason: 'change 4711' } },
  deny: { params: { approval_id: EXAMPLE.otherApproval }, body: { reason: 'not on a Friday' } },
  listRuns: { query: { outcome: 'complete', limit: 20 } },
  getRun: run,
  followRun: run,
  searchOutput: { query: { text: 'error' } },
  listOutputGroups: ofRun,
  listHostsOfOutputGroup: { params: { id: `f-${EXAMPLE.run}`, digest: EXAMPLE.digest } },
  readLogRange: { ...log, query: { offset: 0, limit: 16_384 } },
  readLogIndex: log,
  searchLog: { ...log, query: { q: 'error' } },
  downloadLog: log,
  findSentFile: { params: { sha256: FILE } },
  sendFile: { query: { sha256: FILE }, body: 'hello world' },
  readFetchedFile: { params: { file_id: EXAMPLE.file } },
};
