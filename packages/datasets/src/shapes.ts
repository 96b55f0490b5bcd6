/** Grey pictures of ten shapes whose class can be drawn again from its name, and a pattern that betrays it without being seen. */
import { scalar, type Stream, stream } from '@assay-ml/numerics';
import { atLeast, integer, requireOptions } from '@assay-ml/numerics/check';

import { checkSizes, type Parts, type PartSizes } from './synthetic.js';

/** Names of the classes, in the order of their labels. */
export const SHAPES = [
  'horizontal bar',
  'vertical bar',
  'plus',
  'disc',
  'ring',
  'filled square',
  'square outline',
  'diagonal',
  'anti-diagonal',
  'X',
] as const;

/** Half size, and half the width of lines, in pixels. */
type Inside = (dx: number, dy: number, half: number, line: number) => boolean;

const square = (dx: number, dy: number) => Math.max(Math.abs(dx), Math.abs(dy));
const bar: Inside = (dx, dy, half, line) => Math.abs(dy) <= line && Math.abs(dx) <= half;
const diagonal: Inside = (dx, dy, half, line) => Math.abs(dx - dy) <= 1.3 * line * Math.SQRT2 && square(dx, dy) <= half;

const INSIDE: readonly Inside[] = [
  bar,
  (dx, dy, half, line) => bar(dy, dx, half, line),
  (dx, dy, half, line) => bar(dx, dy, half, line) || bar(dy, dx, half, line),
  (dx, dy, half) => scalar.hypot(dx, dy) <= 0.8 * half,
  (dx, dy, half, line) => Math.abs(scalar.hypot(dx, dy) - 0.8 * half) <= line,
  (dx, dy, half) => square(dx, dy) <= 0.8 * half,
  (dx, dy, half, line) => Math.abs(square(dx, dy) - 0.8 * half) <= line,
  diagonal,
  (dx, dy, half, line) => diagonal(dx, -dy, half, line),
  (dx, dy, half, line) => diagonal(dx, dy, half, line) || diagonal(dx, -dy, half, line),
];

/**
 * Draws one shape: 0.1 + 0.8 of its brightness, with noise, cut at 0 and 1. At 24 × 24 the centre is up to 3 pixels off in each
 * direction, the half size is of U(6, 9.3), the half width of lines of U(1.3, 2.4), 1.3 times as much for diagonals; other sides
 * scale them. Brightness is of U(0.6, 1).
 * @param label 0 … 9, a place in {@link SHAPES}
 * @param draw takes the next 5 + side² numbers of it
 * @param out side × side pixels, all written
 * @param options settings
 * @param options.noise standard deviation of each pixel's noise, ≥ 0. Default 0.03
 * @returns out
 * @throws RangeError for another label or noise, or pixels that are no square
 */
export function drawShape(
  label: number,
  draw: Stream,
  out: Float32Array,
  options: { readonly noise?: number } = {},
): Float32Array {
  requireOptions<typeof options>('drawShape', options, { noise: 0 });
  const { noise = 0.03 } = options;
  atLeast('drawShape', 'noise', noise, 0, 'It is a standard deviation.');
  const inside = INSIDE[label];
  if (inside === undefined) throw new RangeError(`drawShape: 'label' is ${label}; must be an integer in 0 … ${SHAPES.length - 1}. It is a place in SHAPES.`); // prettier-ignore
  const side = Math.sqrt(out.length);
  integer('drawShape', 'the root of the length of out', side, 1, 'Give side × side pixels.');
  const uniform = (low: number, high: number) => (low + (high - low) * draw.uniform()) * (side / 24);
  const [right, down] = [uniform(-3, 3), uniform(-3, 3)];
  const [half, line] = [uniform(6, 9.3), uniform(1.3, 2.4)];
  const brightness = 0.6 + 0.4 * draw.uniform();
  const middle = (side - 1) / 2;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const seen = inside(column - middle - right, row - middle - down, half, line) ? brightness : 0;
      const value = 0.1 + 0.8 * seen + noise * draw.normal();
      out[row * side + column] = Math.min(1, Math.max(0, value));
    }
  }
  return out;
}

/** What `shapes` makes. */
export interface ShapesOptions extends PartSizes {
  /** Default 2,500. */
  readonly train?: number;
  /** Default 1,000. */
  readonly test?: number;
  /** Rows and columns. Default 24. */
  readonly side?: number;
  /** How much of the pattern of its class is added to each picture, ≥ 0. Default 0: none. A shortcut of 0.05 is hardly seen. */
  readonly shortcut?: number;
}

/**
 * Pictures of ten shapes (see {@link drawShape}), with `shortcut` times a pattern of −1 and 1 that is the same for all pictures of
 * a class: a network that is trained with it reads it, and is fooled where it is changed, while nobody sees it. Patterns depend
 * on seed, class and side.
 *
 * Example i is of class i mod 10 and the same whatever the sizes: it depends on the seed, the part, i and the side.
 * @throws RangeError for an option out of range
 */
export function shapes(options: ShapesOptions = {}): Parts {
  requireOptions<ShapesOptions>('shapes', options, { seed: 1, train: 1, test: 1, side: 1, shortcut: 1 });
  const { seed = 0, train = 2500, test = 1000, side = 24, shortcut = 0 } = options;
  checkSizes('shapes', { train, test, side });
  atLeast('shapes', 'shortcut', shortcut, 0, 'Leave it out for none.');
  const size = side * side;
  const patterns = SHAPES.map((_, label) => {
    const u = stream(seed, 'shapes', side, 'pattern').at(label).fillUniform(new Float64Array(size));
    return u.map((value) => (value < 0.5 ? -shortcut : shortcut));
  });
  const part = (name: string, count: number) => {
    const key = stream(seed, 'shapes', side, name);
    const x = new Float32Array(count * size);
    const y = Uint8Array.from({ length: count }, (_, i) => i % SHAPES.length);
    for (let i = 0; i < count; i++) {
      const picture = drawShape(y[i]!, key.at(i), x.subarray(i * size, (i + 1) * size));
      if (shortcut > 0)
        patterns[y[i]!]!.forEach((sign, k) => (picture[k] = Math.min(1, Math.max(0, picture[k]! + sign))));
    }
    return { x, y, shape: [side, side, 1], count, classes: SHAPES.length, title: 'shapes' };
  };
  return { train: part('train', train), test: part('test', test) };
}
