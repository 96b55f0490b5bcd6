/** How the axes of a kernel are read: which weights lead to one output, and which outputs are one filter or unit. */
import { invalid } from '@assay-ml/numerics/check';

import { sizeOf } from './mask.js';

/**
 * - `outputs-last`: [in, out] of a dense layer, [window…, in, out] of a convolution; also a vector, one number an output.
 * - `inputs-last`: [window…, out, in] of a transposed convolution.
 * - `depthwise`: [window…, in, multiplier]: each channel has filters of its own, and nothing is summed over channels.
 * - `gates-3`, `gates-4`: [in, 3·units] of a GRU, [in, 4·units] of an LSTM, gate by gate: a unit is a column of each gate.
 */
export type Layout = 'outputs-last' | 'inputs-last' | 'depthwise' | 'gates-3' | 'gates-4';

/** A tensor with its axes. */
export interface LaidOut {
  readonly name: string;
  readonly shape: readonly number[];
  readonly layout?: Layout | null;
}

/** Weight i leads to output ⌊i / inner⌋ mod outputs; outputs o and o + units are of one unit. */
export interface Axes {
  readonly inner: number;
  readonly outputs: number;
  readonly units: number;
}

/** @throws RangeError for a tensor whose layout is not known */
export function axesOf(where: string, { name, shape, layout = 'outputs-last' }: LaidOut): Axes {
  const last = shape.at(-1) ?? 1;
  const before = shape.at(-2) ?? 1;
  switch (layout) {
    case 'outputs-last':
      return { inner: 1, outputs: last, units: last };
    case 'inputs-last':
      return { inner: last, outputs: before, units: before };
    case 'depthwise':
      return { inner: 1, outputs: before * last, units: before * last };
    case 'gates-3':
    case 'gates-4':
      return { inner: 1, outputs: last, units: last / Number(layout.at(-1)) };
    case null:
      throw invalid(where, `layout of '${name}'`, layout, "known for 'filters', 'pattern' and scope 'erk'", 'Its kind of layer is not known here: leave it out by isPrunable, or prune single weights.'); // prettier-ignore
  }
}

/** The sum of the sides that the Erdős–Rényi-Kernel rule goes by: each gate is a matrix of its own. */
export function sumOfSides(where: string, tensor: LaidOut): number {
  const { shape, layout } = tensor;
  const { outputs, units } = axesOf(where, tensor);
  if (layout === 'depthwise') return shape.slice(0, -2).reduce((sum, side) => sum + side, 1 + outputs);
  const sides = shape.reduce((sum, side) => sum + side, 0);
  return (outputs / units) * (sides - outputs + units);
}

/** Filters or units of a tensor. */
export const unitsOf = (where: string, tensor: LaidOut): number => axesOf(where, tensor).units;

/** Weights of one filter or unit. */
export const weightsOfUnit = (where: string, tensor: LaidOut): number => sizeOf(tensor.shape) / unitsOf(where, tensor);
