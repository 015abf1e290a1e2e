import { EXAMPLE, type OperationExamples } from '#surfaces/http/examples.ts';

const dispatch = { params: { dispatchId: EXAMPLE.dispatch } };
const ended = { params: { dispatchId: EXAMPLE.endedDispatch } };
const workspace = { params: { workspaceId: EXAMPLE.workspace } };

export const examples: OperationExamples = {
  createDispatch: {
    body: {
      agent: 'claude',
      task: 'Make the build pass, and say what was wrong.',
      repo: 'harbour/crane',
      branch: 'main',
      timeoutSeconds: 1_800,
    },
  },
  listDispatches: { query: { status: 'pending', limit: 20 } },
  getDispatch: { ...dispatch, query: { logLimit: 100 } },
  followDispatchLogs: ended,
  cancelDispatch: { ...dispatch, body: { reason: 'it is not needed any more' } },
  retryDispatch: ended,
  resumeDispatch: { ...ended, body: { task: 'Now write a test for it.' } },
  giveDispatchBudget: { ...dispatch, body: { addTokens: 200_000 } },
  listWorkspaces: { query: { limit: 20 } },
  getWorkspace: workspace,
  deleteWorkspace: workspace,
  listArtifacts: { ...ended, query: { expiresIn: 600 } },
  downloadArtifact: { params: { ticket: 'the-ticket-of-a-url-of-listArtifacts', name: 'changes.patch' } },
};
