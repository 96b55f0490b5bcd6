/** Compares what a backend gave with the reference. */

/** Of the largest number of an output. */
const RELATIVE = { values: 2e-5, gradient: 1e-4, curvature: 2e-3 };

/** Which numbers are wrong. Those that are not finite must be equal. */
function wrong(actual, wanted, tolerance) {
  const size = wanted.reduce(
    (most, value) => (typeof value === 'number' ? Math.max(most, Math.abs(value)) : most),
    0.05,
  );
  return wanted.flatMap((value, i) => {
    const near =
      typeof value === 'number' && typeof actual[i] === 'number'
        ? Math.abs(actual[i] - value) <= tolerance * size
        : String(actual[i]) === String(value);
    return near ? [] : [{ value, actual: actual[i] }];
  });
}

/** JSON writes numbers that are not finite as texts. */
const isFinite = (value) => typeof value === 'number';

/** An error of this package names the operation, says what came, and ends in what to do. */
const own = /^\w[\w.]*: .+ (Cast|Dispose|Fill|Leave|Make|Pad|Take|Use) [^.]+(\.[^.]+)?\.$/;

/**
 * - right
 * - wrong
 * - loses NaN: wrong only where the right number or what came is NaN or ±∞, or a place (argMax) among numbers with NaN
 * - refused: by an error of this package
 * - stops: with an error of TensorFlow.js
 * - crash: traps, hangs or ends the process
 *
 * @param {import('./case.mjs').Case} c
 * @param {{ values?: unknown, gradient?: number[][], curvature?: number[][], error?: string }} reference
 * @param {object} line what the worker printed
 * @param {'values' | 'gradient' | 'curvature'} what
 * @returns {'right' | 'wrong' | 'loses NaN' | 'refused' | 'stops' | 'crash' | undefined} undefined where nothing came
 */
export function judge(c, reference, line, what) {
  const result = line?.[what];
  if (!result) return line?.crashed ? 'crash' : undefined;
  if (result.type === 'RuntimeError') return 'crash';
  if (result.error !== undefined) return own.test(result.error) ? 'refused' : 'stops';
  // What TensorFlow.js refuses elsewhere has no right value.
  if (reference.error !== undefined) return 'wrong';
  const [wanted, actual] = [reference[what], result.values];
  if (wanted.length !== actual.length) return 'wrong';
  const numbers = (output) => (what === 'values' ? output.values : output);
  const sameForm = wanted.every(
    (output, i) =>
      numbers(output).length === numbers(actual[i]).length &&
      (what !== 'values' || String(output.shape) === String(actual[i].shape)),
  );
  if (!sameForm) return 'wrong';
  const differences = wanted.flatMap((output, i) => wrong(numbers(actual[i]), numbers(output), RELATIVE[what]));
  const places = c.op.startsWith('arg') && c.inputs[0].values.some(Number.isNaN);
  if (!places && differences.some(({ value, actual: got }) => isFinite(value) && isFinite(got))) return 'wrong';
  if (differences.length > 0) return 'loses NaN';
  return what !== 'values' || wanted.every((output, i) => output.dtype === actual[i].dtype) ? 'right' : 'wrong';
}
