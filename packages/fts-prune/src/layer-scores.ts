import type { Layout } from './layout.js';

/** Scores of one tensor; higher means keep. */
export interface LayerScores {
  readonly name: string;
  readonly shape: readonly number[];
  /** One for each weight, row-major. */
  readonly scores: Float32Array;
  /** How the axes are read. Default: outputs last; null where it is not known, which filters, patterns and ERK refuse. */
  readonly layout?: Layout | null;
  /** How often one example uses each weight: a convolution's output positions. Read for a budget of FLOPs alone. */
  readonly uses?: number;
}
