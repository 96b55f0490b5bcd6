/** Steps that methods need on the lower-bound instances, the worse sign of the noise. Nothing here is random. */
import { scalar } from '@assay-ml/numerics';
import type { Json } from '@assay-ml/claims';
import {
  compose,
  copyPoint,
  firstStepBound,
  firstStepInstance,
  initialState,
  lastStepInstance,
  update,
  type LowerBoundInstance,
  type Method,
  type Point,
} from '@assay-ml/clip-adagrad';

/** Failure probabilities and accuracies of the tables. */
export type LowerBoundsConfig = { readonly deltas: readonly number[]; readonly epsilons: readonly number[] };

const [x0, b0, level] = [2, 0.1, 0.5];
/** More steps are not tried. */
const MOST = 10_000;
const GRID = Array.from({ length: 25 }, (_, k) => scalar.pow(10, -3 + k / 8));

function start(method: Method): Point {
  const x = [Float64Array.of(x0)];
  return { x, state: initialState(method, x) };
}

/** Steps until |x| ≤ ν where the noise comes first. */
function afterFirst({ nu, size, gradient }: LowerBoundInstance, method: Method): number {
  const g = [new Float64Array(1)];
  return Math.max(
    ...[size, -size].map((xi) => {
      const point = start(method);
      const x = point.x[0]!;
      let t = 0;
      for (; Math.abs(x[0]!) > nu && t < MOST; t++) {
        g[0]![0] = gradient(x[0]!) + (t === 0 ? xi : 0);
        update(method, point, g, point);
      }
      return t;
    }),
  );
}

/** The least K at which both signs of the noise in the last step end within ν; null where none up to `most` does. */
function beforeLast({ nu, size, gradient }: LowerBoundInstance, method: Method, most: number): number | null {
  const point = start(method);
  const end = copyPoint(point);
  const x = point.x[0]!;
  const g = [new Float64Array(1)];
  for (let K = 1; K <= most; K++) {
    const slope = gradient(x[0]!);
    const ends = [size, -size].every((xi) => {
      g[0]![0] = slope + xi;
      return Math.abs(update(method, point, g, end).x[0]![0]!) <= nu;
    });
    if (ends) return K;
    g[0]![0] = slope;
    update(method, point, g, point);
  }
  return null;
}

/** The best over the grid of step sizes; no K beyond the best so far is looked at. */
function tuned(instance: LowerBoundInstance, clipped: boolean): number {
  return GRID.reduce((best, gamma) => {
    const method = compose({ gamma, b0, delay: true, clip: clipped ? { level } : null });
    return beforeLast(instance, method, best) ?? best;
  }, MOST);
}

export function run({ deltas, epsilons }: LowerBoundsConfig): Record<string, Json> {
  const one = (options: object) => compose({ gamma: 1, b0, ...options });
  const methods = {
    AdaGrad: one({}),
    'Clip-AdaGrad': one({ clip: { level } }),
    'M-AdaGrad': one({ beta1: 0.9 }),
    'Clip-M-AdaGrad': one({ beta1: 0.9, clip: { level } }),
  };
  const needed = (instance: LowerBoundInstance) =>
    Object.fromEntries(Object.entries(methods).map(([name, method]) => [name, afterFirst(instance, method)]));
  return {
    first: deltas.map((delta) => {
      const instance = firstStepInstance({ eps: 0.01, delta });
      return { delta, bound: firstStepBound(instance, { x0, gamma: 1 }), ...needed(instance) };
    }),
    accuracy: epsilons.map((eps) => ({ eps, ...needed(firstStepInstance({ eps, delta: 1e-3 })) })),
    last: deltas
      .filter((delta) => delta >= 1e-4)
      .map((delta) => {
        const instance = lastStepInstance({ eps: 0.02, delta });
        return { delta, AdaGradD: tuned(instance, false), 'Clip-AdaGradD': tuned(instance, true) };
      }),
  };
}
