import { given, ints, make, x } from './case.mjs';

/** Images, kernels, strides and pads: odd and even, strides above the kernel, pads in numbers, one pixel, none. */
const windows = [
  [[1, 5, 4], [3, 3], 1, 'same'], [[1, 5, 4], [2, 2], 1, 'same'], [[2, 5, 6], [4, 2], 2, 'same'], [[1, 8, 8], [2, 2], 4, 'same'],
  [[1, 7, 5], [1, 2], [3, 2], 'same'], [[1, 5, 5], [2, 3], 1, 'valid'], [[1, 7, 5], [1, 1], 3, 'valid'], [[1, 5, 4], [3, 2], 2, 1],
  [[1, 4, 4], [3, 3], 2, 2], [[1, 1, 1], [3, 3], 1, 'same'], [[1, 1, 1], [1, 1], 2, 'valid'], [[0, 4, 4], [3, 3], 1, 'same'],
  [[1, 3, 3], [3, 3], 5, 'valid'], [[1, 3, 0], [2, 2], 1, 'same'],
]; // prettier-ignore
const explicit = [[0, 0], [2, 0], [1, 2], [0, 0]]; // prettier-ignore
const roundings = ['floor', 'round', 'ceil'];
const text = ([image, kernel, stride, pad]) =>
  `[${image}] by [${kernel}], stride ${stride}, ${typeof pad === 'object' ? 'explicit' : pad}`;

const convolutions = {
  conv2d: (tf, a, w, stride, pad, rounding, dilation = 1) => tf.conv2d(a, w, stride, pad, 'NHWC', dilation, rounding),
  depthwiseConv2d: (tf, a, w, stride, pad, rounding, dilation = 1) => tf.depthwiseConv2d(a, w, stride, pad, 'NHWC', dilation, rounding),
  'fused.conv2d': (tf, a, w, stride, pad, rounding, dilation = 1) =>
    tf.fused.conv2d({ x: a, filter: w, strides: stride, pad, dimRoundingMode: rounding, dilations: dilation, bias: tf.tensor1d([0.5, -0.25]), activation: 'relu6' }),
  'fused.depthwiseConv2d': (tf, a, w, stride, pad, rounding, dilation = 1) =>
    tf.fused.depthwiseConv2d({ x: a, filter: w, strides: stride, pad, dimRoundingMode: rounding, dilations: dilation, bias: tf.tensor1d([0.5, -0.25, 1, 2]), activation: 'linear' }),
}; // prettier-ignore

const pools = {
  maxPool: (tf, a, kernel, stride, pad, rounding) => tf.maxPool(a, kernel, stride, pad, rounding),
  avgPool: (tf, a, kernel, stride, pad, rounding) => tf.avgPool(a, kernel, stride, pad, rounding),
};

const volumes = [
  [[1, 2, 2, 2], [1, 1, 1], 1, 'valid'], [[1, 3, 4, 3], [2, 2, 2], 1, 'same'], [[1, 4, 3, 5], [2, 1, 3], 2, 'same'], [[1, 4, 4, 4], [1, 1, 1], 3, 'same'],
  [[2, 3, 3, 3], [2, 2, 2], 1, 'valid'], [[0, 2, 2, 2], [1, 1, 1], 1, 'valid'],
]; // prettier-ignore

/** @type {import('./case.mjs').Case[]} */
export const image = [
  ...Object.entries(convolutions).flatMap(([name, conv]) => {
    // Fused ones are for what is not differentiated: in a gradient they fall apart into the others.
    const order = name.startsWith('fused') ? 0 : 2;
    const filter = (kernel) => x([...kernel, 2, 2], [-1, 1]);
    return [
      ...windows.map((w) => make(name, text(w), [x([...w[0], 2]), filter(w[1])], (tf, a, f) => conv(tf, a, f, w[2], w[3]), { order })),
      make(name, 'explicit pads', [x([1, 4, 4, 2]), filter([3, 2])], (tf, a, f) => conv(tf, a, f, 1, explicit), { order }),
      make(name, 'explicit pads, stride 3', [x([1, 4, 5, 2]), filter([2, 2])], (tf, a, f) => conv(tf, a, f, 3, explicit), { order }),
      ...roundings.flatMap((rounding) => [
        make(name, `pad 0, stride 2, ${rounding}`, [x([1, 4, 5, 2]), filter([3, 2])], (tf, a, f) => conv(tf, a, f, 2, 0, rounding), { order }),
        make(name, `pad 1, stride 3, ${rounding}`, [x([1, 6, 5, 2]), filter([2, 3])], (tf, a, f) => conv(tf, a, f, 3, 1, rounding), { order }),
      ]),
      make(name, 'dilation 2', [x([1, 6, 6, 2]), filter([3, 2])], (tf, a, f) => conv(tf, a, f, 1, 'same', undefined, 2), { order }),
      make(name, 'dilation 2, pad 1', [x([1, 6, 6, 2]), filter([3, 2])], (tf, a, f) => conv(tf, a, f, 1, 1, undefined, 2), { order }),
      make(name, 'zeros', [given(Array(32).fill(0), [1, 4, 4, 2]), filter([2, 2])], (tf, a, f) => conv(tf, a, f, 1, 'same'), { order }),
      make(name, 'int32', [ints([1, 3, 3, 2]), filter([2, 2])], (tf, a, f) => conv(tf, a, f, 1, 'same'), { order: 0 }),
      make(name, 'one image without batch axis', [x([4, 3, 2]), filter([2, 2])], (tf, a, f) => conv(tf, a, f, 1, 'same'), { order }),
    ];
  }),
  ...['relu', 'elu', 'sigmoid', 'leakyrelu', 'prelu', 'relu6', 'linear'].map((activation) =>
    make('fused.conv2d', activation, [x([1, 4, 4, 2]), x([2, 2, 2, 3], [-1, 1]), x([3])], (tf, a, w, p) =>
      tf.fused.conv2d({ x: a, filter: w, strides: 1, pad: 'same', bias: p, activation, preluActivationWeights: p, leakyreluAlpha: 0.3 }), { order: 0 }),
  ),
  ...['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'].map((activation) =>
    make('fused.matMul', activation, [x([3, 4]), x([4, 2]), x([2])], (tf, a, b, p) =>
      tf.fused.matMul({ a, b, bias: p, activation, preluActivationWeights: p, leakyreluAlpha: 0.3 }), { order: 0 }),
  ),
  make('conv1d', '', [x([1, 6, 2]), x([2, 2, 3])], (tf, a, w) => tf.conv1d(a, w, 2, 'same')),
  make('conv1d', 'stride above kernel', [x([1, 8, 2]), x([2, 2, 3])], (tf, a, w) => tf.conv1d(a, w, 4, 'same')),
  make('conv2dTranspose', '', [x([1, 3, 3, 2]), x([2, 2, 3, 2], [-1, 1])], (tf, a, w) => tf.conv2dTranspose(a, w, [1, 6, 6, 3], 2, 'same')),
  make('conv2dTranspose', 'stride above kernel', [x([1, 2, 2, 2]), x([2, 2, 3, 2], [-1, 1])], (tf, a, w) => tf.conv2dTranspose(a, w, [1, 8, 8, 3], 4, 'same')),
  make('separableConv2d', '', [x([1, 4, 4, 2]), x([2, 2, 2, 1]), x([1, 1, 2, 3])], (tf, a, d, p) => tf.separableConv2d(a, d, p, 1, 'same')),
  ...volumes.flatMap((v) => [
    make('conv3d', text(v), [x([...v[0], 2]), x([...v[1], 2, 2], [-1, 1])], (tf, a, w) => tf.conv3d(a, w, v[2], v[3])),
    make('maxPool3d', text(v), [x([...v[0], 2])], (tf, a) => tf.maxPool3d(a, v[1], v[2], v[3])),
    make('avgPool3d', text(v), [x([...v[0], 2])], (tf, a) => tf.avgPool3d(a, v[1], v[2], v[3])),
  ]),
  make('conv3dTranspose', '', [x([1, 2, 2, 2, 2]), x([2, 2, 2, 1, 2], [-1, 1])], (tf, a, w) => tf.conv3dTranspose(a, w, [1, 4, 4, 4, 1], 2, 'same')),
  ...['maxPool3d', 'avgPool3d'].flatMap((name) => roundings.map((rounding) =>
    make(name, `pad 0, stride 2, ${rounding}`, [x([1, 4, 5, 4, 2])], (tf, a) => tf[name](a, 3, 2, 0, rounding)))),
  ...Object.entries(pools).flatMap(([name, pool]) => [
    ...windows.map((w) => make(name, text(w), [x([...w[0], 2])], (tf, a) => pool(tf, a, w[1], w[2], w[3]))),
    ...roundings.flatMap((rounding) => [
      make(name, `pad 0, stride 2, ${rounding}`, [x([1, 4, 5, 2])], (tf, a) => pool(tf, a, [3, 2], 2, 0, rounding)),
      make(name, `pad 1, stride 2, ${rounding}`, [x([1, 6, 6, 3])], (tf, a) => pool(tf, a, [3, 2], 2, 1, rounding)),
    ]),
    make(name, 'NaN', [given([1, NaN, 3, 4], [1, 2, 2, 1])], (tf, a) => pool(tf, a, 2, 1, 'same'), { order: 0 }),
    make(name, 'int32', [ints([1, 3, 3, 1])], (tf, a) => pool(tf, a, 2, 1, 'valid'), { order: 0 }),
  ]),
  make('maxPool', 'all negative', [given([-2, -1, -3, -4], [1, 2, 2, 1])], (tf, a) => tf.maxPool(a, 2, 1, 'valid')),
  make('maxPool3d', 'all negative', [given([-2, -1, -3, -4, -5, -6, -7, -8], [1, 2, 2, 2, 1])], (tf, a) => tf.maxPool3d(a, 2, 1, 'valid')),
  make('maxPoolWithArgmax', '', [x([1, 4, 4, 2])], (tf, a) => { const m = tf.maxPoolWithArgmax(a, 2, 2, 'valid'); return [m.result, m.indexes]; }, { order: 0 }),
  make('pool', 'max, dilated', [x([1, 6, 6, 1])], (tf, a) => tf.pool(a, 2, 'max', 'same', 2, 1)),
  make('pool', 'avg, dilated', [x([1, 6, 6, 1])], (tf, a) => tf.pool(a, 2, 'avg', 'valid', 2, 1)),
  make('dilation2d', 'same', [x([1, 4, 4, 2]), x([2, 2, 2])], (tf, a, w) => tf.dilation2d(a, w, 1, 'same'), { order: 1 }),
  make('dilation2d', 'valid, stride 2', [x([1, 5, 4, 2]), x([2, 2, 2])], (tf, a, w) => tf.dilation2d(a, w, 2, 'valid'), { order: 1 }),
  ...['resizeBilinear', 'resizeNearestNeighbor'].flatMap((name) =>
    [[[3, 4], [6, 8]], [[4, 4], [2, 3]], [[3, 3], [3, 3]], [[2, 2], [1, 1]], [[1, 1], [3, 2]]].flatMap(([from, to]) =>
      [[false, false], [true, false], [false, true]].map(([corners, centres]) =>
        make(name, `[${from}] to [${to}]${corners ? ', corners' : ''}${centres ? ', centres' : ''}`, [x([1, ...from, 2])], (tf, a) => tf.image[name](a, to, corners, centres)),
      ),
    ),
  ),
  make('cropAndResize', '', [x([1, 4, 4, 2])], (tf, a) => tf.image.cropAndResize(a, [[0.1, 0.1, 0.8, 0.9]], [0], [3, 3]), { order: 0 }),
  make('flipLeftRight', '', [x([1, 2, 3, 2])], (tf, a) => tf.image.flipLeftRight(a), { order: 0 }),
  make('rotateWithOffset', '', [x([1, 4, 4, 1])], (tf, a) => tf.image.rotateWithOffset(a, 0.3), { order: 0 }),
  make('transform', '', [x([1, 4, 4, 1])], (tf, a) => tf.image.transform(a, [[1, 0.11, 0.23, 0, 1, 0.31, 0, 0]]), { order: 0 }),
  make('grayscaleToRGB', '', [x([2, 2, 1])], (tf, a) => tf.image.grayscaleToRGB(a)),
  make('rgbToGrayscale', '', [x([2, 2, 3])], (tf, a) => tf.image.rgbToGrayscale(a)),
  make('nonMaxSuppression', '', [], (tf) => tf.image.nonMaxSuppression([[0, 0, 1, 1], [0, 0, 0.9, 1], [2, 2, 3, 3]], [0.9, 0.8, 0.7], 3), { order: 0 }),
]; // prettier-ignore
