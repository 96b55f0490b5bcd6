import { integer, invalid, requireOptions } from '@assay-ml/numerics/check';
import { Blueprint, chain, relu } from '../layers.js';
import type { Network } from '../network.js';

/**
 * A multilayer perceptron with ReLU between its layers: `dense1`, `dense2`, …, `classifier`.
 * @param options widths
 * @param options.inputs length of one input
 * @param options.hidden widths of the hidden layers; may be empty
 * @param options.classes number of logits
 * @throws RangeError for a width that is no positive integer
 */
export function mlp(options: { inputs: number; hidden: readonly number[]; classes: number }): Network {
  requireOptions<typeof options>('mlp', options, { inputs: 0, hidden: 0, classes: 0 });
  const { inputs, hidden, classes } = options;
  if (!Array.isArray(hidden)) throw invalid('mlp', 'hidden', hidden, 'an array of widths', 'Use [] for none.');
  const widths = [
    integer('mlp', 'inputs', inputs, 1, 'It is the length of one flat input.'),
    ...hidden.map((width, i) => integer('mlp', `hidden[${i}]`, width, 1, 'Leave a layer out rather than empty.')),
  ];
  integer('mlp', 'classes', classes, 1, 'Count the labels.');
  const net = new Blueprint();
  const layers = hidden.flatMap((width, i) => [net.dense(`dense${i + 1}`, widths[i]!, width), relu]);
  const body = chain(...layers, net.classifier(widths.at(-1)!, classes));
  return net.network('mlp', [inputs], classes, body, { cohorts: true });
}
