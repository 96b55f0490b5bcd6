/**
 * Many independent runs of methods on one problem under the same heavy-tailed noise, in WebAssembly SIMD over the runs: the
 * experiments of the paper's section on quadratics, at sizes where quantiles of 0.999 can be read.
 */
import { scalar } from '@assay-ml/numerics';
import type { Stream } from '@assay-ml/numerics';
import { integer, invalid, overwrites, requireOptions } from '@assay-ml/numerics/check';
import { KERNELS } from './kernels.wasm.js';
import { isRunning, levelAt } from './level.js';
import type { Method } from './method.js';
import { rateAt } from './schedule.js';

/** The noise of {@link simulate}: independent over runs, coordinates and steps, the same for all methods. */
export interface Noise {
  /**
   * Number j·runs + r of `stream.at(t)` makes the noise of coordinate j of run r at step t. It has the bits of the stream's
   * `fillPareto`, or at α = 1.5 is it to rounding.
   */
  readonly stream: Stream;
  /** Tail index α > 1: moments of order p < α exist, and no others. 1.5 in the paper. */
  readonly alpha: number;
  /**
   * False (default): symmetric Pareto, density α/2·(1 + |x|)^(−α−1), the paper's at α = 1.5. True: one-sided Pareto less its
   * mean, under which clipping at a constant level has a bias.
   */
  readonly skewed?: boolean;
}

/** Options of {@link simulate}. */
export interface SimulateOptions {
  /** One b a run: `scale` and `clip.mode` are `norm`, or d = 1, where all are the same. No weight decay. */
  readonly methods: readonly Method[];
  /** Where all runs start, [d]. */
  readonly x0: ArrayLike<number>;
  /** Number of runs, even: two are computed at a time. */
  readonly runs: number;
  /** Number of steps K. */
  readonly steps: number;
  /** Left out: exact gradients. */
  readonly noise?: Noise;
  /**
   * Writes ∇f of all runs at once; `x` and `out` are [d][runs], and `x` must not be changed. Left out: f(x) = ½‖x‖², whose
   * gradient is x.
   */
  readonly gradient?: (x: Float64Array, out: Float64Array) => void;
  /** After how many steps the points are reported, ascending. Default: after the last. */
  readonly checkpoints?: readonly number[];
}

/** The points of all runs after `t` steps: one array [d][runs] for each method. */
export interface Snapshot {
  readonly t: number;
  readonly x: readonly Float64Array[];
}

/** What the module exports; pointers are byte addresses. */
interface Kernels {
  fillPareto(n: number, alpha: number, out: number): void;
  fillSkewed(n: number, alpha: number, out: number): void;
  advance(
    runs: number, d: number, flags: number, grad: number, noise: number, x: number, m: number, acc: number,
    gamma: number, level: number, beta1: number, beta2: number, eta: number, eps: number,
  ): void; // prettier-ignore
}

/** Flags of the kernel `advance`. */
const [ADAM, SGD, DELAY, CLIP_DIRECTION, CLIP_ACCUMULATOR] = [1, 2, 4, 8, 16];

const PAGE = 65536;
let compiled: WebAssembly.Module | undefined;

/**
 * Runs all methods from the same point under the same noise.
 *
 * A run whose gradient overflows stays where it was, as in `update`; its bits are those of `update` on gradients x + ξ (to
 * rounding where one dimension is clipped, which is a clamp here), whatever the number of runs beside it.
 * @returns a snapshot for each checkpoint
 * @throws RangeError for options out of range
 * @example
 * const noise = { stream: stream(1, 'noise'), alpha: 1.5 };
 * const [{ x }] = simulate({ methods: [method('AdaGrad-Norm', { gamma: 1 })], x0: [2], runs: 1000, steps: 100, noise });
 */
export function simulate(options: SimulateOptions): Snapshot[] {
  check(options);
  const { methods, x0, runs, steps, noise, gradient, checkpoints = [steps] } = options;
  const d = x0.length;
  const size = d * runs;
  // From the second page on: noise, gradient, then x, m and b² of each method. The kernels' own piece is in the first.
  const states = methods.map(({ beta1 }) => size + (beta1 > 0 ? size : 0) + runs);
  const length = 2 * size + states.reduce((sum, n) => sum + n, 0);
  const memory = new WebAssembly.Memory({ initial: 1 + Math.ceil((8 * length) / PAGE) });
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(KERNELS), (c) => c.charCodeAt(0)));
  const kernels = new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Kernels;
  let end = PAGE;
  const take = (n: number): Float64Array => {
    const view = new Float64Array(memory.buffer, end, n);
    end += 8 * n;
    return view;
  };
  const xi = take(size);
  const slope = take(size);
  const lanes = methods.map((method) => {
    const x = take(size);
    for (let j = 0; j < d; j++) x.fill(x0[j]!, j * runs, (j + 1) * runs);
    const m = method.beta1 > 0 ? take(size).byteOffset : 0;
    const acc = take(runs).fill(method.b0 * method.b0).byteOffset;
    return { method, x, m, acc, flags: flagsOf(method) };
  });

  const snapshots: Snapshot[] = [];
  const report = (t: number) => {
    if (checkpoints[snapshots.length] === t) snapshots.push({ t, x: lanes.map(({ x }) => x.slice()) });
  };
  report(0);
  for (let t = 0; t < steps; t++) {
    if (noise) {
      noise.stream.at(t).fillUniform(xi);
      (noise.skewed ? kernels.fillSkewed : kernels.fillPareto)(size, noise.alpha, xi.byteOffset);
    }
    for (const { method, x, m, acc, flags } of lanes) {
      const { beta1, beta2, eta, eps, clip, biasCorrection } = method;
      const correction = biasCorrection ? Math.sqrt(1 - scalar.pow(beta2, t + 1)) / (1 - scalar.pow(beta1, t + 1)) : 1;
      const level = clip === null || isRunning(clip.level) ? Infinity : levelAt(clip.level, t);
      if (gradient) {
        if (t > 0) gradient(x, slope);
        else overwrites('simulate: gradient', slope, () => gradient(x, slope), 'It is handed the array to write to.');
      }
      const grad = gradient ? slope : x;
      kernels.advance(
        runs, d, flags, grad.byteOffset, xi.byteOffset, x.byteOffset, m, acc,
        rateAt(method.gamma, t) * correction, level, beta1, beta2, eta, eps,
      ); // prettier-ignore
    }
    report(t + 1);
  }
  return snapshots;
}

function flagsOf({ kind, delay, clip }: Method): number {
  return (
    (kind === 'adam' ? ADAM! : kind === 'sgd' ? SGD! : 0) |
    (delay ? DELAY! : 0) |
    (clip?.direction ? CLIP_DIRECTION! : 0) |
    (clip?.accumulator ? CLIP_ACCUMULATOR! : 0)
  );
}

function check(options: SimulateOptions): void {
  const where = 'simulate';
  requireOptions<SimulateOptions>(where, options, {
    ...{ methods: 1, x0: 1, runs: 1, steps: 1, noise: 1, gradient: 1, checkpoints: 1 },
  });
  const { methods, x0, runs, steps, noise, checkpoints = [] } = options;
  if (noise) requireOptions<Noise>(where, noise, { stream: 1, alpha: 1, skewed: 1 }, 'noise');
  integer(where, 'runs', runs, 2, 'Two are computed at a time.');
  if (runs % 2 !== 0) throw invalid(where, 'runs', runs, 'even', 'Two are computed at a time.');
  integer(where, 'steps', steps, 1, 'Count from the start.');
  if (!(x0?.length > 0)) throw invalid(where, 'x0', x0, 'an array of d ≥ 1 numbers', 'Give one number a coordinate.');
  Array.from(x0).forEach((value, i) => {
    if (!Number.isFinite(value)) throw invalid(where, `x0[${i}]`, value, 'a finite number', 'Start from a point.');
  });
  if (noise && !(noise.alpha > 1 && noise.alpha < Infinity)) {
    throw invalid(where, 'noise.alpha', noise.alpha, 'a finite number > 1', 'The noise has no mean otherwise.');
  }
  checkpoints.forEach((t, i) => {
    integer(where, `checkpoints[${i}]`, t, 0, 'Count steps.');
    if (t > steps || t <= (checkpoints[i - 1] ?? -1)) {
      throw invalid(where, `checkpoints[${i}]`, t, `ascending and at most ${steps}`, 'Sort them.');
    }
  });
  methods.forEach(({ scale, clip, weightDecay }, k) => {
    const name = `methods[${k}]`;
    if (weightDecay > 0) throw invalid(where, `${name}.weightDecay`, weightDecay, '0', 'Take update() for it.');
    if (clip !== null && isRunning(clip.level)) {
      throw invalid(
        where,
        `${name}.clip.level`,
        clip.level,
        'constant or growing',
        'Take update() for running quantiles.',
      );
    }
    if (x0.length > 1 && (scale === 'coordinate' || clip?.mode === 'coordinate')) {
      throw invalid(where, name, scale, "of scale and clip.mode 'norm' in more than one dimension", 'Take update() for coordinates.'); // prettier-ignore
    }
  });
}
