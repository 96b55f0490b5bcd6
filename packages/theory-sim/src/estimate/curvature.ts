/** Suprema of second and third derivatives over a ball: L, δ, ρ and M. */
import { stream } from '@assay-ml/numerics';
import { dot, normalize, squaredNorm } from '../vectors.js';
import { ascend, type Objective } from './ascend.js';
import { differences, type Differences, type GradientMap } from './differences.js';
import type { Search } from './estimate.js';
import { lanczos } from './lanczos.js';
import { shortlist } from './shortlist.js';

/** A climb moves x with p fixed, then renews p; so often. */
const ROUNDS = 3;
/** Power iterations for a third derivative; they converge quadratically where coordinates separate. */
const POWERS = 8;

/**
 * The largest curvature found of some gradients: ‖D_p‖ ('size') or −⟨D_p, p⟩ ('most negative') over points, functions and
 * unit directions p.
 */
export function curvature(
  search: Search,
  name: string,
  gradients: readonly GradientMap[],
  which: 'size' | 'most negative',
): number {
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
  let best = 0;
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
    for (let round = 0; round < ROUNDS; round++) {
      best = Math.max(best, ascend(objective, start.x, inner, steps, axes));
      // Not p alone: a search that starts in an invariant subspace stays there.
      const mixed = normalize(random.at(points.length + s, round).fillNormal(new Float64Array(d)));
      for (let j = 0; j < d; j++) mixed[j] = p[j]! + 0.5 * mixed[j]!;
      p = pairs(of, start.x, mixed).reduce((a, b) => (score(b.value) > score(a.value) ? b : a)).vector;
      best = Math.max(best, objective.value(start.x));
      if (steps === 0) break;
    }
    search.tick();
  });
  return best;
}

/** The largest ‖D_pp‖ found of f. A symmetric third derivative is largest on equal arguments, so p alone is enough. */
export function thirdDerivative(search: Search): number {
  const { d, h, points, inner, steps, axes, seed } = search;
  const of = differences(search.full, d, h);
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
  let best = 0;
  for (const { value, x, p } of list.starts) {
    best = Math.max(best, value);
    const objective: Objective = {
      value: (at) => size(at, p),
      direction(at, out) {
        size(at, p);
        q.set(product);
        of.third(at, p, normalize(q), out);
      },
    };
    for (let round = 0; round < ROUNDS && steps > 0; round++) {
      best = Math.max(best, ascend(objective, x, inner, steps, axes));
      best = Math.max(best, turn(x, p));
    }
    search.tick();
  }
  return best;
}
