/** C6: the largest ratio of left to right side of D1-D7 (spec §4.2) at random points of quartics and separable cosh. */
import type { Json } from '@assay-ml/claims';
import { scalar, stream } from '@assay-ml/numerics';
import {
  bestIterateBound,
  cosh,
  descentRemainder,
  farDecrease,
  gradientChangeBound,
  gradientNormBound,
  l0l1Gd,
  localDriftBound,
  localStepCap,
  pathGradientBound,
  plFactor,
  quartic,
  serverStepBound,
  serverStepCap,
  type SmoothFamily,
} from '@assay-ml/theory-sim';
import { wholeBatches } from './quartics.js';

export type StatementsConfig = {
  /** Random instances with a pair of points each. */
  readonly points: number;
  /** Trajectories of (L0, L1)-GD. */
  readonly trajectories: number;
};

const norm = (x: Float64Array): number => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));
const minus = (x: Float64Array, y: Float64Array): Float64Array => x.map((v, j) => v - y[j]!);

type Draw = ReturnType<typeof stream>;

/** A vector of a length that is log-uniform over three decades up to `size`. */
function vectorOf(draw: Draw, d: number, size: number): Float64Array {
  const length = size * scalar.pow(10, -3 * draw.uniform());
  const direction = draw.fillNormal(new Float64Array(d));
  const own = norm(direction);
  return direction.map((v) => (v * length) / own);
}

/** A quartic of one point or a cosh, whose constants are exact, and how far from its minimum to look. */
function instance(draw: Draw, clients: number): { readonly f: SmoothFamily; readonly size: number } {
  const d = 1 + draw.integer(6);
  const rows = (spread: number): Float64Array[] =>
    Array.from({ length: clients }, () => draw.fillNormal(new Float64Array(d)).map((v) => spread * v));
  if (draw.uniform() < 0.5)
    return { f: quartic({ d, points: rows(2), L1: scalar.pow(10, 2 * draw.uniform() - 1) }), size: 30 };
  return {
    f: cosh({ d, w: Float64Array.from({ length: d }, () => 0.2 + 2 * draw.uniform()), points: rows(1) }),
    size: 8,
  };
}

export function run({ points, trajectories }: StatementsConfig, seed: number): Record<string, Json> {
  const draw = stream(seed, 'l0l1', 'statements');
  const ratios: Record<string, number> = {};
  /** Left ≤ right up to the rounding of the numbers that were subtracted. */
  const hold = (name: string, left: number, right: number, rounding: number): void => {
    ratios[name] = Math.max(ratios[name] ?? 0, (left - 1e-10 * rounding) / right);
  };
  for (let k = 0; k < points; k++) {
    const { f, size } = instance(draw, 1 + draw.integer(3));
    const { d, smoothness } = f;
    const x = vectorOf(draw, d, size);
    const g = new Float64Array(d);
    const there = new Float64Array(d);
    f.fullGradient(x, g);
    const steep = norm(g);
    // A step within a few 1/L1.
    const away = vectorOf(draw, d, 3 / smoothness.L1);
    const y = x.map((v, j) => v + away[j]!);
    f.fullGradient(y, there);
    const r = norm(minus(y, x));
    hold('D1', norm(minus(there, g)), gradientChangeBound(smoothness, steep, r), norm(there));
    const along = away.reduce((sum, v, j) => sum + v * g[j]!, 0);
    const rise = f.gap(y) - f.gap(x);
    hold('D2', rise - along, descentRemainder(smoothness, steep, r), f.gap(y) + f.gap(x) + Math.abs(along));
    // Any direction for D3, and the exact one for D6.
    const off = vectorOf(draw, d, 2 * steep);
    const jump = g.map((v, j) => v + off[j]!);
    const gamma = serverStepCap(smoothness, steep, norm(jump));
    const bound = serverStepBound(gamma, steep, norm(off));
    const change = f.gap(x.map((v, j) => v - gamma * jump[j]!)) - f.gap(x);
    ratios['D3'] = Math.max(ratios['D3'] ?? 0, 1 + (change - bound) / (Math.abs(bound) + f.gap(x)) - 1e-10);
    hold('D6', steep ** 2, gradientNormBound(smoothness, steep, f.gap(x)), steep ** 2);
    const H = 1 + draw.integer(12);
    const each = Array.from({ length: f.n }, (_, m) => {
      f.clientGradient(m, x, there);
      return norm(there);
    });
    const alpha = Math.min(...each.map((own) => localStepCap(smoothness, own, H)));
    const mean = new Float64Array(d);
    for (let m = 0; m < f.n; m++) {
      const z = x.slice();
      for (let h = 0; h < H; h++) {
        f.clientGradient(m, z, there);
        for (let j = 0; j < d; j++) {
          mean[j]! += there[j]! / (H * f.n);
          z[j]! -= alpha * there[j]!;
        }
      }
      hold('D4, drift', norm(minus(z, x)), localDriftBound(alpha, H, each[m]!), norm(x));
    }
    if (H > 1) hold('D4, gradient', norm(minus(mean, g)), pathGradientBound(smoothness, each, { alpha, H }), Math.max(...each)); // prettier-ignore
  }
  for (let k = 0; k < trajectories; k++) {
    const { f, size } = instance(draw, 2 + draw.integer(3));
    const { d, smoothness, mu } = f;
    const constants = { c0: 1.44 * smoothness.L0, c1: 1.44 * smoothness.L1 };
    const x0 = vectorOf(draw, d, size);
    const P = 60;
    const g = new Float64Array(d);
    const first = f.gap(x0);
    let best = Infinity;
    let x = x0;
    l0l1Gd(wholeBatches(f), {
      ...constants,
      R: P,
      x0,
      onPoint(point) {
        f.fullGradient(x, g);
        const own = norm(g);
        best = Math.min(best, own ** 2 / constants.c0, own / constants.c1);
        const next = Float64Array.from(point);
        hold('D7', f.gap(next), plFactor(mu, constants, own) * f.gap(x), first);
        if (own >= constants.c0 / constants.c1)
          hold('D7, far', farDecrease(constants, own), f.gap(x) - f.gap(next), first);
        x = next;
      },
    });
    hold('D5', best, bestIterateBound(smoothness, constants, first, P), 0);
  }
  return { ratios };
}
