/** Suprema of second and third derivatives over a ball: L, δ, ρ and M. */
import { stream } from '@assay-ml/numerics';
import { dot, normalize, squaredNorm } from '../vectors.js';
import { ascend, type Objective } from './ascend.js';
import { differences, type Differences, type GradientMap } from './differences.js';
import { lanczos } from './lanczos.js';
import type { Search } from './search.js';
import { shortlist } from './shortlist.js';

/** A climb moves x with p fixed, then renews p; so often. */
const ROUNDS = 3;
/** Power iterations for a third derivative; they converge quadratically where coordinates separate. */
const POWERS = 8;

/** The largest derivative found, and where. */
export interface Found {
  readonly value: number;
  readonly x: Float64Array;
  /** Unit direction. */
  readonly p: Float64Array;
}

/**
 * The largest curvature found of some gradients: ‖D_p‖ ('size') or −⟨D_p, p⟩ ('most negative') over points, functions and
 * unit directions p.
 */
export function curvature(
  search: Search,
  name: string,
  gradients: readonly GradientMap[],
  which: 'size' | 'most negative',
): Found {
  const { d, h, points, inner, steps, axes, directions, seed } = search;
  const all = gradients.map((g) => differences(g, d, h));
  const random = stream(seed, 'estimate', name);
  const product = new Float64Array(d);
  const score = (value: number): number => (which === 'size' ? Math.abs(value) : -value);
  const list = shortlist(search.starts);
  const pairs = (of: Differences, x: Float64Array, start: Float64Array): ReturnType<typeof lanczos> =>
    lanczos((p, out) => of.first(x, p, out), start, directions);
  points.forEach((x, k) => {
    all.forEach((of, index) => {
      for (const { value, vector } of pairs(of, x, random.at(k, index).fillNormal(new Float64Array(d)))) {
        list.offer({ value: score(value), index, x, p: vector });
      }
    });
    search.tick();
  });
  let best: Found = { value: 0, x: points[0]!, p: new Float64Array(d) };
  list.starts.forEach((start, s) => {
    const of = all[start.index]!;
    let p = start.p;
    const objective: Objective = {
      value(x) {
        of.first(x, p, product);
        return which === 'size' ? Math.sqrt(squaredNorm(product)) : -dot(product, p);
      },
      direction(x, out) {
        of.first(x, p, product);
        const falls = dot(product, p) < 0;
        of.second(x, p, out);
        if (falls || which === 'most negative') for (let j = 0; j < d; j++) out[j] = -out[j]!;
      },
    };
    const meet = (value: number): void => {
      if (value > best.value) best = { value, x: start.x.slice(), p: p.slice() };
    };
    for (let round = 0; round < ROUNDS; round++) {
      meet(ascend(objective, start.x, inner, steps, axes));
      // Not p alone: a search that starts in an invariant subspace stays there.
      const mixed = normalize(random.at(points.length + s, round).fillNormal(new Float64Array(d)));
      for (let j = 0; j < d; j++) mixed[j] = p[j]! + 0.5 * mixed[j]!;
      p = pairs(of, start.x, mixed).reduce((a, b) => (score(b.value) > score(a.value) ? b : a)).vector;
      meet(objective.value(start.x));
      if (steps === 0) break;
    }
    search.tick();
  });
  return best;
}

/** The largest −⟨D_p, p⟩ found of a gradient: its function's weak convexity. */
export function weakConvexity(search: Search, gradient: GradientMap): Found {
  return curvature(search, 'rho', [gradient], 'most negative');
}

/** The largest ‖D_pp‖ found of a gradient. A symmetric third derivative is largest on equal arguments: p alone is enough. */
export function thirdDerivative(search: Search, gradient: GradientMap): Found {
  const { d, h, points, inner, steps, axes, seed } = search;
  const of = differences(gradient, d, h);
  const random = stream(seed, 'estimate', 'M');
  const product = new Float64Array(d);
  const q = new Float64Array(d);
  const size = (x: Float64Array, p: Float64Array): number => {
    of.second(x, p, product);
    return Math.sqrt(squaredNorm(product));
  };
  /** Turns `p` by power iteration at `x` and returns the last size. */
  const turn = (x: Float64Array, p: Float64Array): number => {
    for (let k = 0; k < POWERS && size(x, p) > 0; k++) p.set(normalize(product));
    return size(x, p);
  };
  const list = shortlist(search.starts);
  points.forEach((x, k) => {
    for (let attempt = 0; attempt < 2; attempt++) {
      const p = normalize(random.at(k, attempt).fillNormal(new Float64Array(d)));
      list.offer({ value: turn(x, p), index: 0, x, p });
    }
    search.tick();
  });
  let best: Found = { value: 0, x: points[0]!, p: new Float64Array(d) };
  for (const { value, x, p } of list.starts) {
    const meet = (size: number): void => {
      if (size > best.value) best = { value: size, x: x.slice(), p: p.slice() };
    };
    meet(value);
    const objective: Objective = {
      value: (at) => size(at, p),
      direction(at, out) {
        size(at, p);
        q.set(product);
        of.third(at, p, normalize(q), out);
      },
    };
    for (let round = 0; round < ROUNDS && steps > 0; round++) {
      meet(ascend(objective, x, inner, steps, axes));
      meet(turn(x, p));
    }
    search.tick();
  }
  return best;
}
