/** Gradient descent on many small quadratics in one call: what a product, a sine and an update cost apart is mostly calls. */
import type { Block } from './arena.js';
import { addressOf, refresh, refuseDetached, requireDoubles, requireNumber, requireSwitch } from './border.js';
import { complaint, requireOptions as checkNames } from './check.js';
import { exports, SCRATCH_LENGTH } from './wasm.js';

/** The functions f_i(y) = ½ yᵀA_i y + b_iᵀy + ρ Σ_j cos y_j that {@link quadraticDescent} descends. */
export interface Quadratics {
  /** Symmetric A_i, one behind the other [n·d·d], or the one diagonal of all of them [d]. */
  readonly matrices: Block;
  /** b_i, one behind the other [n·d]. */
  readonly linear: Block;
  /** ρ, any finite number. Default 0. */
  readonly rho?: number;
  /** Sum along the columns of A_i, the bits of `gemv` with `transpose`; faster up to d = 50. Default false. */
  readonly transpose?: boolean;
}

/**
 * `steps` times y_i ← y_i − η (A_i y_i + b_i − ρ sin y_i + s_i), for all i.
 * @param y [n·d] in kernel memory, changed in place
 * @param shift the s_i [n·d] in kernel memory, or null for none
 * @throws RangeError for other lengths, TypeError for arrays outside kernel memory
 */
export type QuadraticDescent = (y: Float64Array, shift: Float64Array | null, eta: number, steps: number) => void;

/**
 * Gradient descent on n quadratics at once. The bits are those of the same steps made one by one with `gemv` and `sin`.
 * @throws RangeError if the blocks do not fit together or d is above 2,048
 * @example
 * const descend = quadraticDescent({ matrices, linear });
 * descend(points.array, null, 0.1, 10); // ten steps of every client
 */
export function quadraticDescent(quadratics: Quadratics): QuadraticDescent {
  checkNames('quadraticDescent', quadratics, { matrices: 0, linear: 0, rho: 0, transpose: 0 }, 'quadratics');
  const { matrices, linear, rho = 0, transpose = false } = quadratics;
  for (const [name, block] of Object.entries({ matrices, linear })) {
    if (!((block as Block | undefined)?.array instanceof Float64Array)) {
      throw new TypeError(complaint('quadraticDescent', name, block, 'a block', 'Take it from allocate.'));
    }
  }
  requireNumber('quadraticDescent', 'rho', rho);
  requireSwitch('quadraticDescent', 'transpose', transpose);
  const diagonal = matrices.length <= linear.length;
  const d = diagonal ? matrices.length : matrices.length / linear.length;
  const n = linear.length / d;
  if (!Number.isInteger(d) || !Number.isInteger(n) || d > SCRATCH_LENGTH) {
    throw new RangeError(
      `quadraticDescent: 'matrices' is of length ${matrices.length} and 'linear' of length ${linear.length}; must be n·d·d or d, and n·d, with d up to ${SCRATCH_LENGTH}.`,
    );
  }
  const form = diagonal ? 0 : transpose ? 2 : 1;
  return (y, shift, eta, steps) => {
    requireNumber('quadraticDescent', 'eta', eta);
    check('y', y, n * d);
    if (shift !== null) check('shift', shift, n * d);
    refresh();
    const to = inKernelMemory('y', y);
    const s = shift === null ? 0 : inKernelMemory('shift', shift);
    exports.descend(n, d, form, steps, eta, rho, addressOf(matrices.array), addressOf(linear.array), s, to);
  };
}

function check(name: string, x: Float64Array, length: number): void {
  requireDoubles('quadraticDescent', name, x);
  if (x.length === length) return;
  refuseDetached('quadraticDescent', name, x);
  throw new RangeError(
    `quadraticDescent: '${name}' is of length ${x.length}; must be of linear's length ${length}. Store the vectors one behind the other.`,
  );
}

function inKernelMemory(name: string, x: Float64Array): number {
  const address = addressOf(x);
  if (address !== 0) return address;
  throw new TypeError(
    `quadraticDescent: '${name}' is outside kernel memory; must be the array of a block. Take it from allocate.`,
  );
}
