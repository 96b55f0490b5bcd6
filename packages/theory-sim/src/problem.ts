import type { Stream } from '@assay-ml/numerics';

/**
 * The constants of the theory (spec of "Revisiting LocalSGD and SCAFFOLD", assumptions). All are suprema over the whole
 * space unless a family says otherwise.
 */
export interface Constants {
  /** Every ∇f_i is L-Lipschitz. */
  readonly L: number;
  /** Uniform gradient dissimilarity: sup_x ‖∇f_i(x) − ∇f(x)‖ ≤ ζ for all i. `Infinity` where it is not bounded. */
  readonly zeta: number;
  /** Averaged gradient dissimilarity: (1/n) Σ_i ‖∇f_i(x) − ∇f(x)‖² ≤ ζ̄² for all x. Always ζ̄ ≤ ζ. */
  readonly zetaBar: number;
  /** Hessian similarity: sup_x ‖∇²f_i(x) − ∇²f(x)‖₂ ≤ δ for all i. */
  readonly delta: number;
  /** Some function in conv{f_i} is ρ-weakly convex. */
  readonly rho: number;
  /** Some function in conv{f_i} has an M-Lipschitz Hessian. */
  readonly M: number;
  /** E‖g_i − ∇f_i‖² ≤ σ². */
  readonly sigma: number;
  /** Δ ≥ f(x_0) − inf f; depends on the starting point, so a family may leave it out. */
  readonly Delta?: number;
}

/**
 * A finite-sum problem f = (1/n) Σ f_i. A user's own problem is one object with `n`, `d` and `grad`; everything else makes
 * runs faster or reports richer.
 */
export interface Problem {
  /** Part of the random key of its noise: two problems of different names meet different noise. Default 'problem'. */
  readonly name?: string;
  /** Number of clients n. */
  readonly n: number;
  /** Dimension d. */
  readonly d: number;
  /**
   * Stochastic gradient g_i(x; ξ) of one client, written to `out` [d]. `noise` is a stream already keyed by (seed, round,
   * client, step): draw all randomness from it. Must not keep or change `x`. Overwrite `out` whole: before a client's first
   * call it holds NaN, and an oracle that adds to it, returns its gradient or a promise is refused.
   */
  grad(client: number, x: Float64Array, out: Float64Array, noise: Stream): void;
  /**
   * Exact local steps of all clients in one call: `steps` times y_i ← y_i − η (∇f_i(y_i) + shift_i). `y` and `shift` (null:
   * none) are [n·d] row-major, one row a client, and lie in the memory of the kernels. Offer it when it is faster than
   * calls of `grad`; it must give the same bits. Make it non-enumerable where a spread of the problem may override `grad`.
   */
  descend?(y: Float64Array, shift: Float64Array | null, eta: number, steps: number): void;
  /** Exact ∇f_i(x), written to `out` [d]. Left out: `grad` is taken as exact only if `exact` is true. */
  clientGrad?(client: number, x: Float64Array, out: Float64Array): void;
  /** Exact ∇f(x), written to `out` [d]. Left out: the mean of `clientGrad`. */
  fullGrad?(x: Float64Array, out: Float64Array): void;
  /** f(x). */
  value?(x: Float64Array): number;
  /** f(x) − inf f, from x − x*: precise where the difference of two values is rounding. */
  gap?(x: Float64Array): number;
  /** True when `grad` draws nothing from its stream (σ = 0): repeated calls at one point are then made once. */
  readonly exact?: boolean;
  /** The spec's constants: exact or upper bounds, as the family's docstring says. */
  readonly constants?: Constants | undefined;
}
