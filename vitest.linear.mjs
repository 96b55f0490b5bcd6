import { cpuUsage } from 'node:process';
import fc from 'fast-check';

/** What a measurement takes at least, in milliseconds: below it the clock decides. */
const LEAST = 8;
/** Sizes of texts, in characters. */
const [SHORTEST, LONGEST] = [1 << 12, 1 << 19];

export const spent = () => {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
};

/** The fastest of some calls, in milliseconds. An error is an answer, too. */
async function fastest(read, text, calls) {
  let least = Infinity;
  for (let k = 0; k < calls; k++) {
    const from = spent();
    try {
      await read(text);
    } catch {
      // refused
    }
    least = Math.min(least, spent() - from);
  }
  return least;
}

/** Between the two sizes that are compared: over one doubling caches and the collector of memory decide. */
const GROWTH = 8;

/** The power of its size that a text's time grows with; the size grows until a call can be measured. */
async function exponentOf(read, text) {
  let size = SHORTEST;
  while (size < LONGEST && (await fastest(read, text(size), 1)) < LEAST) size *= 2;
  const [short, long] = [text(size), text(GROWTH * size)];
  let ratio = Infinity;
  // What disturbs a measurement makes it longer: the least of several ratios is nearest.
  for (let k = 0; k < 10 && ratio > GROWTH ** 1.25; k++) {
    const once = Math.max(await fastest(read, short, 2), LEAST / 4);
    ratio = Math.min(ratio, (await fastest(read, long, 2)) / once);
  }
  return Math.log(ratio) / Math.log(GROWTH);
}

export async function steepest(read, begin, tokens) {
  const token = fc.constantFrom(...tokens);
  const some = (least) => fc.array(token, { minLength: least, maxLength: 3 }).map((list) => list.join(''));
  // Every token over and over, with what makes it none of the format, and some of their mixtures.
  const texts = [...tokens.map((one) => [begin, one, 'x']), ...fc.sample(fc.tuple(some(0), some(1), some(0)), 12)];
  let worst = { exponent: 0, text: '' };
  for (const [start, part, end] of texts) {
    const exponent = await exponentOf(read, (size) => start + part.repeat(Math.ceil(size / part.length)) + end);
    if (exponent > worst.exponent) worst = { exponent, text: JSON.stringify([start, part, end]) };
    if (worst.exponent > 1.5) break; // a reader that slow would take minutes for the others
  }
  return worst;
}
