/** What moments are kept in, by name. */
import { oneOf } from '@assay-ml/numerics/check';
import { bf16 } from './bf16.js';
import { int8 } from './int8.js';
import type { Precision } from './precision.js';

/** Precisions of states; `float32` is that of the weights, which for Float64Arrays is float64. */
export type StatesName = 'float32' | 'bf16' | 'int8';

const STATES: Readonly<Record<StatesName, Precision | null>> = { float32: null, bf16, int8 };

/** @throws RangeError for a name that is none */
export function statesOf(where: string, name: StatesName): Precision | null {
  return STATES[oneOf(where, 'states', name, Object.keys(STATES) as StatesName[])];
}
