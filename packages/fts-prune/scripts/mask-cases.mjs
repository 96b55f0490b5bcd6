/** What masks are compared with PyTorch on: two networks, their weights and data, all from keyed streams. */
import * as tf from '@tensorflow/tfjs-core';
import { initialise, mlp, vggMini } from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';

/** Of random scores, probes, weights and data. */
export const SEED = 11;
/** Examples, those of a piece that has its own probes, and probes a piece. */
export const EXAMPLES = 96;
export const PIECE = 48;
export const PROBES = 10;

const CLASSES = 10;
const networks = {
  mlp: mlp({ inputs: 64, hidden: [64, 64, 64], classes: CLASSES }),
  vggMini: vggMini({ inputs: [8, 8, 3], classes: CLASSES }),
};

/** Normal numbers of a name. */
function normals(name, count) {
  return stream(SEED, 'mask cases', name).fillNormal(new Float64Array(count));
}

/** Scales around 1, offsets and running statistics of some network that has seen data, kernels and biases fresh. */
function weightsOf(network) {
  const { parameters } = initialise(network, { scheme: 'he', seed: SEED });
  const drawn = ({ name, shape }, change) =>
    tf.tensor(Float32Array.from(normals(`${network.name} ${name}`, tf.util.sizeFromShape(shape)), change), shape);
  const changes = { 'norm-scale': (z) => 1 + 0.2 * z, 'norm-offset': (z) => 0.2 * z, bias: (z) => 0.1 * z };
  return {
    parameters: network.parameters.map((spec, i) =>
      spec.role in changes ? drawn(spec, changes[spec.role]) : parameters[i],
    ),
    buffers: network.buffers.map((spec) =>
      drawn(spec, spec.initial === 0 ? (z) => 0.3 * z : (z) => 1 / 2 + (z * z) / 2),
    ),
  };
}

/** Network, weights and data of a case; the weights are the caller's. */
export function maskCase(name) {
  const network = networks[name];
  const size = tf.util.sizeFromShape(network.inputShape);
  const centres = normals(`${name} centres`, CLASSES * size);
  const y = Int32Array.from({ length: EXAMPLES }, (_, i) => i % CLASSES);
  const noise = normals(`${name} noise`, EXAMPLES * size);
  const x = Float32Array.from(noise, (z, k) => z + centres[y[Math.floor(k / size)] * size + (k % size)]);
  return { network, weights: tf.tidy(() => weightsOf(network)), data: { x, y } };
}
