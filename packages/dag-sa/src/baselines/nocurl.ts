/**
 * DAG-NoCurl (Yu, Gao, Yin, Ji, ICML 2021; `fishmoon1234/DAG-NoCurl`), in two steps: a soft solution gives a potential φ of the
 * vertices, then W = S ∘ relu(φ_j − φ_i) is fitted, which is a DAG whatever S.
 */
import { minimiseInBox } from '@assay-ml/numerics';
import { options as known, positive } from '@assay-ml/numerics/check';
import { square } from '../check.js';
import { placesOf } from '../graph.js';
import { type SoftKnowledge } from '../knowledge.js';
import { leastSquares, polynomialAcyclicity, type SoftResult } from './notears.js';

/** Options of {@link nocurl}; defaults are those of the paper's second variant. */
export interface NocurlOptions extends SoftKnowledge {
  /** Weights of h in the two soft solves. Default [1000, 1000]. */
  readonly penalties?: readonly [number, number];
  /** Entries of the soft solution of at most this size do not count for φ. Default 0.3. */
  readonly threshold?: number;
}

/**
 * φ of a graph: the least-squares potential whose differences are A = R − Rᵀ, R[i, j] = 1 where j can be reached from i; with
 * the complete graph's Laplacian this is the mean over what a vertex is reached from less what it reaches, up to φ_d = 0.
 */
function potential(W: Float64Array, d: number): Float64Array {
  const reach = new Uint8Array(d * d);
  for (let i = 0; i < d; i++) {
    const stack = [i];
    while (stack.length > 0) {
      const v = stack.pop()!;
      for (let j = 0; j < d; j++) {
        if (W[v * d + j] === 0 || reach[i * d + j] === 1) continue;
        reach[i * d + j] = 1;
        stack.push(j);
      }
    }
  }
  const sums = Float64Array.from({ length: d }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += reach[j * d + i]! - reach[i * d + j]!;
    return sum / d;
  });
  return sums.map((value) => value - sums[d - 1]!);
}

/** φ, or where it does not rise from i to j for all that must come first, the places of an order near to it that does. */
function inOrder(phi: Float64Array, d: number, before: Uint8Array | undefined): Float64Array {
  const falls = (at: number) => phi[at % d]! <= phi[Math.floor(at / d)]!;
  if (before === undefined || !before.some((must, at) => must === 1 && falls(at))) return phi;
  const rest = [...phi.keys()].sort((a, b) => phi[a]! - phi[b]!);
  const order: number[] = [];
  while (rest.length > 0) {
    const at = rest.findIndex((v) => !rest.some((u) => before[u * d + v] === 1));
    order.push(...rest.splice(at, 1));
  }
  return Float64Array.from(placesOf(order));
}

/**
 * @param covariance Σ of centred data, [d, d]
 * @throws RangeError for an option outside its range
 */
export function nocurl(covariance: Float64Array, d: number, options: NocurlOptions = {}): SoftResult {
  known('nocurl', options, { penalties: 0, threshold: 0, allowed: 0, required: 0, before: 0 });
  const { penalties = [1000, 1000], threshold = 0.3, allowed, required, before } = options;
  square('nocurl', 'covariance', covariance, d);
  if (allowed !== undefined) square('nocurl', 'allowed', allowed, d);
  positive('nocurl', 'penalties[0]', penalties[0], 'Leave it out for 1000.');
  positive('nocurl', 'penalties[1]', penalties[1], 'Leave it out for 1000.');
  const size = d * d;
  const fixed = Float64Array.from({ length: size }, (_, at) => (allowed?.[at] === 0 ? 0 : Infinity));
  for (let i = 0; i < d; i++) fixed[i * (d + 1)] = 0;
  const box = { lower: fixed.map((value) => (value === 0 ? 0 : -value)), upper: fixed, ftol: 1e-8 };
  const hGradient = new Float64Array(size);
  let soft: Float64Array<ArrayBuffer> = new Float64Array(size);
  for (const penalty of penalties) {
    soft = minimiseInBox(
      (W, gradient) => {
        const loss = leastSquares(W, covariance, d, gradient);
        const h = polynomialAcyclicity(W, d, hGradient, before);
        for (let at = 0; at < size; at++) gradient[at]! += penalty * hGradient[at]!;
        return loss + penalty * h;
      },
      soft,
      box,
    ).x;
  }
  const large = soft.map((value, at) => {
    if (required?.[at] === 1 || before?.[at] === 1) return 1;
    return Math.abs(value) < threshold ? 0 : value;
  });
  const phi = inOrder(potential(large, d), d, before);
  const relu = Float64Array.from({ length: size }, (_, at) =>
    allowed?.[at] === 0 ? 0 : Math.max(0, phi[at % d]! - phi[Math.floor(at / d)]!),
  );
  const full = new Float64Array(size);
  const fitted = minimiseInBox(
    (S, gradient) => {
      for (let at = 0; at < size; at++) full[at] = S[at]! * relu[at]!;
      const loss = leastSquares(full, covariance, d, gradient);
      for (let at = 0; at < size; at++) gradient[at]! *= relu[at]!;
      return loss;
    },
    new Float64Array(size),
    { ftol: 1e-8 },
  ).x;
  const W = fitted.map((value, at) => value * relu[at]! + 0);
  return { W, h: polynomialAcyclicity(W, d, hGradient, before), converged: true };
}
