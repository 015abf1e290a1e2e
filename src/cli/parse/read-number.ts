import { InvalidArgumentError } from 'commander';

/** A reader of whole numbers for an option, none below `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(number) || number < least)
      throw new InvalidArgumentError(`It is a whole number, ${least} or more.`);
    return number;
  };
}

/** A whole number from 1, or the word that stands for no number at all, which is read as null. */
export function numberOr(word: string): (text: string) => number | null {
  return (text) => (text === word ? null : wholeNumber(1)(text));
}
