/**
 * What a tool answered, as text for a person: the content of a file as it is, a directory an entry a line, everything
 * else as `key: value`. Programs get the result itself (`--output json`).
 */
export function describeToolResult(result: unknown): string {
  if (!isRecord(result)) return `${String(result)}\n`;
  if (typeof result.content === 'string') return describeContent(result.content, result.encoding);
  if (Array.isArray(result.entries)) return result.entries.map(describeEntry).join('');
  return describeFields(result, '');
}

function describeFields(fields: Readonly<Record<string, unknown>>, indent: string): string {
  return Object.entries(fields)
    .map(([key, value]) => {
      if (Array.isArray(value) && !value.some(isRecord)) return `${indent}${key}: ${value.join(', ')}\n`;
      if (isRecord(value)) return `${indent}${key}:\n${describeFields(value, `${indent}  `)}`;
      return `${indent}${key}: ${value ?? '-'}\n`;
    })
    .join('');
}

function describeContent(content: string, encoding: unknown): string {
  if (encoding !== 'base64') return content;
  const bytes = Buffer.from(content, 'base64').length;
  return `(${bytes} bytes that are no text; --output json has them as base64)\n`;
}

/** `directory 0755 0:0       4096 2026-01-01T00:00:00.000Z name`. */
function describeEntry(entry: unknown): string {
  if (!isRecord(entry)) return `${String(entry)}\n`;
  const { kind, mode, uid, gid, size, modified_at: modifiedAt, name } = entry;
  return `${[String(kind).padEnd(9), mode, `${uid}:${gid}`, String(size).padStart(10), modifiedAt, name].join(' ')}\n`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
