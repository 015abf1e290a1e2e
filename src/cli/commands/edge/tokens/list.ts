import type { Command } from 'commander';
import type { EnrollmentTokenRecord } from '#client/edge-fleet/wire.ts';
import { collect } from '#client/walk-pages.ts';
import { addExamples } from '../../../help.ts';
import { act } from '../../../invocation.ts';
import { paintStatus } from '../../../output/paint.ts';
import { tableView } from '../../../output/print-view.ts';
import type { Terminal } from '../../../terminal.ts';

export function addList(tokens: Command, terminal: Terminal): void {
  const command = tokens
    .command('list')
    .alias('ls')
    .description('List the enrolment tokens that were issued, without the tokens themselves.')
    .action(
      act(terminal, async (invocation) => {
        const found = await collect((await invocation.edgeFleet()).enrollmentTokens());
        await invocation.print(
          tableView(
            found,
            [
              { header: 'ID', value: (token) => token.id },
              { header: 'NAME', value: (token) => token.name, isFlexible: true },
              {
                header: 'STATE',
                value: (token) => stateOf(token, terminal.now()),
                paint: (text) => paintStatus(invocation.paint, text),
              },
              { header: 'ISSUED', value: (token) => invocation.ago(token.issued_at) },
              { header: 'EXPIRES', value: (token) => invocation.ago(token.expires_at) },
            ],
            'No tokens. garrison edge enroll-token issues one.',
          ),
        );
      }),
    );
  addExamples(command, [['garrison edge tokens list', 'which of them still work']]);
}

function stateOf(token: EnrollmentTokenRecord, now: Date): 'redeemed' | 'withdrawn' | 'expired' | 'valid' {
  if (token.redeemed_at !== null) return 'redeemed';
  if (token.withdrawn_at !== null) return 'withdrawn';
  return Date.parse(token.expires_at) <= now.getTime() ? 'expired' : 'valid';
}
