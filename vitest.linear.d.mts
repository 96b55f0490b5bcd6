/** Milliseconds of the processor that this process has had: what else the machine does is not among them. */
export function spent(): number;

/**
 * The power of a text's size that a reader's time grows with, at worst over hostile texts: 1 where it is linear, 2 where it is
 * quadratic. Each repeats a token of the format, or a few, up to a size that can be measured.
 * @param read the reader; errors count as answers
 * @param begin what a text begins with, so that the token stands where the reader looks at it
 * @param tokens what the reader looks at
 * @returns the power, and the text as its beginning, the part that is repeated and its end
 */
export function steepest(
  read: (text: string) => unknown,
  begin: string,
  tokens: readonly string[],
): Promise<{ readonly exponent: number; readonly text: string }>;
