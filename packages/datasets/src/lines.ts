import { DataCorrupt } from './errors.js';

/** Longest line read, in characters: 64 Mi (our choice); a longer one is taken for another kind of file. */
const LONGEST_LINE = 2 ** 26;

/**
 * Lines of UTF-8 text, without their ends; a mark of the byte order is left out.
 * @param source name for error messages
 * @param kind what the text should be, e.g. `LIBSVM file`
 * @throws DataCorrupt for a line that is too long for that
 */
export async function* lines(
  chunks: AsyncIterable<Uint8Array>,
  source: string,
  kind: string,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  // Pieces of a line are joined once it ends: a long one that comes in many is not searched again for each.
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const [first, ...others] = decoder.decode(chunk, { stream: true }).split('\n') as [string, ...string[]];
    parts.push(first);
    length += first.length;
    const rest = others.pop();
    if (rest !== undefined) {
      yield parts.join('');
      yield* others;
      [parts, length] = [[rest], rest.length];
    }
    if (length > LONGEST_LINE) {
      throw new DataCorrupt(source, `a line of more than ${LONGEST_LINE} characters; this is not a ${kind}.`);
    }
  }
  const last = parts.join('') + decoder.decode();
  if (last !== '') yield last;
}
