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

/** Reads a number above zero for an option: `0.5`, `4`. */
export function positiveNumber(text: string): number {
  const number = /^\d{1,6}(\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  if (number <= 0) throw new InvalidArgumentError('It is a number above zero.');
  return number;
}

/** A whole number from 1, or the word that stands for no number at all. (Commander would make an empty text of null.) */
export function numberOr<Word extends string>(word: Word): (text: string) => number | Word {
  return (text) => (text === word ? word : wholeNumber(1)(text));
}
