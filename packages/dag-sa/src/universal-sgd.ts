/**
 * UniversalSGD: Rodomanov, Kavis, Wu, Antonakopoulos, Cevher, "Universal Gradient Methods for Stochastic Convex Optimization",
 * arXiv 2402.03210, algorithm 4.1, as the authors of ψDAG use it (spec §3.4): the step size comes from the curvature that successive
 * stochastic gradients show, and points stay in the ball of radius D.
 *
 * | here | there |
 * |---|---|
 * | `point()` | x; once advanced, where the next gradient is taken: x_0, the trial point p1, then q |
 * | `average` | xav, the mean of all points, as a sum and a factor |
 * | `curvature` | H, which never falls |
 * | `radius` | D |
 *
 * One object asks for gradients and is told them, so that whoever has data drives it. A step goes through the vectors part by part, each
 * while it is in the cache: `advance` moves a part of the point, its gradient is written, `accept` takes that; after all parts `step`.
 */
import { allocate, type Block } from '@assay-ml/numerics';
import { integer, invalid, oneOf, options as known, positive } from '@assay-ml/numerics/check';
import { kernels } from './kernels.js';
import { type Precision, type Vector, vector } from './strips.js';

/** The mean that is handed out: over all steps (the authors'), over those since `restart`, or the last point alone. */
export type Averaging = 'running' | 'stage' | 'none';

/** Options of {@link UniversalSgd}. */
export interface UniversalSgdOptions {
  /** Default `running`, the authors'. */
  readonly averaging?: Averaging;
  /** Of the vectors; sums over them are float64. Default `float64`. */
  readonly precision?: Precision;
  /** Numbers of the gradient that are held at a time: `size`, the default, or a multiple of 4. */
  readonly part?: number;
}

/**
 * The optimiser's state; see the file's header.
 * @example
 * const optimizer = new UniversalSgd(2, 10);
 * for (let k = 0; k < 100; k++) {
 *   optimizer.advance(0, 2);
 *   const [x, y] = optimizer.point();
 *   optimizer.gradient().set([x - 1, 3 * (y + 2)]);
 *   optimizer.accept(0, 2);
 *   optimizer.step();
 * }
 */
export class UniversalSgd {
  readonly size: number;
  readonly radius: number;
  readonly averaging: Averaging;
  /** H. */
  curvature = 0;
  /** k: gradients that moved the point, the passive start included. */
  steps = 0;
  /** Points in the sum. */
  #averaged = 0;
  /** 0: the first gradient is due; 1: that of the trial point; 2: any later one. */
  #phase: 0 | 1 | 2 = 0;
  readonly #precision: Precision;
  #x: Vector;
  /** The last gradient. */
  #g: Vector;
  /** Sum of points. */
  #sum: Vector;
  /** Part of the next gradient. */
  readonly #next: Vector;
  /** <x, x>, <x, next>, <next, next>, <g, next>. */
  readonly #sums: Block;
  // <x, x>, <x, g> and <g, g>.
  #xx = 0;
  #xg = 0;
  #gg = 0;
  // The move that is due: x ← shrink·(x − pace·g).
  #pace = 0;
  #shrink = 1;

  /**
   * @param size numbers in a point
   * @param radius D > 0
   * @throws RangeError for an option outside its range
   */
  constructor(size: number, radius: number, options: UniversalSgdOptions = {}) {
    known('UniversalSgd', options, { averaging: 0, precision: 0, part: 0 });
    const { averaging = 'running', precision = 'float64', part = size } = options;
    this.size = integer('UniversalSgd', 'size', size, 1, 'Count the numbers of a point.');
    oneOf('UniversalSgd', 'averaging', averaging, ['running', 'stage', 'none']);
    oneOf('UniversalSgd', 'precision', precision, ['float64', 'float32']);
    integer('UniversalSgd', 'part', part, 1, 'Leave it out for size.');
    if (part !== size && part % 4 !== 0) {
      throw invalid(
        'UniversalSgd',
        'part',
        part,
        `size = ${size}, or a multiple of 4`,
        'Parts begin where a vector does.',
      );
    }
    this.radius = positive('UniversalSgd', 'radius', radius, 'Give a bound of the distance to the solution.');
    this.averaging = averaging;
    this.#precision = precision;
    this.#x = vector(size, precision);
    this.#g = vector(size, precision);
    this.#sum = vector(size, precision);
    this.#next = vector(part, precision);
    this.#sums = allocate(4);
  }

  /** The point, [size]; a part of it is where its gradient is to be taken once that part was advanced. Valid until memory grows. */
  point(): Float64Array | Float32Array {
    return this.#x.array;
  }

  /** Where gradients of parts are to be written, [part]. Valid until memory grows. */
  gradient(): Float64Array | Float32Array {
    return this.#next.array;
  }

  /** What is handed out: these numbers, [size], times `factor`. Valid until the next call. */
  get average(): { readonly sum: Float64Array | Float32Array; readonly factor: number } {
    if (this.averaging === 'none') return { sum: this.#x.array, factor: 1 };
    return { sum: this.#sum.array, factor: this.#averaged === 0 ? 0 : 1 / this.#averaged };
  }

  /** Moves numbers `from` to `to` of the point; `from` is even, or with float32 a multiple of four, where a vector begins. */
  advance(from: number, to: number): void {
    const { BYTES_PER_ELEMENT: bytes, byteOffset: x } = this.#x.array;
    const at = from * bytes;
    const { byteOffset: g } = this.#g.array;
    kernels[this.#precision].move((to - from) * bytes, this.#shrink, this.#pace, x + at, g + at, this.#sum.array.byteOffset + at); // prettier-ignore
  }

  /** Takes the gradient of numbers `from` to `to`, which was written from number `at` on; both starts as for {@link advance}. */
  accept(from: number, to: number, at = 0): void {
    const { BYTES_PER_ELEMENT: bytes, byteOffset: x } = this.#x.array;
    const g = this.#g.array.byteOffset + from * bytes;
    const next = this.#next.array.byteOffset + at * bytes;
    // What an earlier part left behind a last one that fills no vector would be counted.
    const rest = (from - to) & (16 / bytes - 1);
    if (rest > 0) this.#next.array.fill(0, at + to - from, at + to - from + rest);
    // The trial's gradient is compared and forgotten ("passive start").
    const [last, latest] = this.#phase === 1 ? [next, g] : [g, next];
    kernels[this.#precision].collect((to - from) * bytes, x + from * bytes, last, latest, this.#sums.array.byteOffset);
  }

  /** Finds the next move when all parts were accepted. */
  step(): void {
    const sums = this.#sums.array;
    const [xx, xn, nn, gn] = sums as unknown as readonly [number, number, number, number];
    sums.fill(0);
    const D = this.radius;
    if (this.#phase === 0) {
      this.#gg = nn;
      this.#try();
      return;
    }
    if (this.#phase === 1) {
      // p1 − x_0 = −h g_1, of length D. The trial step only calibrates H: the point stays x_0.
      const beta = -this.#pace * (gn - this.#gg);
      this.curvature = beta / (1.5 * D * D);
      // Noise can make the trial's curvature negative; a step of length D is then what is known to be too long.
      if (!(this.curvature > 0)) this.curvature = Math.sqrt(this.#gg) / D;
      this.#x.array.fill(0);
      this.#sum.array.fill(0);
      this.steps = 1;
      this.#averaged = 1;
      this.#phase = 2;
      this.#plan();
      return;
    }
    // β = <q − x, g_2 − g> for q = s(x − g/H), that is q − x = (1 − 1/s)q − g/H.
    const H = this.curvature;
    const s = this.#shrink;
    const alongPoint = xn - s * (this.#xg - this.#gg / H);
    const beta = (1 - 1 / s) * alongPoint - (gn - this.#gg) / H;
    const r2 = this.#gg / (H * H);
    this.curvature = H + Math.max((beta - (r2 * H) / 2) / (D * D + r2 / 2), 0);
    this.#xx = xx;
    this.#xg = xn;
    this.#gg = nn;
    this.steps++;
    this.#averaged++;
    this.#plan();
  }

  /** Starts the average anew with the next point, for `stage`. */
  restart(): void {
    if (this.averaging !== 'stage') return;
    this.#averaged = 0;
    this.#sum.array.fill(0);
  }

  /**
   * Sets coordinates of all vectors of the state to 0, as if they had never been: the repair of a projection that changes only
   * what is handed out, so that what it removed comes back with the next step.
   * @param keep [size]: 0 where a coordinate goes
   */
  project(keep: Uint8Array): void {
    const x = this.#x.array;
    const g = this.#g.array;
    const sum = this.#sum.array;
    let [xx, xg, gg] = [0, 0, 0];
    for (let k = 0; k < x.length; k++) {
      if (keep[k] === 0) {
        x[k] = g[k] = sum[k] = 0;
        continue;
      }
      xx += x[k]! * x[k]!;
      xg += x[k]! * g[k]!;
      gg += g[k]! * g[k]!;
    }
    [this.#xx, this.#xg, this.#gg] = [xx, xg, gg];
    if (this.#phase === 2) this.#plan();
    else if (this.#phase === 1) this.#try();
  }

  /**
   * Gives the coordinates of all vectors of the state another order.
   * @param move writes its first argument, so arranged, to its second, which holds anything
   */
  rearrange(move: (from: Float64Array | Float32Array, to: Float64Array | Float32Array) => void): void {
    let spare = vector(this.size, this.#precision);
    const moved = (old: Vector): Vector => {
      const to = spare;
      move(old.array, to.array);
      spare = old;
      return to;
    };
    this.#x = moved(this.#x);
    this.#g = moved(this.#g);
    this.#sum = moved(this.#sum);
    spare.free();
  }

  /** The trial step, of length D; with no gradient there is nothing to calibrate by, and the next one is the first. */
  #try(): void {
    this.#phase = this.#gg === 0 ? 0 : 1;
    this.#pace = this.#gg === 0 ? 0 : this.radius / Math.sqrt(this.#gg);
  }

  /** The next move: by −g/H, and back onto the ball where that leaves it. */
  #plan(): void {
    const t = 1 / this.curvature;
    const length = Math.sqrt(Math.max(0, this.#xx - 2 * t * this.#xg + t * t * this.#gg));
    this.#pace = t;
    this.#shrink = length > this.radius ? this.radius / length : 1;
  }

  /** Gives kernel memory back; the object is of no use afterwards. */
  free(): void {
    for (const block of [this.#x, this.#g, this.#sum, this.#next, this.#sums]) block.free();
  }
}
