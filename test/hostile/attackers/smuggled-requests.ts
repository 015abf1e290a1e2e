import { RawConnection } from '../wire/http1.ts';
import { given, report } from './given.ts';

/** Requests whose end two readers could see at different places, each with a second one hidden behind it. */
const { api } = given();
const HIDDEN = 'GET /health/live HTTP/1.1\r\nhost: hidden\r\n\r\n';
const FORMS: Readonly<Record<string, string>> = {
  'length and chunks': `content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  'chunks and length': `transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n${HIDDEN}`,
  'two lengths': `content-length: 0\r\ncontent-length: 44\r\n\r\n${HIDDEN}`,
  'two lengths in one': `content-length: 0, 44\r\n\r\n${HIDDEN}`,
  'length with a sign': `content-length: +0\r\n\r\n${HIDDEN}`,
  'negative length': `content-length: -1\r\n\r\n${HIDDEN}`,
  'length in hex': `content-length: 0x0\r\n\r\n${HIDDEN}`,
  'space before the colon': `content-length : 0\r\n\r\n${HIDDEN}`,
  'chunked, spelled otherwise': `transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  'chunked and identity': `transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n${HIDDEN}`,
  'chunked on a folded line': `transfer-encoding:\r\n chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n${HIDDEN}`,
  'a chunk without a size': `transfer-encoding: chunked\r\n\r\nx\r\n\r\n${HIDDEN}`,
  'a chunk of 2^64': `transfer-encoding: chunked\r\n\r\n10000000000000000\r\n\r\n${HIDDEN}`,
  'NUL in a header': `x: \0\r\ncontent-length: 0\r\n\r\n${HIDDEN}`,
  'bare line feeds': `content-length: 0\n\n${HIDDEN}`,
};

/** How many requests were answered, and how the first was. */
async function send(form: string): Promise<{ answers: number; first: string }> {
  const connection = new RawConnection(api);
  connection.write(`POST /v1/nowhere HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${form}`);
  await connection.until(1_500);
  const answers = connection.received.match(/HTTP\/1\.1 (?!100)\d{3}/g) ?? [];
  return { answers: answers.length, first: answers[0]?.slice(-3) ?? 'closed' };
}

const entries = await Promise.all(Object.entries(FORMS).map(async ([name, form]) => [name, await send(form)]));
report(Object.fromEntries(entries));
