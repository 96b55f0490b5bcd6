import { cpuUsage } from 'node:process';
import fc from 'fast-check';

/** What a measurement takes at least, in milliseconds: below it the clock decides. */
const LEAST = 8;
/** Sizes of texts, in characters. */
const [SHORTEST, LONGEST] = [1 << 12, 1 << 19];

/** Milliseconds of the processor that this process has had: what else the machine does is not among them. */
const spent = () => {
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

/** How many times as long a text of twice the size takes; the size grows until a call can be measured. */
async function doubling(read, text) {
  let size = SHORTEST;
  while (size < LONGEST && (await fastest(read, text(size), 1)) < LEAST) size *= 2;
  const [once, twice] = [text(size), text(2 * size)];
  let ratio = Infinity;
  // What disturbs a measurement makes it longer: the least of several ratios is nearest.
  for (let k = 0; k < 8 && ratio > 2.2; k++) {
    const short = await fastest(read, once, 2);
    ratio = Math.min(ratio, (await fastest(read, twice, 2)) / Math.max(short, LEAST / 4));
  }
  return ratio;
}

export async function steepest(read, begin, tokens) {
  const token = fc.constantFrom(...tokens);
  const some = (least) => fc.array(token, { minLength: least, maxLength: 3 }).map((list) => list.join(''));
  // Every token over and over, with what makes it none of the format, and some of their mixtures.
  const texts = [...tokens.map((one) => [begin, one, 'x']), ...fc.sample(fc.tuple(some(0), some(1), some(0)), 12)];
  let worst = { ratio: 0, text: '' };
  for (const [start, part, end] of texts) {
    const ratio = await doubling(read, (size) => start + part.repeat(Math.ceil(size / part.length)) + end);
    if (ratio > worst.ratio) worst = { ratio, text: JSON.stringify([start, part, end]) };
  }
  return worst;
}
