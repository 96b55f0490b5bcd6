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
import { allocate, axpy, type Block, dot } from '@assay-ml/numerics';
import { positive } from '@assay-ml/numerics/check';

/** The mean that is handed out: over all steps (the authors'), over those since `restart`, or the last point alone. */
export type Averaging = 'running' | 'stage' | 'none';

/** Numbers of a vector that are read together, so that the sums over them find them in the cache. */
const TOGETHER = 16384;

/** The optimiser's state; see the file's header. */
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
  #phase = 0;
  #x: Block;
  /** The last gradient. */
  #g: Block;
  /** Sum of points. */
  #sum: Block;
  /** Where the next gradient is written; between steps it holds the mean that was asked for. */
  #next: Block;
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
    this.#sum = allocate(size);
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
    if (this.averaging === 'none') return this.#x.array;
    const mean = this.#next.array.fill(0);
    return this.#averaged === 0 ? mean : axpy(1 / this.#averaged, this.#sum.array, mean);
  }

  /** Takes the gradient that was written and moves the point. */
  step(): void {
    const D = this.radius;
    if (this.#phase === 0) {
      [this.#g, this.#next] = [this.#next, this.#g];
      const g = this.#g.array;
      this.#gg = dot(g, g);
      if (this.#gg === 0) return; // at a minimum already: nothing to calibrate by
      axpy(-D / Math.sqrt(this.#gg), g, this.#x.array);
      this.#phase = 1;
      return;
    }
    if (this.#phase === 1) {
      // p1 − x_0 = −h g_1, of length D. The trial step only calibrates H ("passive start"): the point stays x_0.
      const h = D / Math.sqrt(this.#gg);
      const beta = -h * (dot(this.#g.array, this.#next.array) - this.#gg);
      this.curvature = beta / (1.5 * D * D);
      // Noise can make the trial's curvature negative; a step of length D is then what is known to be too long.
      if (!(this.curvature > 0)) this.curvature = Math.sqrt(this.#gg) / D;
      this.#x.array.fill(0);
      this.steps = 1;
      this.#averaged = 1;
      this.#phase = 2;
      this.#move();
      return;
    }
    let [xx, xn, nn, gn] = [0, 0, 0, 0];
    for (let from = 0; from < this.size; from += TOGETHER) {
      const x = this.#x.array.subarray(from, from + TOGETHER);
      const next = this.#next.array.subarray(from, from + TOGETHER);
      xx += dot(x, x);
      xn += dot(x, next);
      nn += dot(next, next);
      gn += dot(this.#g.array.subarray(from, from + TOGETHER), next);
      axpy(1, x, this.#sum.array.subarray(from, from + TOGETHER));
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
    [this.#g, this.#next] = [this.#next, this.#g];
    this.steps++;
    this.#averaged++;
    this.#move();
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
    for (let k = 0; k < x.length; k++) if (keep[k] === 0) x[k] = g[k] = sum[k] = 0;
    if (this.#phase !== 2) return;
    // Back to the point before its last move, for the sums that belong to it.
    if (this.#shrink < 1) axpy(1 / this.#shrink - 1, x, x);
    axpy(1 / this.curvature, g, x);
    this.#xx = dot(x, x);
    this.#xg = dot(x, g);
    this.#gg = dot(g, g);
    this.#move();
  }

  /**
   * Gives the coordinates of all vectors of the state another order.
   * @param move writes its first argument, so arranged, to its second
   */
  rearrange(move: (from: Float64Array, to: Float64Array) => void): void {
    const moved = (block: Block): Block => {
      const to = this.#next;
      move(block.array, to.array);
      this.#next = block;
      return to;
    };
    this.#x = moved(this.#x);
    this.#g = moved(this.#g);
    this.#sum = moved(this.#sum);
  }

  /** x ← q, the step from x by −g/H, back onto the ball where it leaves it. */
  #move(): void {
    const x = this.#x.array;
    const t = 1 / this.curvature;
    const length = Math.sqrt(Math.max(0, this.#xx - 2 * t * this.#xg + t * t * this.#gg));
    this.#shrink = length > this.radius ? this.radius / length : 1;
    axpy(-t, this.#g.array, x);
    if (this.#shrink < 1) axpy(this.#shrink - 1, x, x);
  }

  /** Gives kernel memory back; the object is of no use afterwards. */
  free(): void {
    for (const block of [this.#x, this.#g, this.#sum, this.#next]) block.free();
  }
}
