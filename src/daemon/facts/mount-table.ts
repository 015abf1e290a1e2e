export interface Mount {
  readonly source: string;
  readonly point: string;
  readonly type: string;
}

/** Of /proc/self/mounts: proc_mounts(5). Octal escapes stand for blanks. */
export function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [source = '', point = '', type = ''] = line.split(' ').map(unescaped);
    return point === '' ? [] : [{ source, point, type }];
  });
}

function unescaped(field: string): string {
  return field.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
