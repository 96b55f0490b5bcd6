/**
 * The reference: the forward kernels of the backend cpu in float64, and differences of what they give. Registered
 * gradients have no part in it: node reference.mjs ONLY INDICES. Webgpu has the cases of all backends and then some. Prints one
 * line of JSON a case; where indices are given, with commas between, only of those.
 */
// The backend makes its arrays by this name. It stands before the imports, which are therefore dynamic.
globalThis.Float32Array = /** @type {any} */ (Float64Array);
const tf = await import('@tensorflow/tfjs-core');
await import('@tensorflow/tfjs-backend-cpu');
const { casesOf } = await import('./cases.mjs');
const { direction, scalarOf, tensorsOf, valuesOf } = await import('./measure.mjs');
await tf.setBackend('cpu');

/** The scalar with the float inputs' numbers moved. */
function scalarAt(c, moved) {
  return tf.tidy(() => {
    const inputs = tensorsOf(tf, { inputs: moved });
    return scalarOf(tf, c.compute(tf, ...inputs), true).dataSync()[0];
  });
}

/** Differences by each number of each float input. */
function differences(c, f, step) {
  return c.inputs
    .map((input, k) => [input, k])
    .filter(([{ dtype }]) => dtype === 'float32')
    .map(([input, k]) =>
      input.values.map((value, i) => {
        const at = (by) =>
          f(c.inputs.map((other, l) => (l === k ? { ...input, values: input.values.with(i, value + by) } : other)));
        return (at(step) - at(-step)) / (2 * step);
      }),
    );
}

const along = (inputs, step) =>
  inputs.map((input) =>
    input.dtype === 'float32'
      ? { ...input, values: input.values.map((value, i) => value + step * direction(i)) }
      : input,
  );

const [only, indices] = process.argv.slice(2);
const chosen = indices?.split(',').map(Number);

for (const [index, given] of casesOf('webgpu', only).entries()) {
  if (chosen && !chosen.includes(index)) continue;
  const c = { ...given, compute: given.reference ?? given.compute };
  let line;
  try {
    const values = await valuesOf(tf, c, tensorsOf(tf, c));
    const gradient = c.gradients ?? (c.order > 0 ? differences(c, (inputs) => scalarAt(c, inputs), 1e-5) : undefined);
    const slope = (inputs) => (scalarAt(c, along(inputs, 3e-4)) - scalarAt(c, along(inputs, -3e-4))) / 6e-4;
    const curvature = c.order > 1 ? differences(c, slope, 3e-4) : undefined;
    line = { index, values, gradient, curvature };
  } catch (error) {
    line = { index, error: String(error.stack).slice(0, 300) };
  }
  console.log(
    JSON.stringify(line, (_, value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value)),
  );
}
