/**
 * What the authors' code calls TRPO: a Newton step in a Euclidean ball, with no bound on any KL divergence. Steihaug's truncated
 * conjugate gradients minimise q(p) = gᵀp + ½pᵀHp with ‖p‖ ≤ Δ, where g is the gradient of −mean A π_θ/π_old and H the Hessian of
 * −mean log π_θ on the actions that were taken; then Δ follows how well q predicted the surrogate. Adapted there from
 * `torchtrustncg`.
 *
 * paper → code: Δ → `radius`, started at .005 and at most 2; q → `model`.
 */
import { axpy, dot, norm2 } from '@assay-ml/numerics';
import { options as known, positive } from '@assay-ml/numerics/check';
import { type Actor, evaluateActor, hessianProduct, keepFloor, meanKl, scoreGradient, surrogate } from './actor.js';
import { type Batch, NO_VARIANCE, stayed, type StepReport } from './batch.js';
import type { Tape } from './network.js';

/** Constants of {@link newtonStep}; defaults are the authors'. */
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
}

/** Names of the options. */
export const NEWTON_NAMES = { radius: 1, largest: 1, authors: 1 };

/** @throws RangeError for a constant out of range */
export function newtonOf(options: NewtonOptions, where = 'newtonStep'): Required<NewtonOptions> {
  known<NewtonOptions>(where, options, NEWTON_NAMES);
  const { radius = 0.005, largest = 2, authors = false } = options;
  return { radius: positive(where, 'radius', radius), largest: positive(where, 'largest', largest), authors };
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
 * One step, in place on theta where it is accepted, and on the radius in any case.
 * @param state Δ, kept between steps
 * @throws RangeError for a constant out of range
 */
export function newtonStep(
  actor: Actor,
  theta: Float64Array,
  batch: Batch,
  state: { radius: number },
  tape: Tape,
  options: NewtonOptions = {},
): StepReport {
  const { largest, authors } = newtonOf(options);
  const { rows, observations, actions, advantages, logDensities: oldLogDensity } = batch;
  const [logDensity, ratios, weights] = [0, 1, 2].map(() => new Float64Array(rows)) as [Float64Array, Float64Array, Float64Array]; // prettier-ignore
  evaluateActor(actor, theta, observations, actions, tape, logDensity);
  const before = surrogate(advantages, logDensity, oldLogDensity, ratios);
  for (let i = 0; i < rows; i++) weights[i] = (-advantages[i]! * ratios[i]!) / rows;
  const g = scoreGradient(actor, theta, actions, weights, tape, new Float64Array(actor.size));
  if (!(dot(g, g) > 0)) return stayed(NO_VARIANCE, 1, 1);
  const old = { theta: theta.slice(), means: tape.values.at(-1)!.slice() };
  const product = (v: Float64Array, out: Float64Array) => void hessianProduct(actor, old.theta, actions, v, tape, out);
  const { p, edge, products } = steihaug(product, g, state.radius, authors);
  const model = dot(g, p) + 0.5 * dot(p, times(product, p));
  keepFloor(actor, axpy(1, p, theta));
  evaluateActor(actor, theta, observations, actions, tape, logDensity);
  const improvement = before - surrogate(advantages, logDensity, oldLogDensity, ratios);
  const ratio = improvement / -model;
  if (ratio < 0.25) state.radius /= 4;
  else if (ratio > 0.75 && edge) state.radius = Math.min(2 * state.radius, largest);
  const spent = { gradients: products + 2, evaluations: 2 };
  if (ratio > 0.15) {
    return { stepped: true, why: '', kl: meanKl(actor, old, theta, tape.values.at(-1)!), improvement, ...spent };
  }
  theta.set(old.theta);
  return stayed('the model was not to be trusted: the radius has shrunk', spent.gradients, spent.evaluations);
}
