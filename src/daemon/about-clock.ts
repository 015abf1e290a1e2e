/** What TLS says of a certificate that begins later or has ended, by the clock of this host. */
const IS_ABOUT_TIME = /certificate (is not yet valid|has expired)|CERT_(NOT_YET_VALID|HAS_EXPIRED)/i;

/** Whether it passes when somebody sets the clock. */
export function isAboutTime(message: string): boolean {
  return IS_ABOUT_TIME.test(message);
}

/** Such a message, with the clock it was judged by: most of the time it is that clock which is wrong. */
export function withClock(message: string, now = new Date()): string {
  if (!isAboutTime(message)) return message;
  return `${message}; the clock of this host says ${now.toISOString()}, check whether it is right`;
}
