/**
 * What a round looked like. Squared norms are of exact gradients, at the server point after the round unless said otherwise.
 * ȳ is the plain mean of the clients of the round, also where LocalSGD's server takes a mean by weight.
 */
export interface RoundMetrics {
  /** Round, from 0. */
  readonly round: number;
  /** ‖∇f(x)‖². */
  readonly gradientNorm2: number;
  /** f(x), when the problem offers it. */
  readonly value?: number;
  /** f(x) − inf f, when the problem offers it. */
  readonly gap?: number;
  /** Ξ = (1/S) Σ ‖y_i − ȳ‖² of the clients' last points. 0 for minibatch SGD. */
  readonly drift: number;
  /** The largest Ξ of the round, over all local steps and the end. */
  readonly maxDrift: number;
  /** ‖(1/S) Σ ∇f_i(y_i) − ∇f(ȳ)‖ at the clients' last points: what T1 bounds under full participation. */
  readonly bias: number;
  /** √((1/n) Σ ‖c_i − ∇f_i(x)‖²), SCAFFOLD with two vectors only. */
  readonly controlError?: number;
  /**
   * The largest ‖∇f_i(y) − c_i + c − ∇f(y)‖ over the local points y of the round, and what T15 allows at that point. SCAFFOLD on
   * an exact problem with full participation, option II and equal K only. The bound needs the problem's constants, and is
   * left out where the controls are not gradients of a round that was seen: in the first round from zero controls, and in
   * the first after a resume.
   */
  readonly correctionError?: number;
  readonly correctionBound?: number;
  /** Bytes so far. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Gradients asked for so far. */
  readonly gradientCalls: number;
}
