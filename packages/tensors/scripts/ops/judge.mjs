/** Compares what a backend gave with the reference. */

/** Of the largest number of an output. */
const RELATIVE = { values: 2e-5, gradient: 1e-4, curvature: 2e-3 };

/**
 * What a backend's language promises of a function where that is less, of the larger of 1 and the largest number. WGSL:
 * 2⁻¹¹ for sin and cos, of which tan is the quotient, 6.77·10⁻⁵ for acos.
 */
export const PROMISED = { webgpu: { sin: 2 ** -11, cos: 2 ** -11, tan: 2 ** -11, acos: 6.77e-5 } };

const largest = (wanted, least) =>
  wanted.reduce((most, value) => (typeof value === 'number' ? Math.max(most, Math.abs(value)) : most), least);

/** Which numbers are wrong. Those that are not finite must be equal. */
function wrong(actual, wanted, tolerance) {
  return wanted.flatMap((value, i) => {
    const near = isFinite(value) && isFinite(actual[i]) ? Math.abs(actual[i] - value) <= tolerance : String(actual[i]) === String(value); // prettier-ignore
    return near ? [] : [{ i, value, actual: actual[i] }];
  });
}

/** JSON writes numbers that are not finite as texts. */
const isFinite = (value) => typeof value === 'number';

/** An error of this package names the operation, says what came, and ends in what to do. */
const own = /^\w[\w.]*: .+ (Cast|Dispose|Fill|Leave|Make|Pad|Take|Use) [^.]+(\.[^.]+)?\.$/;

/** Differences that follow from NaN or ±∞ in the input: a place among such numbers, a whole number made of one. */
function conventional(c, { i }, output) {
  const finite = (input, k) => Number.isFinite(input.values[k] ?? 0);
  if (c.op.startsWith('arg')) return c.inputs[0].values.some(Number.isNaN);
  return output.dtype === 'int32' && !c.inputs.every((input) => finite(input, i));
}

const numbersOf = (output, what) => (what === 'values' ? output.values : output);

/** The largest error of a check, of the larger of 1 and the largest number. */
export function errorOf(reference, line, what) {
  return Math.max(
    ...reference[what].map((output, k) => {
      const [wanted, actual] = [numbersOf(output, what), numbersOf(line[what].values[k], what)];
      const errors = wanted.map((value, i) => (isFinite(value) && isFinite(actual[i]) ? Math.abs(actual[i] - value) : 0)); // prettier-ignore
      return Math.max(0, ...errors) / largest(wanted, 1);
    }),
  );
}

/**
 * - right
 * - coarse: right within what is {@link PROMISED} of the function, not within the tolerance of others
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
 * @param {string} backend
 * @returns {'right' | 'coarse' | 'wrong' | 'loses NaN' | 'refused' | 'stops' | 'crash' | undefined} undefined where nothing came
 */
export function judge(c, reference, line, what, backend) {
  const result = line?.[what];
  if (!result) return line?.crashed ? 'crash' : undefined;
  if (result.type === 'RuntimeError') return 'crash';
  if (result.error !== undefined) return own.test(result.error) ? 'refused' : 'stops';
  if (result.complaint) return 'wrong';
  // What TensorFlow.js refuses elsewhere has no right value.
  if (reference.error !== undefined) return 'wrong';
  const [wanted, actual] = [reference[what], result.values];
  if (wanted.length !== actual.length) return 'wrong';
  const sameForm = wanted.every(
    (output, i) =>
      numbersOf(output, what).length === numbersOf(actual[i], what).length &&
      (what !== 'values' || String(output.shape) === String(actual[i].shape)),
  );
  if (!sameForm) return 'wrong';
  const promised = PROMISED[backend]?.[c.op] ?? 0;
  const apart = (tolerance) =>
    wanted.flatMap((output, k) => {
      const numbers = numbersOf(output, what);
      return wrong(numbersOf(actual[k], what), numbers, tolerance(numbers)).map((one) => ({ ...one, output }));
    });
  const usual = (numbers) => RELATIVE[what] * largest(numbers, 0.05);
  const differences = apart((numbers) => Math.max(usual(numbers), promised * largest(numbers, 1)));
  const finite = ({ value, actual: got }) => isFinite(value) && isFinite(got);
  if (differences.some((one) => finite(one) && !conventional(c, one, one.output))) return 'wrong';
  if (differences.length > 0) return 'loses NaN';
  if (what === 'values' && wanted.some((output, i) => output.dtype !== actual[i].dtype)) return 'wrong';
  return apart(usual).length === 0 ? 'right' : 'coarse';
}
