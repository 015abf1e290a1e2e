import { EXAMPLE, type OperationExamples } from '#surfaces/http/examples.ts';

export const examples: OperationExamples = {
  openSession: { body: { key: 'grn_0123456789abcdef' } },
  endOtherSession: { params: { session_id: EXAMPLE.consoleSession } },
  startSignIn: { query: { issuer: 'https://id.example.com/realms/harbour' } },
  finishSignIn: { query: { code: 'the-code-of-the-issuer', state: 'the-state-of-startSignIn' } },
  followTopics: { query: { topics: 'runs,nodes' } },
};
