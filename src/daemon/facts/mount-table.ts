export interface MountedFileSystem {
  readonly source: string;
  readonly point: string;
  readonly type: string;
  /** major:minor; where the table says it. */
  readonly device?: string | undefined;
}

/** Reads /proc/self/mounts: proc_mounts(5). Octal escapes stand for blanks. */
export function parseMounts(text: string): MountedFileSystem[] {
  return text.split('\n').flatMap((line) => {
    const [source = '', point = '', type = ''] = line.split(' ').map(unescaped);
    return point === '' ? [] : [{ source, point, type }];
  });
}

/** Reads /proc/self/mountinfo: proc_pid_mountinfo(5). A dash ends the optional fields. */
export function parseMountInfo(text: string): MountedFileSystem[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , device, , point = ''] = before.split(' ');
    const [type = '', source = ''] = after.split(' ');
    return point === '' ? [] : [{ source: unescaped(source), point: unescaped(point), type, device }];
  });
}

function unescaped(field: string): string {
  return field.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
