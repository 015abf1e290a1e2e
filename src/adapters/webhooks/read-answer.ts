import type { Dispatcher } from 'undici';

/** So much of an answer is kept for the log. */
const SHOWN_BYTES = 1_024;
/** So much is read, so that the connection can be used again. */
const READ_BYTES = 65_536;
/** How long an answer may take to end once its status is known. */
const READ_MS = 2_000;

export interface ReadAnswer {
  readonly text: string;
  /** It was longer, or did not end. */
  readonly isCut: boolean;
}

/** The status is the answer: a body that goes on and on is left where it is, and its connection with it. */
export function readAnswer(body: Dispatcher.ResponseData['body']): Promise<ReadAnswer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const timer = setTimeout(() => end({ isCut: true }), READ_MS);
    const end = ({ isCut }: { readonly isCut: boolean }) => {
      clearTimeout(timer);
      if (isCut) body.destroy();
      resolve({ text: Buffer.concat(chunks).subarray(0, SHOWN_BYTES).toString('utf8'), isCut });
    };
    body.on('data', (chunk: Buffer) => {
      if (bytes < SHOWN_BYTES) chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > READ_BYTES) end({ isCut: true });
    });
    body.on('end', () => end({ isCut: false }));
    body.on('error', () => end({ isCut: true }));
  });
}
