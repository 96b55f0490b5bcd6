import * as tf from '@tensorflow/tfjs-core';
import { integer } from '@assay-ml/numerics/check';

import { averagePool, Blueprint, chain, type Layer, relu } from '../layers.js';
import type { Network } from '../network.js';
import { checkImage, checkNormedOptions, type NormedOptions } from './image.js';

/**
 * ResNet in small: a stem and three stages of one block, 16, 32 and 64 channels, the last two with stride 2.
 * @param options settings
 * @param options.inputs [height, width, channels]
 * @param options.norm `batch` or `group`. Default 'batch'
 * @throws RangeError for another shape, number of classes or norm
 */
export function resnetMini(options: NormedOptions): Network {
  checkNormedOptions('resnetMini', options);
  return resnet('resnetMini', [16, 32, 64], 1, options);
}

/**
 * ResNet18 for CIFAR: 3×3 stem, no max pool, four stages of two blocks. 11,173,962 parameters for 10 classes.
 * @param options settings
 * @param options.inputs [height, width, channels]. Default [32, 32, 3]
 * @param options.norm `batch` or `group`. Default 'batch'
 * @throws RangeError for another shape, number of classes or norm
 */
export function resnet18(options: Partial<NormedOptions> & { classes: number }): Network {
  checkNormedOptions('resnet18', options);
  const { inputs = [32, 32, 3], ...rest } = options;
  return resnet('resnet18', [64, 128, 256, 512], 2, { inputs, ...rest });
}

/** Basic blocks, convolutions without bias; every stage but the first halves height and width. */
function resnet(
  name: string,
  widths: readonly number[],
  blocks: number,
  { inputs, classes, norm }: NormedOptions,
): Network {
  checkImage(name, inputs, 1);
  integer(name, 'classes', classes, 1, 'Count the labels.');
  const net = new Blueprint();
  let channels = widths[0]!;
  const layers = [net.conv('stem.conv', inputs[2], channels), net.norm('stem.norm', channels, norm), relu];
  widths.forEach((width, stage) => {
    for (let i = 0; i < blocks; i++) {
      const stride = stage > 0 && i === 0 ? 2 : 1;
      layers.push(block(net, `stage${stage + 1}.block${i + 1}`, channels, width, stride, norm));
      channels = width;
    }
  });
  return net.network(name, inputs, classes, chain(...layers, averagePool, net.classifier(channels, classes)));
}

/** relu(norm(conv(relu(norm(conv(x))))) + x), with x through a 1×1 convolution and a norm where the shape changes. */
function block(
  net: Blueprint,
  name: string,
  inputs: number,
  width: number,
  stride: number,
  norm: NormedOptions['norm'],
): Layer {
  const main = chain(
    net.conv(`${name}.conv1`, inputs, width, { stride }),
    net.norm(`${name}.norm1`, width, norm),
    relu,
    net.conv(`${name}.conv2`, width, width),
    net.norm(`${name}.norm2`, width, norm),
  );
  if (stride === 1 && inputs === width) return (x, pass) => tf.relu(tf.add(main(x, pass), x));
  const shortcut = chain(
    net.conv(`${name}.shortcut.conv`, inputs, width, { size: 1, stride }),
    net.norm(`${name}.shortcut.norm`, width, norm),
  );
  return (x, pass) => tf.relu(tf.add(main(x, pass), shortcut(x, pass)));
}
