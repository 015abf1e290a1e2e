/** Without the `character`s at its end. By hand: `/x+$/` looks at a run of x again from each of its characters. */
export function trimEndOf(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === character) end -= 1;
  return text.slice(0, end);
}
