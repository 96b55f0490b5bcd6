import { integer } from '@assay-ml/numerics/check';
import { Blueprint, chain, flatten, maxPool, relu } from '../layers.js';
import type { Network } from '../network.js';
import { checkImage, checkImageOptions, type ImageOptions } from './image.js';

/**
 * Two 3×3 convolutions with bias, 16 and 32 channels, each with ReLU and a pool, a dense layer of 64, classifier. No
 * batch norm.
 * @param options settings
 * @param options.inputs [height, width, channels], both sides at least 4
 * @throws RangeError for another shape or number of classes
 */
export function smallCnn(options: ImageOptions): Network {
  checkImageOptions('smallCnn', options);
  const { inputs, classes } = options;
  checkImage('smallCnn', inputs, 4);
  integer('smallCnn', 'classes', classes, 1, 'Count the labels.');
  const [height, width, channels] = inputs;
  const net = new Blueprint();
  const body = chain(
    net.conv('conv1', channels, 16, { bias: true }),
    relu,
    maxPool(2),
    net.conv('conv2', 16, 32, { bias: true }),
    relu,
    maxPool(2),
    flatten,
    net.dense('dense1', Math.floor(height / 4) * Math.floor(width / 4) * 32, 64),
    relu,
    net.classifier(64, classes),
  );
  return net.network('smallCnn', inputs, classes, body);
}
