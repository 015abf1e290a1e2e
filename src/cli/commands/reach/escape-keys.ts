const TILDE = 0x7e;
const DOT = 0x2e;
const LINE_ENDS = [0x0d, 0x0a];

/** Finds `~.` at the beginning of a line; `~~` there is one `~`. A `~` waits for the key that comes after it. */
export class EscapeKeys {
  #isLineStart = true;
  #isEscaped = false;

  read(bytes: Buffer): { readonly passed: Buffer; readonly leaves: boolean } {
    const passed: number[] = [];
    for (const key of bytes) {
      if (this.#isEscaped) {
        this.#isEscaped = false;
        if (key === DOT) return { passed: Buffer.from(passed), leaves: true };
        if (key !== TILDE) passed.push(TILDE);
        passed.push(key);
      } else if (key === TILDE && this.#isLineStart) {
        this.#isEscaped = true;
        continue;
      } else {
        passed.push(key);
      }
      this.#isLineStart = LINE_ENDS.includes(key);
    }
    return { passed: Buffer.from(passed), leaves: false };
  }
}
