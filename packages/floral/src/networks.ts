/** FLoRAL on networks of @assay-ml/networks: on tensors, the local steps of a whole cohort in one batch. */
import { initialise, type Network } from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';
import { complaint, invalid } from '@assay-ml/numerics/check';
import { gradients } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { type Layer, type LayoutOptions, layoutOf } from './layout.js';
import type { Model, Weights } from './model.js';
import { cohortOf } from './tensors/cohort.js';
import { logits, partShapes } from './tensors/forward.js';

/**
 * A network with adaptors beside its dense layers and convolutions. Numbers are float32 in a pass. Of networks of dense layers all
 * clients of a round that have equally many examples go in one batch of products; others client by client. Norms have gains and offsets of their own by `adaptors: { norm: true }`.
 * @param network without buffers, on numbers: `mlp`, `smallCnn`, `cifarCnn`, `vgg8`, and `vggMini`, `vgg19`, `resnetMini`, `resnet18` with
 *   `norm: 'group'`. Dropout is drawn in local steps alone
 * @returns what `train`, `route` and the rest take as a model
 * @throws RangeError for an option out of range, and for networks that read tokens or have running statistics; TypeError for none
 * @example
 * const model = floralNetwork(cifarCnn({ classes: 10 }), { clusters: 4, rank: 0.1 });
 * const { run } = train({ model, loss: 'cross-entropy' }, federation, { method: floralMethod(4), rounds: 100, training: { rate: 0.03, batch: 64 } });
 */
export function floralNetwork(network: Network, options: LayoutOptions): Model {
  if (typeof network?.forward !== 'function') throw new TypeError(complaint('floralNetwork', 'network', network, 'a network', 'mlp(), cifarCnn(), … of @assay-ml/networks make one; for a stock model take floral of @assay-ml/floral/layers.')); // prettier-ignore
  if (network.tokens) throw invalid('floralNetwork', 'network', network.name, 'one that reads numbers', 'Token ids have no place in a batch of floats.'); // prettier-ignore
  if (network.buffers.length > 0) throw invalid('floralNetwork', 'network', network.name, 'one without running statistics', "Whose they would be, the server or the client, is not settled: take norm: 'group'."); // prettier-ignore
  const layout = layoutOf(layersOf(network), options);
  const shapes = partShapes(layout);
  const [inputs, outputs] = [network.inputShape.reduce((a, b) => a * b, 1), network.classes];
  /** Inputs of the last passes: arrays, since nobody would dispose of tensors. */
  const tapes: Float32Array[] = [];
  const inputOf = (tape: number) => tf.tensor(tapes[tape]!, [1, tapes[tape]!.length / inputs, ...network.inputShape]);
  const batch = (x: Float64Array, rows: Uint32Array): Float32Array => {
    const all = new Float32Array(rows.length * inputs);
    rows.forEach((row, i) => all.set(x.subarray(row * inputs, (row + 1) * inputs), i * inputs));
    return all;
  };
  /** Base, adaptors and π as tensors of one model. */
  const tensorsOf = ({ base, adaptors, pi }: Weights) => {
    const part = (x: Float64Array, start: number, size: number, shape: readonly number[]) =>
      tf.tensor(new Float32Array(x.subarray(start, start + size)), [1, ...shape]);
    return {
      base: layout.base.map(({ start, size, shape }) => part(base, start, size, shape)),
      parts: adaptors === null ? [] : layout.parts.map(({ start, length }, i) => part(adaptors, start, layout.clusters * length, shapes[i]!)), // prettier-ignore
      pi: adaptors === null || pi === null ? null : part(pi, 0, pi.length, [pi.length]),
    };
  };
  return {
    layout,
    inputs,
    outputs,
    start(seed, member = 0) {
      const { parameters } = initialise(network, {
        seed: stream(seed, 'weights')
          .at(member)
          .integer(2 ** 31),
      });
      const base = new Float64Array(layout.baseSize);
      parameters.forEach((t, i) => base.set(t.dataSync(), layout.base[i]!.start));
      tf.dispose(parameters);
      return base;
    },
    forward(tape, weights, x, rows) {
      tapes[tape] = batch(x, rows);
      return new Float64Array(tf.tidy(() => logits(network, layout, tensorsOf(weights), inputOf(tape)).dataSync()));
    },
    backward(tape, weights, ofOutputs, into) {
      tf.tidy(() => {
        const { base, parts, pi } = tensorsOf(weights);
        const x = inputOf(tape);
        const dy = tf.tensor(new Float32Array(ofOutputs), [1, x.shape[1]!, outputs]);
        const found = gradients(() => logits(network, layout, { base, parts, pi }, x), [...base, ...parts, ...(pi ? [pi] : [])], dy).map((g) => g.dataSync<'float32'>()); // prettier-ignore
        const add = (to: Float64Array, start: number, g: Float32Array) => g.forEach((value, i) => (to[start + i]! += value)); // prettier-ignore
        layout.base.forEach(({ start }, i) => add(into.base, start, found[i]!));
        if (pi === null) return;
        layout.parts.forEach(({ start }, i) => add(into.adaptors, start, found[base.length + i]!));
        add(into.pi, 0, found.at(-1)!);
      });
    },
    cohort: cohortOf(network, layout),
  };
}

/** What the layers of a network hold, as layouts say it. */
function layersOf({ parameters }: Network): Layer[] {
  return parameters.flatMap(({ name, role, shape }, i): Layer[] => {
    const layer = name.slice(0, name.lastIndexOf('.'));
    const bias = parameters[i + 1]?.name === `${layer}.bias`;
    if (role === 'bias' || role === 'classifier-bias' || role === 'norm-offset') return [];
    if (role === 'norm-scale') return [{ kind: 'norm', name: layer, outputs: shape[0]! }];
    const [inputs, outputs] = shape.slice(-2) as [number, number];
    return shape.length === 4
      ? [{ kind: 'conv', name: layer, kernel: [shape[0]!, shape[1]!], inputs, outputs, bias }]
      : [{ kind: 'dense', name: layer, inputs, outputs, bias }];
  });
}
