/** Linear SEMs to learn from (spec §3.6): X = XB + N, row vectors, with the exact Σ* of the model. */
import { gemm, invertTriangular, stream, type Stream } from '@assay-ml/numerics';
import { atLeast, integer, invalid, oneOf, options as known } from '@assay-ml/numerics/check';
import { faulty, square } from './check.js';
import { placesOf, topologicalOrder } from './graph.js';
import { type BatchSource } from './sources.js';

/** Kind of random graph: Erdős–Rényi, or scale-free by preferential attachment. */
export type GraphKind = 'ER' | 'SF';
/** Law of the noise. */
export type NoiseKind = 'gaussian' | 'exponential' | 'gumbel' | 'uniform';

/** Options of {@link simulateDag}. */
export interface DagOptions {
  /** Vertices. */
  readonly d: number;
  /** Expected edges at a vertex, in and out: "ER4" of ψDAG, d·degree/2 edges in all. Others call that ER2. */
  readonly degree: number;
  /** Default `ER`. */
  readonly kind?: GraphKind;
  /** |weights| are uniform between these, signs random. Default [0.05, 1], ψDAG's; NOTEARS and DAGMA take [0.5, 2]. */
  readonly weights?: readonly [number, number];
  /** Default 0. */
  readonly seed?: number;
}

/**
 * A random DAG with weights, [d, d].
 *
 * ER: each pair is joined with probability degree/(d − 1), forwards in a random order. SF: vertex by vertex, each new one
 * sends round(degree/2) edges to earlier ones, chosen in proportion to their edges so far plus one (Barabási's model).
 */
export function simulateDag(options: DagOptions): Float64Array<ArrayBuffer> {
  known('simulateDag', options, { d: 0, degree: 0, kind: 0, weights: 0, seed: 0 });
  const { d, degree, kind = 'ER', weights = [0.05, 1], seed = 0 } = options;
  integer('simulateDag', 'd', d, 1, 'Count the vertices.');
  atLeast('simulateDag', 'degree', degree, 0, 'Choose 2, 4 or 6.');
  oneOf('simulateDag', 'kind', kind, ['ER', 'SF']);
  const [low, high] = weights;
  if (!(low >= 0 && high >= low && high < Infinity)) {
    throw invalid('simulateDag', 'weights', [low, high], 'a range of sizes', 'Choose [0.05, 1] or [0.5, 2].');
  }
  const key = stream(seed, 'dag', kind, d, degree);
  const order = key.at(0).permutation(new Uint32Array(d));
  const edges: [number, number][] = kind === 'ER' ? erdosRenyi(d, degree, key.at(1)) : scaleFree(d, degree, key.at(1));
  const B = new Float64Array(d * d);
  key.at(2);
  for (const [a, b] of edges) {
    const size = low + (high - low) * key.uniform();
    B[order[a]! * d + order[b]!] = key.uniform() < 0.5 ? -size : size;
  }
  return B;
}

/** Edges [from, to] with from < to. */
function erdosRenyi(d: number, degree: number, draw: Stream): [number, number][] {
  const probability = d > 1 ? degree / (d - 1) : 0;
  if (probability > 1) {
    throw invalid('simulateDag', 'degree', degree, `at most d − 1 = ${d - 1}`, 'Choose a sparser graph.');
  }
  const edges: [number, number][] = [];
  for (let a = 0; a < d; a++) for (let b = a + 1; b < d; b++) if (draw.uniform() < probability) edges.push([a, b]);
  return edges;
}

/** Edges from new to old vertices; the number of a vertex falls with its age, so that they lead from low to high. */
function scaleFree(d: number, degree: number, draw: Stream): [number, number][] {
  const m = Math.round(degree / 2);
  const edges: [number, number][] = [];
  const tickets = [0];
  for (let fresh = 1; fresh < d; fresh++) {
    const chosen = new Set<number>();
    while (chosen.size < Math.min(m, fresh)) chosen.add(tickets[draw.integer(tickets.length)]!);
    for (const old of chosen) {
      edges.push([d - 1 - fresh, d - 1 - old]);
      tickets.push(old, fresh);
    }
    tickets.push(fresh);
  }
  return edges;
}

/** Options of {@link linearSem}. */
export interface SemOptions {
  /** Default `gaussian`. */
  readonly noise?: NoiseKind;
  /**
   * Standard deviations: `equal` to 1 (default), or `unequal`, uniform in [1, 2] by variable (GOLEM-NV), or one each. They scale
   * noise of variance 1; exponential noise has it, Gumbel's (π²/6) and uniform noise are scaled to it.
   */
  readonly deviations?: 'equal' | 'unequal' | Float64Array;
  /** Whether noise has mean 0. Default true; the authors' exponential and Gumbel noise has not. */
  readonly centred?: boolean;
  /** Whether variables are scaled to variance 1, which hides the order that variances show. Default false. */
  readonly standardised?: boolean;
  /** Whether Gumbel noise keeps its variance π²/6, as in the authors' code. Default false. */
  readonly gumbelVariance?: boolean;
  /** Default 0. */
  readonly seed?: number;
}

/** A linear SEM with known truth. */
export interface LinearSem {
  readonly d: number;
  /** Weights that make the data, [d, d]: those given, or standardised. */
  readonly B: Float64Array<ArrayBuffer>;
  /** Σ*, [d, d]: E xᵀx, with the mean's part where noise is not centred. */
  readonly covariance: Float64Array<ArrayBuffer>;
  /** f(B) = ½ Σ_j E n_j². With unit variances it is the minimum over DAGs, d/2. */
  readonly optimum: number;
  /** A new source of rows; the same `key` gives the same rows. */
  source(key?: number): BatchSource;
  /** n rows, [n, d]. */
  sample(n: number, key?: number): Float64Array<ArrayBuffer>;
}

const LAWS: Record<NoiseKind, { mean: number; deviation: number }> = {
  gaussian: { mean: 0, deviation: 1 },
  exponential: { mean: 1, deviation: 1 },
  gumbel: { mean: 0.5772156649015329, deviation: Math.PI / Math.sqrt(6) },
  uniform: { mean: 0.5, deviation: Math.sqrt(1 / 12) },
};

/**
 * The SEM x = xB + n of a DAG.
 * @param weights B, [d, d]
 * @throws RangeError if B is not a DAG
 */
export function linearSem(weights: Float64Array, d: number, options: SemOptions = {}): LinearSem {
  known('linearSem', options, { noise: 0, deviations: 0, centred: 0, standardised: 0, gumbelVariance: 0, seed: 0 });
  const { noise = 'gaussian', deviations = 'equal', seed = 0, standardised = false } = options;
  const { centred = true, gumbelVariance = false } = options;
  square('linearSem', 'weights', weights, d);
  oneOf('linearSem', 'noise', noise, ['gaussian', 'exponential', 'gumbel', 'uniform']);
  const order = topologicalOrder(weights, d);
  if (order === null) {
    throw faulty('linearSem', 'weights', 'a graph with a cycle', 'a DAG', 'findCycle() shows the cycle.');
  }
  const law = LAWS[noise];
  const unit = noise === 'gumbel' && gumbelVariance ? 1 : 1 / law.deviation;
  const scale = new Float64Array(d).fill(1);
  if (deviations === 'unequal') {
    stream(seed, 'deviations', d).fillUniform(scale);
    for (let j = 0; j < d; j++) scale[j]! += 1;
  } else if (deviations !== 'equal') scale.set(deviations);
  for (let j = 0; j < d; j++) scale[j]! *= unit;

  // x = n(I − B)⁻¹, triangular in the order.
  const T = new Float64Array(d * d);
  for (let a = 0; a < d; a++) {
    for (let b = 0; b <= a; b++) T[a * d + b] = Number(a === b) - weights[order[b]! * d + order[a]!]!;
  }
  invertTriangular(d, T); // row a: how variable order[a] depends on the noises
  const place = placesOf(order);
  const mix = Float64Array.from({ length: d * d }, (_, at) => T[place[Math.floor(at / d)]! * d + place[at % d]!]!);
  const mean = centred ? 0 : law.mean;
  const raw = mix.map((value, at) => value * scale[at % d]! * law.deviation);
  const covariance = new Float64Array(d * d);
  gemm(d, d, d, raw, raw, covariance, { transposeB: true });
  const B = Float64Array.from(weights);
  if (standardised) {
    const size = Float64Array.from({ length: d }, (_, j) => Math.sqrt(covariance[j * (d + 1)]!));
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        B[i * d + j]! *= size[i]! / size[j]!;
        covariance[i * d + j]! /= size[i]! * size[j]!;
        mix[i * d + j]! *= size[j]! / size[i]!;
      }
    }
    for (let j = 0; j < d; j++) scale[j]! /= size[j]!;
  }
  if (mean !== 0) {
    const means = Float64Array.from({ length: d }, (_, i) => {
      let sum = 0;
      for (let j = 0; j < d; j++) sum += mix[i * d + j]! * scale[j]! * mean;
      return sum;
    });
    for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) covariance[i * d + j]! += means[i]! * means[j]!;
  }
  let optimum = 0;
  for (let j = 0; j < d; j++) optimum += (scale[j]! ** 2 * (law.deviation ** 2 + mean ** 2)) / 2;

  // Targets of edges in topological order, so that one pass over a row makes it; those of target t are ends[t − 1] to ends[t].
  const [targets, ends, froms, sizes]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (const j of order) {
    for (let i = 0; i < d; i++) {
      if (B[i * d + j] === 0) continue;
      froms.push(i);
      sizes.push(B[i * d + j]!);
    }
    if (froms.length === (ends.at(-1) ?? 0)) continue;
    targets.push(j);
    ends.push(froms.length);
  }
  const edgeTarget = Uint32Array.from(targets);
  const edgeEnd = Uint32Array.from(ends);
  const edgeFrom = Uint32Array.from(froms);
  const edgeWeight = Float64Array.from(sizes);
  const shift = centred ? law.mean : 0;
  const asDrawn = shift === 0 && scale.every((value) => value === 1);

  const source = (key = 0): BatchSource => {
    const draw = stream(seed, 'noise', noise, key);
    const fill = {
      gaussian: (out: Float64Array) => draw.fillNormal(out),
      exponential: (out: Float64Array) => draw.fillExponential(out),
      gumbel: (out: Float64Array) => draw.fillGumbel(out),
      uniform: (out: Float64Array) => draw.fillUniform(out),
    }[noise];
    return {
      d,
      next(out) {
        fill(out);
        if (!asDrawn) for (let at = 0; at < out.length; at++) out[at] = (out[at]! - shift) * scale[at % d]!;
        // Four rows at a time share what is read of the graph; past the end they are the last one, whose sums come out equal.
        const last = out.length - d;
        for (let row = 0; row < out.length; row += 4 * d) {
          const row1 = Math.min(row + d, last);
          const row2 = Math.min(row + 2 * d, last);
          const row3 = Math.min(row + 3 * d, last);
          for (let t = 0, e = 0; t < edgeTarget.length; t++) {
            const to = edgeTarget[t]!;
            let sum = out[row + to]!;
            let sum1 = out[row1 + to]!;
            let sum2 = out[row2 + to]!;
            let sum3 = out[row3 + to]!;
            for (const end = edgeEnd[t]!; e < end; e++) {
              const from = edgeFrom[e]!;
              const weight = edgeWeight[e]!;
              sum += weight * out[row + from]!;
              sum1 += weight * out[row1 + from]!;
              sum2 += weight * out[row2 + from]!;
              sum3 += weight * out[row3 + from]!;
            }
            out[row + to] = sum;
            out[row1 + to] = sum1;
            out[row2 + to] = sum2;
            out[row3 + to] = sum3;
          }
        }
      },
    };
  };
  const sample = (n: number, key = 0): Float64Array<ArrayBuffer> => {
    const X = new Float64Array(n * d);
    source(key).next(X);
    return X;
  };
  return { d, B, covariance, optimum, source, sample };
}
