/** The wasm kernels against those of the cpu backend. */
import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { leakGuard, useBackend } from '../src/index.js';
import { distance, expectLikeCpu, runOn, values } from './compare.js';

beforeAll(async () => {
  await useBackend('cpu');
  await useBackend('wasm');
});

describe('BatchMatMul', () => {
  const sizes = [
    [1, 1, 1],
    [3, 5, 7],
    [4, 8, 8],
    [65, 300, 17],
    [10, 33, 9],
    [70, 2, 3],
    [2, 600, 12],
  ] as const;
  const batches: [number[], number[]][] = [
    [[], []],
    [[3], [3]],
    [[1], [3]],
    [[3], [1]],
    [
      [2, 2],
      [2, 2],
    ],
  ];
  test.each(sizes)('%i × %i × %i, plain, transposed and batched', async (m, k, n) => {
    for (const [outerA, outerB] of batches) {
      for (const transposeA of [false, true]) {
        for (const transposeB of [false, true]) {
          const a = [...outerA, ...(transposeA ? [k, m] : [m, k])];
          const b = [...outerB, ...(transposeB ? [n, k] : [k, n])];
          await expectLikeCpu(
            tf.BatchMatMul,
            { a: () => values('a', a), b: () => values('b', b) },
            { transposeA, transposeB },
          );
        }
      }
    }
  });

  test('broadcasts within the batch axes, where the cpu backend repeats them in the wrong order', async () => {
    await tf.setBackend('wasm');
    const a = values('a', [2, 1, 3, 4]);
    const b = values('b', [1, 3, 4, 5]);
    const product = await tf.matMul(a, b).array();
    for (const i of [0, 1]) {
      for (const j of [0, 1, 2]) {
        const one = tf.matMul(
          tf.reshape(tf.slice(a, [i, 0], [1, 1]), [3, 4]),
          tf.reshape(tf.slice(b, [0, j], [1, 1]), [4, 5]),
        );
        expect(product[i as never][j]).toEqual(await one.array());
      }
    }
  });

  test('an empty inner side gives zeros, an empty outer side nothing', async () => {
    await tf.setBackend('wasm');
    expect(await tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 3])).array()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect((await tf.matMul(tf.zeros([0, 2]), tf.zeros([2, 3])).data()).length).toBe(0);
  });

  test('refuses other types and sides by name', async () => {
    const ints = () => tf.ones([2, 2], 'int32');
    await expect(runOn('wasm', tf.BatchMatMul, { a: ints, b: ints })).rejects.toThrow(
      'matMul: the operands are int32 and int32; must be float32 on wasm. Cast them with tf.cast.',
    );
    await expect(runOn('wasm', tf.BatchMatMul, { a: () => tf.ones([2, 3]), b: () => tf.ones([2, 3]) })).rejects.toThrow(
      'matMul: inner sides 3 and 2 of shapes [2,3] and [2,3] (transposed: false, false) differ',
    );
  });
});

const images = [
  [2, 7, 8, 3, 5],
  [1, 5, 5, 16, 16],
  [3, 9, 4, 6, 8],
  [2, 1, 1, 4, 9],
  [1, 15, 30, 2, 12],
] as const;
const filters = [
  [1, 1],
  [3, 3],
  [5, 3],
  [2, 4],
] as const;
const strides = [
  [1, 1],
  [2, 2],
  [3, 1],
  [1, 2],
] as const;
const pads = [
  'same',
  'valid',
  1,
  [
    [0, 0],
    [2, 0],
    [1, 2],
    [0, 0],
  ],
] as const;

/** All sizes of a convolution with room for an output. */
function* convolutions(depthwise = false) {
  for (const [batch, height, width, depth, outDepth] of images) {
    for (const [down, across] of filters) {
      for (const stride of strides) {
        for (const pad of pads) {
          const inputShape = [batch, height, width, depth] as [number, number, number, number];
          const filterShape = [down, across, depth, depthwise ? 1 + (outDepth % 2) : outDepth] as typeof inputShape;
          const c = tf.backend_util.computeConv2DInfo(
            ...[inputShape, filterShape, [...stride] as [number, number], 1, pad as never, undefined, depthwise],
          );
          if (c.outHeight < 1 || c.outWidth < 1) continue;
          yield {
            inputShape,
            filterShape,
            outShape: c.outShape,
            strides: [...stride],
            pad,
            dataFormat: 'NHWC',
            dilations: [1, 1],
          };
        }
      }
    }
  }
}

describe('convolutions', () => {
  test('Conv2D, also dilated', async () => {
    for (const c of convolutions()) {
      const x = () => values('x', c.inputShape);
      const filter = () => values('w', c.filterShape);
      await expectLikeCpu(tf.Conv2D, { x, filter }, c);
      const [stride] = c.strides;
      if (c.pad === 'same' && stride === 1 && c.strides[1] === 1) {
        await expectLikeCpu(tf.Conv2D, { x, filter }, { ...c, dilations: [2, 3] });
      }
    }
  });

  test('FusedConv2D, DepthwiseConv2dNative and FusedDepthwiseConv2D, strides above the kernel and all pads', async () => {
    for (const [kernel, depthwise] of [
      [tf.FusedConv2D, false],
      [tf.DepthwiseConv2dNative, true],
      [tf.FusedDepthwiseConv2D, true],
    ] as const) {
      for (const c of convolutions(depthwise)) {
        const inputs = { x: () => values('x', c.inputShape), filter: () => values('w', c.filterShape) };
        const attributes = { ...c, activation: 'linear' };
        await expectLikeCpu(kernel, inputs, attributes);
        const [side, across] = c.inputShape.slice(1) as [number, number];
        const fits = c.pad === 'same' || (2 * c.filterShape[0] - 1 <= side && 3 * c.filterShape[1] - 2 <= across);
        if (c.strides.every((stride) => stride === 1) && typeof c.pad !== 'object' && fits) {
          await expectLikeCpu(kernel, inputs, { ...attributes, dilations: [2, 3] });
        }
        if (typeof c.pad === 'number') {
          for (const dimRoundingMode of ['ceil', 'round']) {
            await expectLikeCpu(kernel, inputs, { ...attributes, dimRoundingMode });
          }
        }
      }
    }
  });

  test('a layer whose stride is above its kernel sees what lies under the windows', async () => {
    await tf.setBackend('wasm');
    const x = tf.ones([1, 8, 8, 1]);
    const settings = { strides: 4, padding: 'same', kernelInitializer: 'ones' } as const;
    for (const layer of [
      layers.conv2d({ ...settings, filters: 2, kernelSize: 2, activation: 'relu' }),
      layers.depthwiseConv2d({ ...settings, kernelSize: 2, depthwiseInitializer: 'ones', depthMultiplier: 2 }),
    ]) {
      expect([...(await (layer.apply(x) as tf.Tensor).data())]).toEqual(Array(8).fill(4));
    }
  });

  test('Conv2DBackpropInput', async () => {
    for (const c of convolutions()) {
      const inputs = { dy: () => values('dy', c.outShape), filter: () => values('w', c.filterShape) };
      await expectLikeCpu(tf.Conv2DBackpropInput, inputs, c);
    }
  });

  test('Conv2DBackpropFilter', async () => {
    for (const c of convolutions()) {
      const inputs = { x: () => values('x', c.inputShape), dy: () => values('dy', c.outShape) };
      await expectLikeCpu(tf.Conv2DBackpropFilter, inputs, c);
    }
  });

  test('DepthwiseConv2dNativeBackpropInput and …Filter, one and two outputs a channel', async () => {
    for (const c of convolutions(true)) {
      const x = () => values('x', c.inputShape);
      const filter = () => values('w', c.filterShape);
      const dy = () => values('dy', c.outShape);
      await expectLikeCpu(tf.DepthwiseConv2dNativeBackpropInput, { dy, filter }, c);
      await expectLikeCpu(tf.DepthwiseConv2dNativeBackpropFilter, { x, dy }, c);
    }
  });

  test('refuse images with channels first, by name', async () => {
    const one = () => tf.ones([1, 2, 2, 1]);
    const attributes = {
      strides: [1, 1],
      pad: 'same',
      dataFormat: 'NCHW',
      dilations: [1, 1],
      filterShape: [1, 1, 1, 1],
      inputShape: [1, 2, 2, 1],
    };
    const filter = () => tf.ones([1, 1, 1, 1]);
    await expect(runOn('wasm', tf.Conv2D, { x: one, filter }, attributes)).rejects.toThrow(
      "conv2d: 'dataFormat' is NCHW; must be NHWC on wasm. Transpose the images.",
    );
    for (const [kernel, inputs] of [
      [tf.Conv2DBackpropInput, { dy: one, filter }],
      [tf.Conv2DBackpropFilter, { x: one, dy: one }],
    ] as const) {
      await expect(runOn('wasm', kernel, inputs, attributes)).rejects.toThrow("conv2d gradient: 'dataFormat' is NCHW");
    }
  });

  test('gradients of dilated convolutions are refused, by name', async () => {
    const image = () => tf.ones([1, 5, 5, 1]);
    const filter = () => tf.ones([3, 3, 1, 1]);
    const attributes = {
      strides: [1, 1],
      pad: 'same',
      dataFormat: 'NHWC',
      dilations: [1, 2],
      filterShape: [3, 3, 1, 1],
      inputShape: [1, 5, 5, 1],
    };
    for (const [kernel, inputs] of [
      [tf.Conv2DBackpropInput, { dy: image, filter }],
      [tf.Conv2DBackpropFilter, { x: image, dy: image }],
    ] as const) {
      await expect(runOn('wasm', kernel, inputs, attributes)).rejects.toThrow(
        "conv2d gradient: 'dilations' is [1, 2]; must be 1 on wasm. Fill the filter up with zeros.",
      );
    }
  });

  test('a gradient through a dilated convolution is refused by TensorFlow.js', async () => {
    await tf.setBackend('wasm');
    const x = tf.ones([1, 5, 5, 1]) as tf.Tensor4D;
    const w = tf.ones([3, 3, 1, 1]) as tf.Tensor4D;
    expect(() => tf.grad((v) => tf.sum(tf.conv2d(v as tf.Tensor4D, w, 1, 'same', 'NHWC', 2)))(x)).toThrow(
      /dilation rates greater than 1/,
    );
  });
});

describe('pooling', () => {
  test('MaxPoolGrad, ties and negative values included', async () => {
    for (const c of convolutions()) {
      const [down, across] = c.filterShape;
      if (typeof c.pad === 'object') continue;
      const attributes = { filterSize: [down, across], strides: c.strides, pad: c.pad };
      const pool = tf.backend_util.computePool2DInfo(
        c.inputShape,
        [down, across],
        c.strides as [number, number],
        1,
        c.pad,
      );
      // Whole numbers: many ties, of which the first in reading order gets all.
      const input = () => tf.tidy(() => tf.round(values('x', c.inputShape)));
      await expectLikeCpu(
        tf.MaxPoolGrad,
        { dy: () => values('dy', pool.outShape), input, output: () => tf.zeros(pool.outShape) },
        attributes,
      );
    }
  });

  test('AvgPoolGrad without padding', async () => {
    for (const c of convolutions()) {
      if (c.pad !== 'valid') continue;
      const filterSize = c.filterShape.slice(0, 2) as [number, number];
      const pool = tf.backend_util.computePool2DInfo(
        c.inputShape,
        filterSize,
        c.strides as [number, number],
        1,
        'valid',
      );
      await expectLikeCpu(
        tf.AvgPoolGrad,
        { dy: () => values('dy', pool.outShape), input: () => values('x', c.inputShape) },
        { filterSize, strides: c.strides, pad: 'valid' },
      );
    }
  });
});

describe('sums', () => {
  test.each([
    [[7, 5], [7], 4],
    [[6, 2, 3, 3], [6], 3],
    [[4, 3, 2], [4, 3], 5],
    [[9], [9], 2],
  ])('UnsortedSegmentSum of %j by %j', async (shape, idShape, numSegments) => {
    const ids = Array.from({ length: idShape.reduce((a, b) => a * b) }, (_, i) => (i * 5 + 3) % numSegments);
    if (idShape.length === 1) {
      await expectLikeCpu(
        tf.UnsortedSegmentSum,
        { x: () => values('x', shape), segmentIds: () => tf.tensor(ids, idShape, 'int32') },
        { numSegments },
      );
    }
    await tf.setBackend('wasm');
    const x = values('x', shape);
    const width = x.size / ids.length;
    const wanted = new Float64Array(numSegments * width);
    const data = await x.data();
    data.forEach((value, i) => (wanted[ids[Math.floor(i / width)]! * width + (i % width)]! += value));
    const [actual] = await runOn(
      'wasm',
      tf.UnsortedSegmentSum,
      { x, segmentIds: () => tf.tensor(ids, idShape, 'int32') },
      { numSegments },
    );
    expect(distance(actual!.data, wanted)).toBeLessThan(1e-6);
  });

  test('UnsortedSegmentSum drops ids outside', async () => {
    const [actual] = await runOn(
      'wasm',
      tf.UnsortedSegmentSum,
      { x: () => tf.tensor1d([1, 2, 4, 8]), segmentIds: () => tf.tensor1d([-1, 0, 2, 1], 'int32') },
      { numSegments: 2 },
    );
    expect([...(actual!.data as Float32Array)]).toEqual([2, 8]);
  });

  test.each([
    ['ij,jk->ik', [3, 4], [4, 5]],
    ['bij,bjk->bik', [2, 3, 4], [2, 4, 5]],
    ['bij,bkj->kbi', [2, 3, 4], [2, 5, 4]],
    ['i,j->ij', [3], [4]],
    ['i,i->', [5], [5]],
    ['ij->ji', [3, 4]],
    ['ijk->j', [2, 3, 4]],
    ['bhqd,bhkd->bhqk', [2, 3, 4, 5], [2, 3, 6, 5]],
    ['ijl,jk->ki', [3, 4, 2], [4, 5]],
    ['ij,ij->ij', [3, 4], [3, 4]],
  ])('Einsum %s', async (equation, ...shapes) => {
    const contract = async (backend: string) => {
      await tf.setBackend(backend);
      const operands = shapes.map((shape, i) => values(`x${i}`, shape as number[]));
      const result = leakGuard(() => tf.einsum(equation, ...operands));
      return { shape: result.shape, data: await result.data() };
    };
    const wanted = await contract('cpu');
    const actual = await contract('wasm');
    expect(actual.shape).toEqual(wanted.shape);
    expect(distance(actual.data, wanted.data)).toBeLessThan(1e-6);
  });
});

test('Identity shares the values', async () => {
  await expectLikeCpu(tf.Identity, { x: () => values('x', [3, 4]) });
  await tf.setBackend('wasm');
  const x = values('x', [3, 4]);
  const copy = tf.clone(x);
  expect(copy.dataId).toBe(x.dataId);
  const before = await x.data();
  x.dispose();
  expect(await copy.data()).toEqual(before);
  expect(await tf.clone(tf.tensor1d(['a', 'b'])).data()).toEqual(['a', 'b']);
});

test.each([
  [[3], [4]],
  [
    [2, 3],
    [3, 2],
  ],
  [
    [1, 1, 1, 5],
    [2, 3, 4, 1],
  ],
  [
    [2, 1, 3],
    [1, 7, 1],
  ],
  [
    [2, 3, 2],
    [2, 2, 2],
  ],
  [
    [2, 2],
    [1, 1],
  ],
])('Tile of %j, %j times, and its gradient', async (shape, reps) => {
  await expectLikeCpu(tf.Tile, { x: () => values('x', shape) }, { reps }, 1e-12);
  await expectLikeCpu(tf.Tile, { x: () => tf.tidy(() => tf.cast(values('x', shape), 'int32')) }, { reps }, 1e-12);
  await expectLikeCpu(tf.Tile, { x: () => tf.tidy(() => tf.greater(values('x', shape), 0)) }, { reps }, 1e-12);
  // Repetition is linear: its gradient is the adjoint.
  const x = values('x', shape);
  const y = tf.tile(x, reps);
  const dy = values('dy', y.shape);
  const dx = tf.grad((v) => tf.sum(tf.mul(tf.tile(v, reps), dy)))(x);
  const [left, right] = await Promise.all(
    [tf.sum(tf.mul(dy, y)), tf.sum(tf.mul(dx, x))].map((tensor) => tensor.data()),
  );
  expect(distance(right!, left!)).toBeLessThan(1e-5);
});

test('Tile no times writes nothing, also not behind its end', async () => {
  await tf.setBackend('wasm');
  const x = values('x', [64, 64]);
  const tensors = Array.from({ length: 8 }, (_, i) => [tf.tile(x, i % 2 ? [0, 1] : [1, 0]), values(`${i}`, [64, 64])]);
  const wanted = await tensors[7]![1]!.data();
  for (const [i, [none, other]] of tensors.entries()) {
    expect(none!.shape).toEqual(i % 2 ? [0, 64] : [64, 0]);
    expect(await other!.data()).toEqual(await values(`${i}`, [64, 64]).data());
  }
  tf.dispose(tensors.slice(0, 7));
  expect(await tensors[7]![1]!.data()).toEqual(wanted);
});

describe('_FusedMatMul', () => {
  test.each(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'])('with %s', async (activation) => {
    for (const transposeB of [false, true]) {
      await expectLikeCpu(
        tf._FusedMatMul,
        {
          a: () => values('a', [1, 5, 4]),
          b: () => values('b', transposeB ? [1, 6, 4] : [1, 4, 6]),
          bias: () => values('bias', [6]),
          ...(activation === 'prelu' && { preluActivationWeights: () => values('p', [6]) }),
        },
        { transposeA: false, transposeB, activation, leakyreluAlpha: 0.3 },
      );
    }
  });

  test('refuses another activation by name', async () => {
    const one = () => tf.ones([1, 1, 1]);
    await expect(
      runOn('wasm', tf._FusedMatMul, { a: one, b: one }, { transposeA: false, transposeB: false, activation: 'mish' }),
    ).rejects.toThrow(
      "fused.matMul: 'activation' is 'mish'; must be linear, relu, relu6, elu, sigmoid, leakyrelu, prelu.",
    );
  });
});
