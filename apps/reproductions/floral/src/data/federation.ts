/** Clients in hidden groups, their data a function of seed and sizes alone. */
import { stream } from '@assay-ml/numerics';
import type { ClientData, Federation } from '@assay-ml/floral';

/** Test examples a client. */
const TEST = 200;

/**
 * E1, linear regression: y the first 3 coordinates of x(W + 2 u_c v_cᵀ) + b in R¹⁰, no noise; client k is of group k mod `groups`.
 * Entries of W, u and b are N(0, 1/d), those of v N(0, 1).
 */
export function linearFederation(seed: number, clients: number, groups: number, samples: number): Federation {
  const [d, m] = [10, 3];
  const key = stream(seed, 'linear', groups);
  const scaled = (at: number, length: number) => key.at(at).fillNormal(new Float64Array(length)).map((x) => x / Math.sqrt(d));
  const [W, bias] = [scaled(0, d * d), scaled(1, d)];
  const u = scaled(2, groups * d);
  const v = key.at(3).fillNormal(new Float64Array(groups * d));
  const part = (which: number, count: number) =>
    Array.from({ length: clients }, (_, k): ClientData => {
      const x = key.at(4, which, k).fillNormal(new Float64Array(count * d));
      const y = new Float64Array(count * m);
      const c = k % groups;
      for (let i = 0; i < count; i++) {
        for (let o = 0; o < m; o++) {
          let sum = bias[o]!;
          for (let j = 0; j < d; j++) sum += x[i * d + j]! * (W[j * d + o]! + 2 * u[c * d + j]! * v[c * d + o]!);
          y[i * m + o] = sum;
        }
      }
      return { x, y };
    });
  return { clients: part(0, samples), tests: part(1, TEST), truth: Array.from({ length: clients }, (_, k) => k % groups) };
}

/**
 * The synthetic perceptron: y = ReLU(x(W + 2 u_c v_cᵀ) + b) w, in R¹⁰.
 */
export function reluFederation(seed: number, clients: number, groups: number, samples: number): Federation {
  const d = 10;
  const key = stream(seed, 'relu', groups);
  const scaled = (at: number, length: number) => key.at(at).fillNormal(new Float64Array(length)).map((x) => x / Math.sqrt(d));
  const [W, bias, out] = [scaled(0, d * d), scaled(1, d), scaled(5, d)];
  const u = scaled(2, groups * d);
  const v = key.at(3).fillNormal(new Float64Array(groups * d));
  const part = (which: number, count: number) =>
    Array.from({ length: clients }, (_, k): ClientData => {
      const x = key.at(4, which, k).fillNormal(new Float64Array(count * d));
      const y = new Float64Array(count);
      const c = k % groups;
      for (let i = 0; i < count; i++) {
        for (let o = 0; o < d; o++) {
          let sum = bias[o]!;
          for (let j = 0; j < d; j++) sum += x[i * d + j]! * (W[j * d + o]! + 2 * u[c * d + j]! * v[c * d + o]!);
          y[i]! += Math.max(0, sum) * out[o]!;
        }
      }
      return { x, y };
    });
  return { clients: part(0, samples), tests: part(1, TEST), truth: Array.from({ length: clients }, (_, k) => k % groups) };
}

/** How groups disagree: on labels, y → (y + c) mod 8, or on inputs, pairs of coordinates turned c times, (x₁, x₂) → (−x₂, x₁). */
export type Task = 'shift' | 'rotation';

/** Classes and coordinates of E2. */
export const CLASSES = 8;
export const DIMENSION = 16;

/** E2, a small stand-in of the paper's images: 8 Gaussian classes in R¹⁶, centres N(0, 1), noise 0.8. */
export function classFederation(task: Task, seed: number, clients: number, groups: number, samples: number): Federation {
  const key = stream(seed, 'classes');
  const centres = key.at(0).fillNormal(new Float64Array(CLASSES * DIMENSION));
  const part = (which: number, count: number) =>
    Array.from({ length: clients }, (_, k): ClientData => {
      const c = k % groups;
      const draw = key.at(1, which, k);
      const labels = Uint8Array.from({ length: count }, () => draw.integer(CLASSES));
      const x = draw.fillNormal(new Float64Array(count * DIMENSION));
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < DIMENSION; j++) x[i * DIMENSION + j] = centres[labels[i]! * DIMENSION + j]! + 0.8 * x[i * DIMENSION + j]!; // prettier-ignore
      }
      if (task === 'rotation') for (let turn = 0; turn < c; turn++) turnPairs(x);
      return { x, y: labels.map((y) => (task === 'shift' ? (y + c) % CLASSES : y)) };
    });
  return { clients: part(0, samples), tests: part(1, TEST), truth: Array.from({ length: clients }, (_, k) => k % groups) };
}

function turnPairs(x: Float64Array): void {
  for (let i = 0; i < x.length; i += 2) [x[i], x[i + 1]] = [-x[i + 1]!, x[i]!];
}
