import { integer } from '@assay-ml/numerics/check';
import { Blueprint, chain, flatten, maxPool, relu } from '../layers.js';
import type { Network } from '../network.js';
import { checkImage, checkImageOptions, type ImageOptions } from './image.js';

/** Rows or columns that are left of so many after both convolutions and pools. */
const left = (side: number): number => Math.floor((Math.floor((side - 4) / 2) - 2) / 3);

/**
 * FLoRAL's network for CIFAR-10: a 5×5 convolution to 32 channels and a pool of 2, a 3×3 one to 64 and a pool of 3, both with bias
 * and without padding, a dense layer of 64, classifier. 87,178 parameters for [32, 32, 3] and 10 classes.
 * @param options settings
 * @param options.inputs [height, width, channels], both sides at least 14. Default [32, 32, 3]
 * @throws RangeError for another shape or number of classes
 */
export function cifarCnn(options: Partial<ImageOptions> & { classes: number }): Network {
  checkImageOptions('cifarCnn', options);
  const { inputs = [32, 32, 3], classes } = options;
  checkImage('cifarCnn', inputs, 14);
  integer('cifarCnn', 'classes', classes, 1, 'Count the labels.');
  const [height, width, channels] = inputs;
  const net = new Blueprint();
  const body = chain(
    net.conv('conv1', channels, 32, { size: 5, bias: true, padding: 'valid' }),
    relu,
    maxPool(2),
    net.conv('conv2', 32, 64, { bias: true, padding: 'valid' }),
    relu,
    maxPool(3),
    flatten,
    net.dense('dense1', left(height) * left(width) * 64, 64),
    relu,
    net.classifier(64, classes),
  );
  return net.network('cifarCnn', inputs, classes, body);
}
