import { fraction, integer, requireOptions } from '@assay-ml/numerics/check';
import { averagePool, Blueprint, chain, flatten, type Layer, maxPool, relu } from '../layers.js';
import type { Network } from '../network.js';
import { checkImage, checkNormedOptions, type ImageOptions, type NormedOptions } from './image.js';

/**
 * VGG in small: 3×3 convolutions 16-16-M-32-32-M-64-64-M with batch norm and without bias (the norm's offset is one),
 * global average pool, classifier.
 * @param options settings
 * @param options.inputs [height, width, channels], both sides at least 8
 * @param options.norm `batch` or `group`. Default 'batch'
 * @throws RangeError for another shape, number of classes or norm
 */
export function vggMini(options: NormedOptions): Network {
  checkNormedOptions('vggMini', options);
  return vgg('vggMini', [16, 16, 'M', 32, 32, 'M', 64, 64, 'M'], false, options);
}

/**
 * VGG19 with batch norm for CIFAR: convolutions with bias, one classifier instead of three dense layers. 20,040,522
 * parameters for 10 classes.
 * @param options settings
 * @param options.inputs [height, width, channels], both sides at least 32. Default [32, 32, 3]
 * @param options.norm `batch` or `group`. Default 'batch'
 * @throws RangeError for another shape, number of classes or norm
 */
export function vgg19(options: Partial<NormedOptions> & { classes: number }): Network {
  checkNormedOptions('vgg19', options);
  const { inputs = [32, 32, 3], ...rest } = options;
  const plan = [64, 64, 'M', 128, 128, 'M', 256, 256, 256, 256, 'M', 512, 512, 512, 512, 'M', 512, 512, 512, 512, 'M'] as const; // prettier-ignore
  return vgg('vgg19', plan, true, { inputs, ...rest });
}

/**
 * FLoRAL's VGG for CIFAR-100: 3×3 convolutions with bias 16-M-32-M-64-M-128-M-512-M, no norm, dropout, a dense layer of 512,
 * classifier. 1,001,732 parameters for [32, 32, 3] and 100 classes.
 * @param options settings
 * @param options.inputs [height, width, channels], both sides at least 32. Default [32, 32, 3]
 * @param options.dropout probability that a number is dropped in a pass with a stream, below 1. Default 0.5
 * @throws RangeError for another shape, number of classes or probability
 */
export function vgg8(options: Partial<ImageOptions> & { classes: number; dropout?: number }): Network {
  requireOptions<typeof options>('vgg8', options, { inputs: 0, classes: 0, dropout: 0 });
  const { inputs = [32, 32, 3], classes, dropout = 0.5 } = options;
  checkImage('vgg8', inputs, 32);
  integer('vgg8', 'classes', classes, 1, 'Count the labels.');
  fraction('vgg8', 'dropout', dropout, 'Use 0 for none.');
  const net = new Blueprint();
  const widths = [inputs[2], 16, 32, 64, 128, 512];
  const convolutions = widths.slice(1).flatMap((width, i) => [net.conv(`conv${i + 1}`, widths[i]!, width, { bias: true }), relu, maxPool(2)]); // prettier-ignore
  const flat = 512 * Math.floor(inputs[0] / 32) * Math.floor(inputs[1] / 32);
  const head = [flatten, net.dropout(dropout), net.dense('dense1', flat, 512), relu, net.classifier(512, classes)];
  return net.network('vgg8', inputs, classes, chain(...convolutions, ...head));
}

/** Widths of convolutions and `M` for a pool. */
function vgg(
  name: string,
  plan: readonly (number | 'M')[],
  bias: boolean,
  { inputs, classes, norm }: NormedOptions,
): Network {
  checkImage(name, inputs, 2 ** plan.filter((width) => width === 'M').length);
  integer(name, 'classes', classes, 1, 'Count the labels.');
  const net = new Blueprint();
  const layers: Layer[] = [];
  let channels = inputs[2];
  let index = 0;
  for (const width of plan) {
    if (width === 'M') layers.push(maxPool(2));
    else {
      index++;
      layers.push(net.conv(`conv${index}`, channels, width, { bias }), net.norm(`norm${index}`, width, norm), relu);
      channels = width;
    }
  }
  return net.network(name, inputs, classes, chain(...layers, averagePool, net.classifier(channels, classes)));
}
