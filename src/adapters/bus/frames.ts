/**
 * Messages as texts of limited length: a batch is JSON in ASCII, cut into frames `sender sequence index count text`, which
 * are sent together and arrive in order.
 */
export interface Message {
  readonly topic: string;
  readonly json: string;
}

export interface Batch {
  readonly sender: string;
  readonly sequence: number;
  readonly messages: readonly Message[];
}

const longestHead = 80;

export function encodeFrames(
  sender: string,
  sequence: number,
  messages: readonly Message[],
  longestFrame: number,
): string[] {
  const text = ascii(JSON.stringify(messages.flatMap(({ topic, json }) => [topic, json])));
  const size = longestFrame - longestHead;
  const count = Math.max(1, Math.ceil(text.length / size));
  return Array.from({ length: count }, (_, index) => {
    return `${sender} ${sequence} ${index} ${count} ${text.slice(index * size, (index + 1) * size)}`;
  });
}

function ascii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Puts frames together again. A batch whose frames are not all there is dropped when the next one begins. */
export class FrameReader {
  readonly #partial = new Map<string, { sequence: string; parts: string[] }>();

  /** @returns the messages of the batch this frame completes; none yet, or none readable: undefined */
  read(frame: string): Batch | undefined {
    const [, sender, sequence, index, count, text] = /^(\S+) (\d+) (\d+) (\d+) (.*)$/s.exec(frame) ?? [];
    if (sender === undefined || sequence === undefined || text === undefined) return undefined;
    const begun = this.#partial.get(sender);
    const parts = begun?.sequence === sequence ? begun.parts : [];
    if (Number(index) !== parts.length) return this.#drop(sender);
    parts.push(text);
    if (parts.length < Number(count)) {
      this.#partial.set(sender, { sequence, parts });
      return undefined;
    }
    this.#partial.delete(sender);
    return { sender, sequence: Number(sequence), messages: decode(parts.join('')) };
  }

  #drop(sender: string): undefined {
    this.#partial.delete(sender);
    return undefined;
  }
}

function decode(text: string): Message[] {
  const flat = JSON.parse(text) as string[]; // written by encodeFrames
  return Array.from({ length: flat.length / 2 }, (_, index) => {
    return { topic: flat[2 * index] ?? '', json: flat[2 * index + 1] ?? '' };
  });
}
