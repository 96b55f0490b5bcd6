/**
 * C7, pins: instances on which the ratio of left to right side is known in closed form, so that a constant of a bound that is
 * off by a factor would show. Everything here is exact: the seed plays no part.
 */
import { scalar } from '@assay-ml/numerics';
import type { Json } from '@assay-ml/claims';
import {
  averagedGradientBound,
  biasBound,
  bounded,
  concave1d,
  contractionBound,
  differenceBound,
  driftBound,
  localSgd,
  quadratic,
} from '@assay-ml/theory-sim';

export function run(): Record<string, Json> {
  const pins: Record<string, { measured: number; closedForm: number }> = {};
  const one = (x: number): Float64Array => Float64Array.of(x);

  // T1, T2: family W where the sine of client 0 is steepest, x + φ = 0 modulo π; half a step h to either side.
  const delta = 0.3;
  const sines = bounded({ n: 2, d: 1, delta, seed: 0 });
  const h = 1e-3;
  const steepest = inflection((x) => dissimilarity(sines, x));
  const apart = [0, 1].map((i) => {
    const out = new Float64Array(1);
    sines.clientGrad(i, one(steepest + (i === 0 ? h : -h)), out);
    return out[0]!;
  });
  const middle = new Float64Array(1);
  sines.fullGrad(one(steepest), middle);
  pins['T1'] = {
    measured: ((apart[0]! + apart[1]!) / 2 - middle[0]!) ** 2 / biasBound(sines.constants, h * h),
    closedForm: (scalar.sin(h) / h) ** 2 / 8,
  };
  pins['T2'] = {
    measured:
      Math.abs(dissimilarity(sines, steepest + h) - dissimilarity(sines, steepest - h)) /
      differenceBound(sines.constants, 2 * h),
    closedForm: scalar.sin(h) / h,
  };

  // T3: −(ρ/2)x² expands by exactly 1 + ρη.
  const rho = 0.3;
  const slopes = [1, -1, 2, -2];
  const concave = concave1d({ b: slopes, rho });
  const at = new Float64Array(1);
  concave.fullGrad(one(1), at);
  pins['T3'] = {
    measured: (1 - at[0]! / rho / 2) ** 2 / contractionBound(concave.constants, 0.5 / rho, 1),
    closedForm: 1.5 ** 2 / 4,
  };

  // T5, T6: the concave drift of T10, at the caps.
  const K = 12;
  const drift = (eta: number): number => {
    let last = 0;
    const options = { eta, K, R: 1, x0: [0], onRound: ({ maxDrift }: { maxDrift: number }) => (last = maxDrift) };
    localSgd(concave, options);
    return last;
  };
  const square = slopes.reduce((sum, b) => sum + b * b, 0) / slopes.length;
  const grown = (eta: number): number => ((scalar.pow(1 + eta * rho, K) - 1) / rho) ** 2;
  const eta5 = 1 / (12 * rho * K);
  pins['T5'] = {
    measured: drift(eta5) / driftBound('uniform', concave.constants, { eta: eta5, K }),
    closedForm: (square * grown(eta5)) / (24 * eta5 ** 2 * K ** 2 * Math.max(...slopes) ** 2),
  };
  const eta6 = 1 / (36 * rho * K);
  pins['T6'] = {
    measured: drift(eta6) / driftBound('averaged', concave.constants, { eta: eta6, K }),
    closedForm: grown(eta6) / (36 * eta6 ** 2 * K ** 2),
  };

  // T7, T8: gradient descent on ½x², η = 1: the first term 2Δ/(ηT) is attained.
  const parabola = quadratic({ n: 1, d: 1, L: 1, lMin: 1 });
  const descent = localSgd(parabola, { eta: 1, K: 1, R: 5, x0: [3], averaged: true }).averagedGradientNorm2!;
  const constants = { ...parabola.constants, Delta: 4.5 };
  for (const [name, similarity] of [
    ['T7', 'averaged'],
    ['T8', 'uniform'],
  ] as const) {
    pins[name] = {
      measured: descent / averagedGradientBound(similarity, constants, { eta: 1, K: 1, R: 5, n: 1 }),
      closedForm: 1,
    };
  }
  return pins;
}

/** ∇f_0(x) − ∇f(x) in one dimension. */
function dissimilarity(problem: ReturnType<typeof bounded>, x: number): number {
  const own = new Float64Array(1);
  const all = new Float64Array(1);
  problem.clientGrad(0, Float64Array.of(x), own);
  problem.fullGrad(Float64Array.of(x), all);
  return own[0]! - all[0]!;
}

/** Where a cosine crosses zero in [−4, 4), by bisection. */
function inflection(f: (x: number) => number): number {
  let low = -4;
  while (Math.sign(f(low)) === Math.sign(f(low + 0.5))) low += 0.5;
  let high = low + 0.5;
  for (let k = 0; k < 60; k++) {
    const mid = 0.5 * (low + high);
    if (Math.sign(f(mid)) === Math.sign(f(low))) low = mid;
    else high = mid;
  }
  return low;
}
