/**
 * What the authors' code calls TRPO: a Newton step in a Euclidean ball, with no bound on any KL divergence. Steihaug's truncated
 * conjugate gradients minimise q(p) = gᵀp + ½pᵀHp with ‖p‖ ≤ Δ, where g is the gradient of −mean A π_θ/π_old and H the Hessian of
 * −mean log π_θ on the actions that were taken; then Δ follows how well q predicted the surrogate. Adapted there from
 * `torchtrustncg`.
 *
 * paper → code: Δ → `radius`, started at .005 and at most 2; q → `model`.
 */
import { axpy, dot, norm2 } from '@assay-ml/numerics';
import { integer, options as known, positive } from '@assay-ml/numerics/check';
import { type Actor, evaluateActor, hessianProduct, keepFloor, meanKl, scoreGradient, surrogate } from './actor.js';
import { type Batch, NO_VARIANCE, stayed, type StepReport } from './batch.js';
import type { Tape } from './network.js';

/** Constants of `newtonStep`; defaults are the authors'. */
export interface NewtonOptions {
  /** Δ before the first step. Default 0.005. */
  readonly radius?: number;
  /** Δ at most. Default 2. */
  readonly largest?: number;
  /**
   * Their choice between the two ends of a direction of negative curvature, which multiplies H with the direction where q needs
   * its product with the point. Default false: q itself.
   */
  readonly authors?: boolean;
  /** Steps on the same batch. Default 10. */
  readonly steps?: number;
}

/** Names of the options. */
const NEWTON_NAMES = { radius: 1, largest: 1, authors: 1, steps: 1 };

/** @throws RangeError for a constant out of range */
export function newtonOf(options: NewtonOptions, where = 'newtonStep'): Required<NewtonOptions> {
  known<NewtonOptions>(where, options, NEWTON_NAMES);
  const { radius = 0.005, largest = 2, authors = false, steps = 10 } = options;
  return {
    radius: positive(where, 'radius', radius),
    largest: positive(where, 'largest', largest),
    authors,
    steps: integer(where, 'steps', steps, 1),
  };
}

/** What a step of {@link steihaug} found. */
export interface BallPoint {
  readonly p: Float64Array;
  /** Whether it lies on the ball's surface. */
  readonly edge: boolean;
  /** Products with H. */
  readonly products: number;
}

/**
 * Minimises gᵀp + ½pᵀHp in the ball ‖p‖ ≤ radius, by truncated conjugate gradients (Steihaug 1983): to a residual of
 * min(½, √‖g‖)·‖g‖, or to the surface. As many iterations as there are parameters at most, where theirs has no bound.
 * @param authors see {@link NewtonOptions}
 */
export function steihaug(
  product: (v: Float64Array, out: Float64Array) => void,
  g: Float64Array,
  radius: number,
  authors = false,
): BallPoint {
  const n = g.length;
  const p = new Float64Array(n);
  const r = g.slice();
  const d = g.map((value) => -value);
  const curved = new Float64Array(n);
  const size = norm2(g);
  const tolerance = Math.min(0.5, Math.sqrt(size)) * size;
  let rr = dot(r, r);
  for (let k = 1; k <= n; k++) {
    product(d, curved);
    const curvature = dot(d, curved);
    const [back, ahead] = crossings(p, d, radius);
    if (curvature <= 0) {
      const ends = [back, ahead].map((tau) => axpy(tau, d, p.slice()));
      const value = ends.map((end) => {
        const along = authors ? curved : times(product, end);
        return dot(g, end) + 0.5 * dot(end, along);
      });
      return { p: value[0]! < value[1]! ? ends[0]! : ends[1]!, edge: true, products: k + (authors ? 0 : 2) };
    }
    const alpha = rr / curvature;
    // Along d the norm grows, so that the surface lies ahead.
    if (alpha >= ahead) return { p: axpy(ahead, d, p), edge: true, products: k };
    axpy(alpha, d, p);
    axpy(alpha, curved, r);
    const next = dot(r, r);
    if (Math.sqrt(next) < tolerance) return { p, edge: false, products: k };
    for (let i = 0; i < n; i++) d[i] = -r[i]! + (next / rr) * d[i]!;
    rr = next;
  }
  return { p, edge: false, products: n };
}

function times(product: (v: Float64Array, out: Float64Array) => void, v: Float64Array): Float64Array {
  const out = new Float64Array(v.length);
  product(v, out);
  return out;
}

/** Both τ with ‖p + τd‖ = radius. */
function crossings(p: Float64Array, d: Float64Array, radius: number): [number, number] {
  const [a, b, c] = [dot(d, d), dot(p, d), dot(p, p) - radius * radius];
  const root = Math.sqrt(Math.max(0, b * b - a * c));
  return [(-b - root) / a, (-b + root) / a];
}

/**
 * Steps on one batch, in place on theta where they are accepted, and on the radius in any case.
 * @param state Δ, kept between batches
 * @throws RangeError for a constant out of range
 */
export function newtonSteps(
  actor: Actor,
  theta: Float64Array,
  batch: Batch,
  state: { radius: number },
  tape: Tape,
  options: NewtonOptions = {},
): StepReport {
  const { largest, authors, steps } = newtonOf(options);
  const { rows, observations, actions, advantages, logDensities: oldLogDensity } = batch;
  const [logDensity, ratios, weights] = [0, 1, 2].map(() => new Float64Array(rows)) as [Float64Array, Float64Array, Float64Array]; // prettier-ignore
  const loss = (): number => {
    evaluateActor(actor, theta, observations, actions, tape, logDensity);
    return surrogate(advantages, logDensity, oldLogDensity, ratios);
  };
  const g = new Float64Array(actor.size);
  const first = { theta: theta.slice(), means: new Float64Array(0), loss: 0 };
  let [accepted, gradients] = [0, 0];
  for (let k = 0; k < steps; k++) {
    const before = loss();
    if (k === 0) Object.assign(first, { means: tape.values.at(-1)!.slice(), loss: before });
    for (let i = 0; i < rows; i++) weights[i] = (-advantages[i]! * ratios[i]!) / rows;
    scoreGradient(actor, theta, actions, weights, tape, g);
    if (!(dot(g, g) > 0)) return stayed(NO_VARIANCE, gradients + 1, 2 * k + 1);
    const old = theta.slice();
    const product = (v: Float64Array, out: Float64Array) => void hessianProduct(actor, old, actions, v, tape, out);
    const { p, edge, products } = steihaug(product, g, state.radius, authors);
    const model = dot(g, p) + 0.5 * dot(p, times(product, p));
    gradients += products + 2;
    keepFloor(actor, axpy(1, p, theta));
    const ratio = (before - loss()) / -model;
    if (ratio < 0.25) state.radius /= 4;
    else if (ratio > 0.75 && edge) state.radius = Math.min(2 * state.radius, largest);
    if (ratio > 0.15) accepted++;
    else theta.set(old);
  }
  const spent = { gradients, evaluations: 2 * steps + 1 };
  if (accepted === 0) return stayed('the model was not to be trusted: the radius has shrunk', gradients, spent.evaluations); // prettier-ignore
  const improvement = first.loss - loss();
  return { stepped: true, why: '', kl: meanKl(actor, first, theta, tape.values.at(-1)!), improvement, ...spent };
}
