import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { stream } from '@assay-ml/numerics';
import * as tensors from '../src/index.js';

beforeAll(() => tensors.useBackend('cpu'));

const draws = stream(0, 'kinds');
const x = () => tf.ones([2, 2]);
const row = () => tf.ones([2]);
const f = () => tf.scalar(1);
const rate = { rate: 0.1 };

/** Each function with what stands in for one of its tensors, lists or records. */
const calls: readonly [name: string, option: string, call: (value: never) => unknown][] = [
  ['gelu', 'x', (v) => tensors.gelu(v)],
  ['causalSoftmax', 'scores', (v) => tensors.causalSoftmax(v)],
  ['inverseSpd', 'a', (v) => tensors.inverseSpd(v)],
  ['layerNorm', 'x', (v) => tensors.layerNorm(v, row(), row())],
  ['layerNorm', 'scale', (v) => tensors.layerNorm(x(), v, row())],
  ['rmsNorm', 'scale', (v) => tensors.rmsNorm(x(), v)],
  ['swiglu', 'up', (v) => tensors.swiglu(x(), v)],
  ['logSoftmax', 'logits', (v) => tensors.logSoftmax(v)],
  ['crossEntropy', 'classes', (v) => tensors.crossEntropy(v, x())],
  ['crossEntropy', 'logits', (v) => tensors.crossEntropy(tf.tensor1d([0, 1], 'int32'), v)],
  ['softmaxCrossEntropy', 'labels', (v) => tensors.softmaxCrossEntropy(v, x())],
  ['softmaxCrossEntropy', 'logits', (v) => tensors.softmaxCrossEntropy(x(), v)],
  ['gradients', 'xs', (v) => tensors.gradients(f, v)],
  ['hessianVector', 'params', (v) => tensors.hessianVector(f, v, [x()])],
  ['hessianVector', 'vectors', (v) => tensors.hessianVector(f, [x()], v)],
  ['gaussNewtonVector', 'params', (v) => tensors.gaussNewtonVector(f, f, v, [x()])],
  ['perExampleGradients', 'params', (v) => tensors.perExampleGradients(f, v, [x()])],
  ['perExampleGradients', 'batch', (v) => tensors.perExampleGradients(f, [x()], v)],
  ['uniform', 'shape', (v) => tensors.uniform(draws, v)],
  ['normal', 'shape', (v) => tensors.normal(draws, v)],
  ['truncatedNormal', 'shape', (v) => tensors.truncatedNormal(draws, v)],
  ['rademacher', 'shape', (v) => tensors.rademacher(draws, v)],
  ['sgd', 'state', (v) => tensors.sgd(v, [], { rate: 0.1, momentum: 0, weightDecay: 0 } as never)],
  ['adam', 'state', (v) => tensors.adam(v, [], { rate: 0.1, t: 1 } as never)],
  ['lion', 'state', (v) => tensors.lion(v, [], rate as never)],
  ['momentum', 'state', (v) => tensors.momentum(v, [], rate as never)],
  ['sign', 'state', (v) => tensors.sign(v, [], rate as never)],
  ['sign', 'gradients', (v) => tensors.sign({ parameters: [] }, v, rate as never)],
  ['adamRule', 'o', (v) => tensors.adamRule(v)],
  ['lionRule', 'o', (v) => tensors.lionRule(v)],
  ['momentumRule', 'o', (v) => tensors.momentumRule(v)],
];

describe('what is of another kind is refused by name', () => {
  it.each(calls)("%s: '%s'", (name, option, call) => {
    for (const [told, value] of [['undefined', undefined], ['null', null], ['3', 3], ["'x'", 'x'], ['an object', {}]] as const) {
      expect(() => call(value as never), told).toThrow(TypeError);
      expect(() => call(value as never)).toThrow(new RegExp(`^${name}: '${option}' is ${told}; must be an (array|object with [\\w, ]+)\\. \\S`));
    }
  }); // prettier-ignore
});
