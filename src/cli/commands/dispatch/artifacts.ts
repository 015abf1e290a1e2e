import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { sentenceView, tableView } from '../../output/print-view.ts';
import { formatBytes } from '../../output/sizes.ts';

export const artifacts: CommandSpec = {
  name: 'artifacts',
  description: 'List what a dispatch has left behind, or save it.',
  arguments: [argument('<id>', 'the dispatch')],
  options: [option('--save <directory>', 'write all of it there')],
  examples: [['garrison dispatch artifacts dsp_20260113_143052_abc123 --save out', 'result, log, patch and the rest']],
  run: async (invocation, id: string) => {
    const client = await invocation.dispatch();
    const found = await client.artifacts(id);
    const { save } = invocation.opts<{ save?: string }>();
    if (save !== undefined) {
      await mkdir(save, { recursive: true });
      for (const one of found) await writeFile(join(save, basename(one.key)), await client.download(one));
      return invocation.print(sentenceView(found, `${found.length} files are in ${save}`));
    }
    await invocation.print(
      tableView(
        found,
        [
          { header: 'NAME', value: (one) => one.key },
          { header: 'TYPE', value: (one) => one.type },
          { header: 'SIZE', value: (one) => formatBytes(one.sizeBytes) },
          { header: 'CONTENT', value: (one) => one.contentType },
        ],
        'It has left no artifacts yet.',
      ),
    );
  },
};
