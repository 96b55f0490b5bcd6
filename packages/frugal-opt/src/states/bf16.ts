/** The upper 16 bits of a float32: its exponent, and 7 bits behind the point. */
import type { Precision } from './precision.js';

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** bfloat16. */
export const bf16: Precision = {
  name: 'bf16',
  arrays: 1,
  bytes: (n) => 2 * n,
  zeros: (n) => [new Uint16Array(n)],
  write(values, _nonNegative, uniform, [codes]) {
    for (let i = 0; i < values.length; i++) {
      single[0] = values[i]!;
      codes![i] = (bits[0]! + Math.floor(65536 * uniform[i]!)) >>> 16;
    }
  },
  read([codes], _nonNegative, out) {
    for (let i = 0; i < out.length; i++) {
      bits[0] = codes![i]! << 16;
      out[i] = single[0]!;
    }
  },
};
