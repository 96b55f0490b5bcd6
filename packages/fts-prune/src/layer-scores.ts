/** Scores of one tensor; higher means keep. */
export interface LayerScores {
  readonly name: string;
  readonly shape: readonly number[];
  /** One for each weight, row-major. */
  readonly scores: Float32Array;
  /** How often one example uses each weight: a convolution's output positions. Read for a budget of FLOPs alone. */
  readonly uses?: number;
}
