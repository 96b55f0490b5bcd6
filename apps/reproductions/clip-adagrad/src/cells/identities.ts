/** I1 to I6 along gradients of symmetric Pareto noise: how far each is from holding, 0 or below where it holds exactly. */
import type { Json } from '@assay-ml/claims';
import { compose, initialState, update, type Method, type Point } from '@assay-ml/clip-adagrad';
import { norm2, scalar, stream } from '@assay-ml/numerics';

/** Dimension and number of steps. */
export type IdentitiesConfig = { readonly d: number; readonly steps: number };

const norm = (x: ArrayLike<number>) => norm2(Float64Array.from(x));

export function run({ d, steps }: IdentitiesConfig, seed: number): Record<string, Json> {
  const draw = stream(seed, 'clip-adagrad', 'identities', d);
  const gradients = Array.from({ length: steps }, (_, t) => draw.at(t).fillPareto(new Float64Array(d), 1.5));
  const [gamma, b0, level, eta] = [0.25, 3, 0.5, 1 / 16];
  /** Every point of a run, the start first. */
  const path = (method: Method): Point[] => {
    const x = [new Float64Array(d).fill(2)];
    const points = [{ x, state: initialState(method, x) } as Point];
    for (const g of gradients) points.push(update(method, points.at(-1)!, [g]));
    return points;
  };
  const apart = (a: Method, b: Method) => {
    const [p, q] = [path(a), path(b)];
    return Math.max(...p.map(({ x }, t) => Math.max(...x[0]!.map((value, j) => Math.abs(value - q[t]!.x[0]![j]!)))));
  };
  /** The longest step over its bound, less 1. */
  const longest = (method: Method, bound: number) => {
    const points = path(method);
    return Math.max(...points.slice(1).map(({ x }, t) => norm(x[0]!.map((value, j) => value - points[t]!.x[0]![j]!)))) / bound - 1; // prettier-ignore
  };
  const variants = [false, true].flatMap((delay) => [null, { level }].map((clip) => ({ delay, clip })));
  const cut = (g: Float64Array, L: number) => {
    const sgd = compose({ kind: 'sgd', gamma: 1, clip: { level: L } });
    const x = [new Float64Array(d)];
    return update(sgd, { x, state: initialState(sgd, x) }, [g]).x[0]!.map((value) => -value);
  };
  const I3 = gradients.slice(1).map((g, t) => {
    const [a, b] = [cut(g, level), cut(gradients[t]!, level)];
    const scaled = cut(g.map((value) => 4 * value), 4 * level); // prettier-ignore
    return Math.max(
      norm(scaled.map((value, j) => value - 4 * a[j]!)),
      norm(cut(a, level).map((value, j) => value - a[j]!)),
      norm(a.map((value, j) => value - b[j]!)) - norm(g.map((value, j) => value - gradients[t]![j]!)),
      norm(a) - level,
    );
  });
  const adam = path(compose({ kind: 'adam', gamma, b0, beta1: 0, horizon: steps }));
  const twin = path(compose({ gamma, b0: b0 * Math.sqrt(steps) }));
  const ratios = adam
    .slice(1)
    .map(({ state }, t) => Math.sqrt(twin[t + 1]!.state.acc[0]![0]! / steps / state.acc[0]![0]!));
  const sums = path(compose({ gamma, b0, eta, clip: { level } }));
  return {
    I1: Math.max(
      ...variants.map((variant) =>
        apart(
          compose({ ...variant, gamma, b0, eta }),
          compose({ ...variant, gamma: gamma / Math.sqrt(eta), b0: b0 / Math.sqrt(eta) }),
        ),
      ),
    ),
    I2: Math.max(
      longest(compose({ gamma, b0, eta }), gamma / Math.sqrt(eta)),
      longest(compose({ gamma, b0, delay: true, clip: { level } }), (gamma * level) / b0),
    ),
    I3: Math.max(...I3),
    I4: Math.max(...[false, true].map((delay) => apart(compose({ gamma, b0, delay }), compose({ gamma, b0, delay, clip: { level: Infinity } })))), // prettier-ignore
    I5: Math.max(1 - Math.min(...ratios), Math.max(...ratios) / scalar.pow(1 - 1 / steps, -steps / 2) - 1),
    I6: Math.max(...sums.map(({ state }, t) => state.acc[0]![0]! / (b0 ** 2 + eta * level ** 2 * t) - 1)),
  };
}
