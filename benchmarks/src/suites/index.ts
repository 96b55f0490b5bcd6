import type { Benchmark } from '../benchmark.js';
import { numericsSuite } from './numerics.js';
import { theorySim } from './theory-sim.js';

/** The suites by package. */
export const suites: Readonly<Record<string, readonly Benchmark[]>> = {
  numerics: numericsSuite,
  'theory-sim': theorySim,
};
