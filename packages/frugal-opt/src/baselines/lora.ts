/**
 * LoRA as a method on kernels: W = W₀ + s·A·B with A of a × r and B of r × b, s = alpha/r. Adam trains A and B on the gradients
 * s·G·Bᵀ and s·Aᵀ·G, and W follows. B starts as zeros, A uniform within √(3/a): W starts as it was.
 */
import { gemm, stream } from '@assay-ml/numerics';
import { integer, positive, requireOptions } from '@assay-ml/numerics/check';
import { checkGroups, type Group, type Part, treatmentOf } from '../groups.js';
import { begin, requireValues } from '../guard.js';
import { type Matrix, matrixOf, type Method, type Numbers, zerosLike } from '../method.js';
import { adam } from '../rules/adam.js';
import { advance } from '../rules/rule.js';
import { checkRate, type Rate, rateAt } from '../schedule.js';

/** Options of {@link lora}. */
export interface LoraOptions {
  readonly rate: Rate;
  /** Default 8. */
  readonly rank?: number;
  /** Default that of `rank`: s = 1. */
  readonly alpha?: number;
  /** Parts that have adapters; the others are trained by Adam. Default ['linear']. */
  readonly project?: readonly Part[];
  readonly groups?: readonly Group[];
  /** Of A. Default 0. */
  readonly seed?: number;
}

const rule = adam();

/** Lengths of what a kernel's adapters keep: Adam's moments of both, and A and B themselves. */
export const loraSizes = ([a, b]: Matrix, rank: number): { moments: readonly number[]; basis: readonly number[] } => ({
  moments: [...rule.sizes([a, rank]), ...rule.sizes([rank, b])],
  basis: [a * rank, rank * b],
});

/** @throws RangeError for an option that is unknown or out of range */
export function lora(options: LoraOptions): Method {
  const where = 'lora';
  requireOptions<LoraOptions>(where, options, { rate: 1, rank: 1, alpha: 1, project: 1, groups: 1, seed: 1 });
  const { rank = 8, project = ['linear'], groups = [], seed = 0 } = options;
  const alpha = positive(where, 'alpha', options.alpha ?? rank, 'Leave it out for that of the rank.');
  integer(where, 'rank', rank, 1, 'Leave it out for 8.');
  integer(where, 'seed', seed, 0, 'Leave it out for 0.');
  checkGroups(where, groups, project);
  const rate = checkRate(where, options.rate);
  const scale = alpha / rank;
  const tag = `lora ${JSON.stringify({ rank, alpha, project, groups, seed })}`;
  return {
    tag,
    init(parameters, x) {
      requireValues('init', parameters, x);
      const tensors = parameters.map((parameter, i) => {
        const { kind } = treatmentOf(parameter, project, groups);
        const [a, b] = matrixOf(parameter.shape);
        const zeros = (n: number) => zerosLike(x[i]!, n);
        const state = { t: 0, refreshes: 0, next: 0, count: 0, energy: 1, fallbacks: 0, extra: [] as Numbers[] };
        if (kind !== 'projectable') return { ...state, basis: [], moments: kind === 'regular' ? rule.sizes([a, b]).map(zeros) : [] }; // prettier-ignore
        const { moments, basis } = loraSizes([a, b], rank);
        const [first, second] = basis.map(zeros) as [Numbers, Numbers];
        const drawn = stream(seed, 'lora', i).fillUniform(new Float64Array(first.length));
        const bound = Math.sqrt(3 / a);
        drawn.forEach((u, j) => (first[j] = bound * (2 * u - 1)));
        return { ...state, count: rank, basis: [first, second], moments: moments.map(zeros) };
      });
      return { tag, parameters, step: 0, period: 0, window: 0, tensors };
    },
    step(from, g, into) {
      const { point } = begin(tag, from, g, into);
      const { x, state } = point;
      state.parameters.forEach((parameter, i) => {
        const given = g[i]!;
        const { kind, rateScale } = treatmentOf(parameter, project, groups);
        if (given === null || kind === 'frozen' || kind === 'free') return;
        const [weights, own, [a, b]] = [x[i]!, state.tensors[i]!, matrixOf(parameter.shape)];
        const t = ++own.t;
        const raw = rateAt(rate, state.step) * rateScale;
        const moments = own.moments as Numbers[];
        if (kind === 'regular') {
          advance(rule, weights, moments, given, { t, rate: raw, shape: [a, b], keep: 1 });
          return;
        }
        const gradient = Float64Array.from(given);
        const [left, right] = own.basis.map((values) => Float64Array.from(values)) as [Float64Array, Float64Array];
        const product = () => gemm(a, b, rank, Float64Array.from(own.basis[0]!), Float64Array.from(own.basis[1]!), new Float64Array(a * b), { alpha: scale }); // prettier-ignore
        const before = product();
        const gradients = [
          gemm(a, rank, b, gradient, right, new Float64Array(a * rank), { transposeB: true, alpha: scale }),
          gemm(rank, b, a, left, gradient, new Float64Array(rank * b), { transposeA: true, alpha: scale }),
        ];
        gradients.forEach((part, m) => {
          const moved = new Float64Array(part.length);
          const shape = m === 0 ? ([a, rank] as const) : ([rank, b] as const);
          advance(rule, moved, moments.slice(2 * m, 2 * m + 2), part, { t, rate: raw, shape, keep: 1 });
          own.basis[m]!.forEach((value, j) => (own.basis[m]![j] = value + moved[j]!));
        });
        const after = product();
        for (let j = 0; j < weights.length; j++) weights[j]! += after[j]! - before[j]!;
      });
      state.step++;
      return point;
    },
  };
}
