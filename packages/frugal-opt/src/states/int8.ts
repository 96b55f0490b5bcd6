/**
 * Eight bits a number and a float32 scale for each 256: the largest size among them. Codes are those of 8-bit Adam's dynamic tree
 * (Dettmers, Lewis, Shleifer, Zettlemoyer: 8-bit Optimizers via Block-wise Quantization, 2022): 0, 1, and in each of seven decades
 * below 1 twice as many numbers as in the one below it, with both signs or, for what is never negative, twice as dense.
 */
import type { Precision } from './precision.js';

/** Numbers that share a scale. */
const BLOCK = 256;
const DECADES = [1e6, 1e5, 1e4, 1e3, 1e2, 1e1, 1];

function dynamicCode(signed: boolean): Float64Array {
  const values = [0, 1];
  DECADES.forEach((below, i) => {
    const count = 2 ** (signed ? i : i + 1);
    for (let k = 0; k < count; k++) {
      const value = (0.1 + (0.9 * (k + 0.5)) / count) / below;
      values.push(value);
      if (signed) values.push(-value);
    }
  });
  return Float64Array.from(values).sort();
}

const SIGNED = dynamicCode(true);
const UNSIGNED = dynamicCode(false);

/** The last place whose number is at most x, which lies from the first number to below the last. */
function placeOf(code: Float64Array, x: number): number {
  let [low, high] = [0, code.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (code[middle]! <= x) low = middle;
    else high = middle;
  }
  return low;
}

/** Block-wise 8 bits. */
export const int8: Precision = {
  name: 'int8',
  arrays: 2,
  bytes: (n) => n + 4 * Math.ceil(n / BLOCK),
  zeros: (n) => [new Uint8Array(n), new Float32Array(Math.ceil(n / BLOCK))],
  write(values, nonNegative, uniform, [codes, scales]) {
    const code = nonNegative ? UNSIGNED : SIGNED;
    const last = code.length - 1;
    for (let block = 0; block < scales!.length; block++) {
      const [from, to] = [block * BLOCK, Math.min(values.length, (block + 1) * BLOCK)];
      let scale = 0;
      for (let i = from; i < to; i++) scale = Math.max(scale, Math.abs(values[i]!));
      scales![block] = scale;
      for (let i = from; i < to; i++) {
        const x = scale === 0 ? 0 : values[i]! / scale;
        let place = 0;
        if (x >= code[last]!) place = last;
        else if (x > code[0]!) {
          place = placeOf(code, x);
          const [below, above] = [code[place]!, code[place + 1]!];
          // A second moment that became 0 beside a first one that did not would make a huge step.
          if (uniform[i]! < (x - below) / (above - below) || (nonNegative && place === 0)) place++;
        }
        codes![i] = place;
      }
    }
  },
  read([codes, scales], nonNegative, out) {
    const code = nonNegative ? UNSIGNED : SIGNED;
    for (let i = 0; i < out.length; i++) out[i] = code[codes![i]!]! * scales![Math.floor(i / BLOCK)]!;
  },
};
