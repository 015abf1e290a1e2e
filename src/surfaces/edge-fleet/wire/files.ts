import { Type } from 'typebox';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { pattern } from '#surfaces/http/pattern-words.ts';
import { dateTime } from './shapes.ts';

const sha256 = Type.String({
  maxLength: 64,
  pattern: pattern('^[0-9a-f]{64}$', 'a SHA-256 in lower-case hex'),
  description: 'Of the content.',
});

export const FilePath = Type.Object({ sha256 });
export const FileQuery = Type.Object({ sha256 });
export const FetchedFilePath = Type.Object({
  file_id: Type.String({ maxLength: MAX_LENGTH.pathId, description: 'As the result of `fs.get` has it.' }),
});

export const SentFile = Type.Object(
  {
    sha256: Type.String(),
    size: Type.Integer({ minimum: 0 }),
    ticket: Type.String({ description: 'Opens the content to every node of the tenant: the argument of `fs.put`.' }),
    expires_at: dateTime('When content and ticket end.'),
  },
  { title: 'SentFile' },
);
