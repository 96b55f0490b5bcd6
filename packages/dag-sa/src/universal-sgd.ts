/**
 * UniversalSGD: Rodomanov, Kavis, Wu, Antonakopoulos, Cevher, "Universal gradient methods for stochastic convex optimization"
 * (arXiv 2402.03210), Algorithm 4.1, as in ψDAG's code (spec §3.4), from x_0 = 0 in the ball of radius D.
 *
 * | here | there |
 * |---|---|
 * | `point()` | x, where the next gradient is taken: x_0, the trial point p1, then q |
 * | `average` | xav, the mean of all points |
 * | `curvature` | H, which never falls |
 * | `radius` | D |
 *
 * One object asks for gradients and is told them, so that whoever has data drives it. Its vectors lie in kernel memory.
 */
import { allocate, type Block } from '@assay-ml/numerics';
import { positive } from '@assay-ml/numerics/check';

/** The mean that is handed out: over all steps (the authors'), over those since `restart`, or the last point alone. */
export type Averaging = 'running' | 'stage' | 'none';

/** The optimiser's state; see the file's header. */
export class UniversalSgd {
  readonly size: number;
  readonly radius: number;
  readonly averaging: Averaging;
  /** H. */
  curvature = 0;
  /** k: gradients that moved the point, the passive start included. */
  steps = 0;
  /** Points in the average. */
  #averaged = 0;
  /** 0: the first gradient is due; 1: that of the trial point; 2: any later one. */
  #phase = 0;
  readonly #x: Block;
  readonly #g: Block;
  readonly #average: Block;
  /** Where the next gradient is written. */
  readonly #next: Block;
  // ‖x‖², <x, g> and ‖g‖² before the last move, which was x ← s(x − g/H).
  #xx = 0;
  #xg = 0;
  #gg = 0;
  #shrink = 1;

  /**
   * @param size numbers in a point
   * @param radius D > 0
   * @param averaging default `running`, the authors'
   */
  constructor(size: number, radius: number, averaging: Averaging = 'running') {
    this.size = size;
    this.radius = positive('UniversalSgd', 'radius', radius, 'Give a bound of the distance to the solution.');
    this.averaging = averaging;
    this.#x = allocate(size);
    this.#g = allocate(size);
    this.#average = allocate(size);
    this.#next = allocate(size);
  }

  /** Where the next gradient is to be taken. Valid until the next call. */
  point(): Float64Array {
    return this.#x.array;
  }

  /** Where that gradient is to be written, before {@link step}. */
  gradient(): Float64Array {
    return this.#next.array;
  }

  /** What is handed out. Valid until the next call. */
  get average(): Float64Array {
    return this.averaging === 'none' ? this.#x.array : this.#average.array;
  }

  /** Takes the gradient that was written and moves the point. */
  step(): void {
    const x = this.#x.array;
    const g = this.#g.array;
    const next = this.#next.array;
    const D = this.radius;
    if (this.#phase === 0) {
      g.set(next);
      this.#gg = sumOfSquares(next);
      if (this.#gg === 0) return; // at a minimum already: nothing to calibrate by
      const h = D / Math.sqrt(this.#gg);
      for (let k = 0; k < x.length; k++) x[k] = -h * g[k]!;
      this.#phase = 1;
      return;
    }
    if (this.#phase === 1) {
      // p1 − x_0 = −h g_1, of length D. The trial step only calibrates H ("passive start"): the point stays x_0.
      let inner = 0;
      for (let k = 0; k < x.length; k++) inner += g[k]! * next[k]!;
      const h = D / Math.sqrt(this.#gg);
      const beta = -h * (inner - this.#gg);
      this.curvature = beta / (1.5 * D * D);
      // Noise can make the trial's curvature negative; a step of length D is then what is known to be too long.
      if (!(this.curvature > 0)) this.curvature = Math.sqrt(this.#gg) / D;
      x.fill(0);
      this.steps = 1;
      this.#averaged = 1;
      this.#phase = 2;
      this.#move();
      return;
    }
    const average = this.#average.array;
    const weight = 1 / (this.#averaged + 1);
    let gn = 0;
    let xn = 0;
    let nn = 0;
    let xx = 0;
    for (let k = 0; k < x.length; k++) {
      const point = x[k]!;
      const value = next[k]!;
      gn += g[k]! * value;
      xn += point * value;
      nn += value * value;
      xx += point * point;
      average[k]! += weight * (point - average[k]!);
      g[k] = value;
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
    this.#move();
  }

  /** Starts the average anew with the next point, for `stage`. */
  restart(): void {
    if (this.averaging === 'stage') this.#averaged = 0;
  }

  /**
   * Sets coordinates of all vectors of the state to 0, as if they had never been: the repair of a projection that changes only
   * what is handed out, so that what it removed comes back with the next step.
   * @param keep [size]: 0 where a coordinate goes
   */
  project(keep: Uint8Array): void {
    const x = this.#x.array;
    const g = this.#g.array;
    const average = this.#average.array;
    if (this.#phase !== 2) {
      for (let k = 0; k < x.length; k++) if (keep[k] === 0) x[k] = g[k] = average[k] = 0;
      return;
    }
    const t = 1 / this.curvature;
    this.#xx = this.#xg = this.#gg = 0;
    for (let k = 0; k < x.length; k++) {
      if (keep[k] === 0) {
        x[k] = g[k] = average[k] = 0;
        continue;
      }
      x[k] = x[k]! / this.#shrink + t * g[k]!; // the point before its last move
      this.#xx += x[k]! * x[k]!;
      this.#xg += x[k]! * g[k]!;
      this.#gg += g[k]! * g[k]!;
    }
    this.#move();
  }

  /** x ← q, the step from x by −g/H, back onto the ball where it leaves it. */
  #move(): void {
    const x = this.#x.array;
    const g = this.#g.array;
    const t = 1 / this.curvature;
    const length = Math.sqrt(Math.max(0, this.#xx - 2 * t * this.#xg + t * t * this.#gg));
    const s = length > this.radius ? this.radius / length : 1;
    this.#shrink = s;
    for (let k = 0; k < x.length; k++) x[k] = s * (x[k]! - t * g[k]!);
  }

  /** Gives kernel memory back; the object is of no use afterwards. */
  free(): void {
    for (const block of [this.#x, this.#g, this.#average, this.#next]) block.free();
  }
}

function sumOfSquares(x: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum += x[k]! * x[k]!;
  return sum;
}
