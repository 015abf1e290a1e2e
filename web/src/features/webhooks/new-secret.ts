/** 32 bytes of the browser's own randomness, as hex: long enough for every receiver. */
export function newSecret(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
