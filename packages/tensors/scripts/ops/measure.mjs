/** What a case gives on the backend in use: values, gradient, product with the Hessian. */

const list = (result) => (Array.isArray(result) ? result : [result]);

/** The case's inputs as tensors. */
export const tensorsOf = (tf, { inputs }) => inputs.map(({ values, shape, dtype }) => tf.tensor(values, shape, dtype));

/** Fixed weights of an output's numbers, different for each. */
export const weight = (i) => 1 + ((i * 7) % 11) / 16;

/** Shapes, types and numbers of the outputs. */
export async function valuesOf(tf, { compute }, inputs) {
  const outputs = list(await compute(tf, ...inputs));
  return Promise.all(
    outputs.map(async (tensor) => ({ shape: tensor.shape, dtype: tensor.dtype, values: [...(await tensor.data())] })),
  );
}

/** A scalar that every output's number moves, in a way of its own and not linearly. */
export function scalarOf(tf, outputs, curved) {
  return tf.addN(
    list(outputs).map((tensor) => {
      const flat = tf.reshape(tf.cast(tensor, 'float32'), [-1]);
      if (!curved || flat.size === 0) return tf.sum(flat);
      const weights = tf.tensor1d(
        Array.from({ length: flat.size }, (_, i) => weight(i)),
        'float32',
      );
      return tf.sum(tf.mul(flat, tf.add(weights, tf.mul(flat, 0.5))));
    }),
  );
}

/** Those inputs that can be differentiated by. */
export const floats = (inputs) => inputs.filter(({ dtype }) => dtype === 'float32');

function gradients(tf, f, xs) {
  const { grads } = tf.engine().gradients(f, xs, undefined, true);
  return grads.map((gradient, i) => gradient ?? tf.zerosLike(xs[i]));
}

/** The gradient of the scalar by each float input. */
export function gradientOf(tf, c, inputs) {
  const xs = floats(inputs);
  return gradients(tf, () => scalarOf(tf, c.compute(tf, ...inputs), !c.gradients), xs);
}

/** Of a direction's number i. */
export const direction = (i) => 1 - ((i * 5) % 7) / 8;

/** The Hessian's product with a fixed direction. */
export function curvatureOf(tf, c, inputs) {
  const xs = floats(inputs);
  const inner = () =>
    tf.addN(
      gradientOf(tf, c, inputs).map((gradient) => {
        const along = tf.tensor(
          Array.from({ length: gradient.size }, (_, i) => direction(i)),
          gradient.shape,
          'float32',
        );
        return tf.sum(tf.mul(gradient, along));
      }),
    );
  return gradients(tf, inner, xs);
}
