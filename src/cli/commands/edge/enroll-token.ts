import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import { readSeconds } from '../../parse/read-duration.ts';
import type { Terminal } from '../../terminal.ts';

interface Options {
  readonly name?: string;
  readonly ttl?: number;
  readonly team?: string;
  readonly qr?: boolean;
}

export function addEnrollToken(edge: Command, terminal: Terminal): void {
  const command = edge
    .command('enroll-token')
    .description('Issue a token that joins one host, and print it. It works once and for 15 minutes at most.')
    .option('--name <text>', 'what the host will be called')
    .option('--ttl <time>', 'how long it works (default and most: 15m)', readSeconds)
    .option('--team <id>', 'team to join it for')
    .option('--qr', 'show it as a QR code too')
    .action(
      act(terminal, async (invocation) => {
        const { name, ttl, team, qr = false } = invocation.opts<Options>();
        const issued = await (await invocation.edgeFleet()).issueEnrollmentToken({
          ...(name !== undefined && { name }),
          ...(ttl !== undefined && { ttl_seconds: ttl }),
          ...(team !== undefined && { team_tenant_id: team }),
        });
        await invocation.print(sentenceView(issued, issued.token));
        if (qr) invocation.note(await (await import('../../output/qr-code.ts')).drawQrCode(issued.qr_payload));
        invocation.note(`Until ${issued.expires_at}. On the host: garrison node join TOKEN`);
      }),
    );
  addExamples(command, [
    ['garrison edge enroll-token --name web-4', 'a token for a host called web-4'],
    ['garrison edge enroll-token --ttl 5m --qr', 'to be scanned from the screen'],
    ['garrison node join "$(garrison edge enroll-token)"', 'issued and used at once'],
  ]);
}
