/**
 * The process that watches over one order that outlives the daemon: it starts the command, limits its output into a file
 * and writes down how it ended. It has neither a controller nor a journal; a life of the daemon follows what it writes.
 */
import { join } from 'node:path';
import { OutputRecorder } from '../../executions/output-recorder.ts';
import { hangGuard } from '../hangs/hang-guard.ts';
import { OutputPipes } from '../processes/output-pipes.ts';
import { readProcess } from '../processes/process-table.ts';
import { runProcess } from '../processes/run-process.ts';
import { DetachedFiles } from './detached-files.ts';
import { OutputFileWriter } from './output-file.ts';

const [, , directory = ''] = process.argv;
const files = new DetachedFiles(directory);
// The daemon ends the command, not who watches it: what stops a group or a terminal is not for this process.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
if (files.claim({ pid: process.pid, startTicks: readProcess(process.pid)?.startTicks ?? 0 })) await run();

async function run(): Promise<void> {
  const detached = files.takeOrder();
  if (detached === undefined) return;
  const sink = new OutputFileWriter(files.outputFile);
  const recorder = new OutputRecorder(sink, detached.outputLimitBytes);
  const pipes = new OutputPipes(join(directory, 'pipes'));
  const ending = await runProcess(
    detached.order,
    { pipes, runtimeDir: directory, ...hangGuard([directory]) },
    {
      signal: new AbortController().signal,
      started: (mark) => mark && files.started({ mark, at: Date.now() }),
      write: (stream, data) => recorder.write(stream, data),
      ready: () => recorder.ready(),
    },
  );
  const totals = await recorder.end();
  sink.close();
  files.ended({ ending, totals });
  pipes.close();
}
