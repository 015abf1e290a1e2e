import type { BulkChannels } from '../bulk/bulk-channels.ts';
import type { DaemonPart } from '../daemon-part.ts';

export function bulkPart(bulk: BulkChannels): DaemonPart {
  return {
    name: 'bulk connections',
    onWelcome: () => bulk.sessionOpened(),
    words: { bulk: ({ word }) => bulk.onWord(word) },
    stop: () => bulk.stop(),
  };
}
