/** Clients in hidden groups, their data a function of seed and sizes alone. */
import { type Stream, stream } from '@assay-ml/numerics';
import type { ClientData, Federation } from '@assay-ml/floral';

/** Test examples a client. */
const TEST = 200;

const D = 10;

/** Clients of `groups` whose data are the affine maps x(W + 2 u_c v_cᵀ) + b of their group: entries of W, u and b N(0, 1/d), of v N(0, 1). */
function affine(
  key: Stream,
  clients: number,
  groups: number,
  samples: number,
  /** Of an example's images [d] the numbers that a model is to predict. */
  target: (h: Float64Array) => ArrayLike<number>,
): Federation {
  const scaled = (at: number, length: number) =>
    key
      .at(at)
      .fillNormal(new Float64Array(length))
      .map((x) => x / Math.sqrt(D));
  const [W, bias, u] = [scaled(0, D * D), scaled(1, D), scaled(2, groups * D)];
  const v = key.at(3).fillNormal(new Float64Array(groups * D));
  const h = new Float64Array(D);
  const part = (which: number, count: number) =>
    Array.from({ length: clients }, (_, k): ClientData => {
      const x = key.at(4, which, k).fillNormal(new Float64Array(count * D));
      const c = k % groups;
      const y: number[] = [];
      for (let i = 0; i < count; i++) {
        for (let o = 0; o < D; o++) {
          let sum = bias[o]!;
          for (let j = 0; j < D; j++) sum += x[i * D + j]! * (W[j * D + o]! + 2 * u[c * D + j]! * v[c * D + o]!);
          h[o] = sum;
        }
        y.push(...Array.from(target(h)));
      }
      return { x, y: Float64Array.from(y) };
    });
  return {
    clients: part(0, samples),
    tests: part(1, TEST),
    truth: Array.from({ length: clients }, (_, k) => k % groups),
  };
}

/** E1, linear regression: the first three coordinates of an affine map of R¹⁰, no noise; client k is of group k mod `groups`. */
export function linearFederation(seed: number, clients: number, groups: number, samples: number): Federation {
  return affine(stream(seed, 'linear', groups), clients, groups, samples, (h) => h.subarray(0, 3));
}

/** The synthetic perceptron: y = ReLU(x(W + 2 u_c v_cᵀ) + b) w, entries of w N(0, 1/d). */
export function reluFederation(seed: number, clients: number, groups: number, samples: number): Federation {
  const key = stream(seed, 'relu', groups);
  const w = key
    .at(5)
    .fillNormal(new Float64Array(D))
    .map((x) => x / Math.sqrt(D));
  return affine(key, clients, groups, samples, (h) => [h.reduce((sum, x, o) => sum + Math.max(0, x) * w[o]!, 0)]);
}

/** How groups disagree: on labels, y → (y + c) mod 8, or on inputs, pairs of coordinates turned c times, (x₁, x₂) → (−x₂, x₁). */
export type Task = 'shift' | 'rotation';

/** Classes and coordinates of E2. */
export const CLASSES = 8;
export const DIMENSION = 16;

/** E2, a small stand-in of the paper's images: 8 Gaussian classes in R¹⁶, centres N(0, 1), noise 0.8. */
export function classFederation(
  task: Task,
  seed: number,
  clients: number,
  groups: number,
  samples: number,
): Federation {
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
  return {
    clients: part(0, samples),
    tests: part(1, TEST),
    truth: Array.from({ length: clients }, (_, k) => k % groups),
  };
}

function turnPairs(x: Float64Array): void {
  for (let i = 0; i < x.length; i += 2) [x[i], x[i + 1]] = [-x[i + 1]!, x[i]!];
}
