import type { EnrollmentTokenRecord } from '#client/edge-fleet/wire.ts';
import { collect } from '#client/walk-pages.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { paintStatus } from '../../output/paint.ts';
import { sentenceView, tableView } from '../../output/print-view.ts';
import { readSeconds } from '../../parse/read-duration.ts';
import { repeated } from '../../parse/read-pairs.ts';

interface Options {
  readonly name?: string;
  readonly tag?: readonly string[];
  readonly ttl?: number;
  readonly team?: string;
  readonly qr?: boolean;
}

export const enrollToken: CommandSpec = {
  name: 'enroll-token',
  description: 'Issue a token that joins one host, and print it. It works once and for 15 minutes at most.',
  options: [
    option('--name <text>', 'what the host will be called'),
    option('--tag <tag>', 'what the host is tagged with when it joins; may be repeated', repeated),
    option('--ttl <time>', 'how long it works (default and most: 15m)', readSeconds),
    option('--team <id>', 'team to join it for'),
    option('--qr', 'show it as a QR code too'),
  ],
  examples: [
    ['garrison edge enroll-token --name web-4', 'a token for a host called web-4'],
    ['garrison edge enroll-token --tag web --tag eu', 'a host that is in the groups of these tags at once'],
    ['garrison edge enroll-token --ttl 5m --qr', 'to be scanned from the screen'],
    ['garrison node join "$(garrison edge enroll-token)"', 'issued and used at once'],
  ],
  run: async (invocation) => {
    const { name, tag, ttl, team, qr = false } = invocation.opts<Options>();
    const issued = await (await invocation.edgeFleet()).issueEnrollmentToken({
      ...(name !== undefined && { name }),
      ...(tag !== undefined && { tags: [...tag] }),
      ...(ttl !== undefined && { ttl_seconds: ttl }),
      ...(team !== undefined && { team_tenant_id: team }),
    });
    await invocation.print(sentenceView(issued, issued.token));
    if (qr) invocation.note(await (await import('../../output/qr-code.ts')).drawQrCode(issued.qr_payload));
    invocation.note(`Until ${issued.expires_at}. On the host: garrison node join TOKEN`);
  },
};

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the enrolment tokens that were issued, without the tokens themselves.',
  examples: [['garrison edge tokens list', 'which of them still work']],
  run: async (invocation) => {
    const found = await collect((await invocation.edgeFleet()).enrollmentTokens());
    await invocation.print(
      tableView(
        found,
        [
          { header: 'ID', value: (token) => token.id },
          { header: 'NAME', value: (token) => token.name, isFlexible: true },
          {
            header: 'STATE',
            value: (token) => stateOf(token, invocation.terminal.now()),
            paint: (text) => paintStatus(invocation.paint, text),
          },
          { header: 'ISSUED', value: (token) => invocation.ago(token.issued_at) },
          { header: 'EXPIRES', value: (token) => invocation.ago(token.expires_at) },
        ],
        'No tokens. garrison edge enroll-token issues one.',
      ),
    );
  },
};

function stateOf(token: EnrollmentTokenRecord, now: Date): 'redeemed' | 'withdrawn' | 'expired' | 'valid' {
  if (token.redeemed_at !== null) return 'redeemed';
  if (token.withdrawn_at !== null) return 'withdrawn';
  return Date.parse(token.expires_at) <= now.getTime() ? 'expired' : 'valid';
}

const withdraw: CommandSpec = {
  name: 'withdraw',
  aliases: ['rm'],
  description: 'Withdraw an enrolment token that has not been used.',
  arguments: [argument('<id>', 'id of the token')],
  examples: [['garrison edge tokens withdraw 0199a3f4-…', 'nobody can join with it now']],
  run: async (invocation, id: string) => {
    await (await invocation.edgeFleet()).withdrawEnrollmentToken(id);
    await invocation.print(sentenceView({ id, withdrawn: true }, `withdrew ${id}`));
  },
};

export const tokens: CommandSpec = {
  name: 'tokens',
  aliases: ['token'],
  description: 'Enrolment tokens that were issued.',
  examples: [['garrison edge tokens list', 'which of them still work']],
  commands: [list, withdraw],
};
