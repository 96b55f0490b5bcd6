import { scalar, stream } from '@assay-ml/numerics';
import { requireOptions } from '@assay-ml/numerics/check';

import type { Examples } from './examples.js';
import { checkSizes, type Parts, type PartSizes } from './synthetic.js';

/** What `proceduralImages` makes. */
export interface ProceduralImagesOptions extends PartSizes {
  /** How many of the ten patterns, 2 … 10. Default 10. */
  readonly classes?: number;
  /** Rows and columns. Default 16. */
  readonly side?: number;
  /** Standard deviation of the noise of each value, ≥ 0. Default 0.25. */
  readonly noise?: number;
}

/** A pattern: is the point (u, v) of the square [−1, 1]² in the foreground? */
type Pattern = (u: number, v: number) => boolean;

const square = (u: number, v: number): number => Math.max(Math.abs(u), Math.abs(v));
/** Even and odd bands of width ½. */
const band = (t: number): number => Math.floor(2 * (t + 8)) % 2;

/** The patterns of the classes, in the order of their labels. */
const PATTERNS: readonly Pattern[] = [
  (u, v) => scalar.hypot(u, v) < 0.7, // disc
  (u, v) => Math.abs(scalar.hypot(u, v) - 0.6) < 0.18, // ring
  (u, v) => square(u, v) < 0.6, // square
  (u, v) => Math.abs(square(u, v) - 0.6) < 0.18, // frame
  (u, v) => Math.min(Math.abs(u), Math.abs(v)) < 0.2 && square(u, v) < 0.85, // plus
  (u, v) => Math.abs(Math.abs(u) - Math.abs(v)) < 0.25 && square(u, v) < 0.85, // cross
  (u, v) => Math.abs(v) < 0.7 && Math.abs(u) < (v + 0.7) / 2, // triangle
  (_, v) => band(v) === 1, // rows
  (u) => band(u) === 1, // columns
  (u, v) => band(u) !== band(v), // checkerboard
];

/**
 * Small colour images whose class is a shape or a texture: disc, ring, square, frame, plus, cross, triangle, rows, columns,
 * checkerboard. Foreground and background have random colours at least ½ apart in some channel, the pattern is shifted by
 * up to an eighth of the side in each direction, and every value gets Gaussian noise, so values may leave [0, 1]. Sizes,
 * patterns, shift and noise are our choices; the spec names only the kind.
 *
 * Example i is of class i mod `classes` and the same whatever the sizes: it depends on the seed, the part, i and the side.
 * @throws RangeError for an option out of range
 */
export function proceduralImages(options: ProceduralImagesOptions = {}): Parts {
  requireOptions<ProceduralImagesOptions>('proceduralImages', options, { seed: 1, train: 1, test: 1, classes: 1, side: 1, noise: 1 }); // prettier-ignore
  const { seed = 0, train = 8000, test = 3000, classes = 10, side = 16, noise = 0.25 } = options;
  checkSizes('proceduralImages', { train, test, side });
  if (!Number.isSafeInteger(classes) || classes < 2 || classes > PATTERNS.length) {
    throw new RangeError(`proceduralImages: 'classes' is ${classes}; must be an integer in 2 … ${PATTERNS.length}.`);
  }
  if (!(noise >= 0 && noise < Infinity)) {
    throw new RangeError(`proceduralImages: 'noise' is ${noise}; must be a finite number ≥ 0, a standard deviation.`);
  }
  const key = stream(seed, 'procedural-images', side);
  const size = side * side * 3;
  const most = Math.floor(side / 8);
  const grain = new Float64Array(size);
  const colours = new Float64Array(6); // foreground, then background

  const part = (which: number, count: number): Examples => {
    const x = new Float32Array(count * size);
    const y = Uint8Array.from({ length: count }, (_, i) => i % classes);
    for (let i = 0; i < count; i++) {
      const draw = key.at(which, i);
      const down = draw.integer(2 * most + 1) - most;
      const right = draw.integer(2 * most + 1) - most;
      do draw.fillUniform(colours);
      while ([0, 1, 2].every((c) => Math.abs(colours[c]! - colours[3 + c]!) < 0.5));
      draw.fillNormal(grain);
      const pattern = PATTERNS[y[i]!]!;
      for (let r = 0; r < side; r++) {
        for (let k = 0; k < side; k++) {
          // Centres of pixels, from −1 to 1.
          const inside = pattern((2 * (k - right) + 1) / side - 1, (2 * (r - down) + 1) / side - 1);
          const at = (r * side + k) * 3;
          for (let c = 0; c < 3; c++) {
            x[i * size + at + c] = colours[inside ? c : 3 + c]! + noise * grain[at + c]!;
          }
        }
      }
    }
    return { x, y, shape: [side, side, 3], count, classes, title: 'procedural images' };
  };
  return { train: part(1, train), test: part(2, test) };
}
