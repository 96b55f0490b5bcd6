/** What a criterion of gradients sees of one parameter. All arrays are row-major, one number a weight. */
export interface Evidence {
  /** θ: the weights. */
  readonly theta: Float32Array;
  /** ḡ: mean over the mask batches of the gradient. */
  readonly mean: Float64Array;
  /** F̂: mean over the mask batches of the gradient's square. */
  readonly square: Float64Array;
  /** N: examples in a mask batch. */
  readonly batchSize: number;
}

/** Sign of the first-order term of Fisher-Taylor criteria. */
export type Sign = 'repo' | 'taylor';

/** What to take for the Hessian's diagonal, and with which sign. */
export interface FisherOptions {
  /**
   * `repo` (default): +θḡ, as the original code; `taylor`: −θḡ, as the expansion of the loss at θ_i = 0 has it.
   */
  readonly sign?: Sign;
  /**
   * Whether F̂ of mask batches of N examples is multiplied by N, as the paper's first version does (default true). With
   * N > 1 the noise in F̂ is N times smaller than that of single examples. The second version leaves it out.
   */
  readonly batchFactor?: boolean;
}
