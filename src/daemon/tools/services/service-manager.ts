import { existsSync } from 'node:fs';

/** The way to systemd; undefined where it does not run the host (sd_booted(3)) or brings no systemctl. */
export function findServiceManager(): string | undefined {
  if (!existsSync('/run/systemd/system')) return undefined;
  return ['/usr/bin/systemctl', '/bin/systemctl'].find((path) => existsSync(path));
}
