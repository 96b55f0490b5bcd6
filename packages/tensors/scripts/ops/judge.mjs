/** Compares what a backend gave with the reference. */

const RELATIVE = { values: 2e-5, gradient: 1e-4, curvature: 2e-3 };

/** Largest difference by the largest number; numbers that are not finite must be equal. */
function close(actual, wanted, tolerance) {
  if (actual.length !== wanted.length) return false;
  const size = wanted.reduce(
    (most, value) => (typeof value === 'number' ? Math.max(most, Math.abs(value)) : most),
    0.05,
  );
  return wanted.every((value, i) => {
    if (typeof value !== 'number' || typeof actual[i] !== 'number') return String(actual[i]) === String(value);
    return Math.abs(actual[i] - value) <= tolerance * size;
  });
}

/** Refused: an error that a person wrote. The others come from below. */
const raw = ['RuntimeError', 'TypeError', 'RangeError'];
const written = /must |cannot |not found|not yet|unsupported|not supported|does not|Error in|Argument|invalid/i;

/**
 * @param {{ values?: unknown, gradient?: number[][], curvature?: number[][], error?: string }} reference
 * @param {object} line what the worker printed
 * @param {'values' | 'gradient' | 'curvature'} what
 * @param {number} [loose] how many times the tolerance: WebGPU's functions are approximations
 * @returns {'right' | 'wrong' | 'refused' | 'crash' | 'unreached' | undefined}
 */
export function judge(reference, line, what, loose = 1) {
  const result = line?.[what];
  if (!result) return line?.crashed ? 'crash' : undefined;
  if (result.error !== undefined) {
    return raw.includes(result.type) && !written.test(result.error) ? 'crash' : 'refused';
  }
  // What TensorFlow.js refuses elsewhere has no right value.
  if (reference.error !== undefined) return 'wrong';
  const wanted = reference[what];
  const same =
    what === 'values'
      ? wanted.length === result.values.length &&
        wanted.every(
          (output, i) =>
            String(output.shape) === String(result.values[i].shape) &&
            output.dtype === result.values[i].dtype &&
            close(result.values[i].values, output.values, loose * RELATIVE[what]),
        )
      : wanted.every((numbers, i) => close(result.values[i], numbers, loose * RELATIVE[what]));
  return same ? 'right' : 'wrong';
}
