import { ints, make, x } from './case.mjs';

/**
 * What is swept on webgpu alone: sizes for which it takes other programs than for small ones (tiles, blocks of four, sums in
 * parts), and what only its kernels have reason to get wrong.
 */
const run =
  (kernel, inputs, attributes) =>
  (tf, ...tensors) =>
    tf.engine().runKernel(kernel, Object.fromEntries(inputs.map((name, i) => [name, tensors[i]])), attributes);
const values = { order: 0 };

const products = [
  [[40, 40], [40, 40]], [[100, 70], [70, 90]], [[100, 72], [72, 88]], [[3, 50, 33], [3, 33, 60]], [[8, 2100], [2100, 40]], [[1, 300], [300, 200]],
]; // prettier-ignore
const images = [
  [[1, 40, 40, 3], [3, 3, 3, 8], 1], [[1, 40, 40, 4], [3, 2, 4, 8], 1], [[2, 31, 33, 5], [3, 3, 5, 7], 1], [[1, 64, 64, 4], [3, 3, 4, 4], 2],
  [[1, 40, 40, 8], [1, 1, 8, 16], 1], [[1, 12, 12, 8], [12, 12, 8, 4], 1],
]; // prettier-ignore
/** Numbers of about one, however many. */
const small = (shape) => {
  const { values: list, ...rest } = x(shape, [0, 1]);
  const most = Math.max(...list, 1);
  return { ...rest, values: list.map((value) => (2 * value) / most - 1) };
};
const out = ([image, filter, stride]) => [
  image[0],
  Math.ceil(image[1] / stride),
  Math.ceil(image[2] / stride),
  filter[3],
];

/** @type {import('./case.mjs').Case[]} */
export const webgpu = [
  make('bincount', 'int32 weights', [ints([8], 0, 4), ints([8], 1, 6)], (tf, a, w) => tf.bincount(a, w, 4), { order: 0 }),
  make('denseBincount', 'int32 weights', [ints([2, 8], 0, 4), ints([2, 8], 1, 6)], (tf, a, w) => tf.denseBincount(a, w, 5), { order: 0 }),
  make('denseBincount', 'binary', [ints([2, 8], 0, 4), x([2, 8])], (tf, a, w) => tf.denseBincount(a, w, 6, true), { order: 0 }),
  make('fft', 'of batches', [x([2, 3, 4]), x([2, 3, 4])], (tf, a, b) => { const c = tf.fft(tf.complex(a, b)); return [tf.real(c), tf.imag(c)]; }, { order: 0 }),
  make('complex', 'reshaped, joined', [x([4]), x([4])], (tf, a, b) => { const c = tf.reshape(tf.complex(a, b), [2, 2]); const d = tf.concat([c, c], 1); return [tf.real(d), tf.imag(d), tf.cast(c, 'float32')]; }, { order: 0 }),
  make('transform', 'two images by one', [x([2, 4, 4, 1])], (tf, a) => tf.image.transform(a, [[1, 0.11, 0.23, 0, 1, 0.31, 0.01, 0]], 'bilinear'), {
    order: 0,
    // Stock cpu returns after the first image.
    reference: (tf, a) => tf.concat(tf.split(a, 2).map((one) => tf.image.transform(one, [[1, 0.11, 0.23, 0, 1, 0.31, 0.01, 0]], 'bilinear'))),
  }),

  ...products.flatMap(([a, b]) => [
    make('matMul', `[${a}] · [${b}]`, [small(a), small(b)], (tf, p, q) => tf.matMul(p, q), values),
    ...[[true, false], [false, true], [true, true]].map(([left, right]) => {
      const turned = (shape, turn) => (turn ? [...shape.slice(0, -2), shape.at(-1), shape.at(-2)] : shape);
      return make('matMul', `[${a}] · [${b}]${left ? ', left' : ''}${right ? ', right' : ''} transposed`, [small(turned(a, left)), small(turned(b, right))], (tf, p, q) => tf.matMul(p, q, left, right), values);
    }),
  ]),
  ...[products[1], products[4]].map(([a, b]) =>
    make('fused.matMul', `[${a}] · [${b}], right transposed`, [small(a), small([b[1], b[0]]), small([b[1]])], (tf, p, q, bias) => tf.fused.matMul({ a: p, b: q, transposeB: true, bias, activation: 'relu' }), values),
  ),
  ...images.flatMap(([image, filter, stride]) => [
    make('conv2d', `[${image}] by [${filter}], stride ${stride}`, [small(image), small(filter)], (tf, a, w) => tf.conv2d(a, w, stride, 'same'), values),
    make('fused.conv2d', `[${image}] by [${filter}], stride ${stride}`, [small(image), small(filter), small([filter[3]])], (tf, a, w, b) => tf.fused.conv2d({ x: a, filter: w, strides: stride, pad: 'same', bias: b, activation: 'prelu', preluActivationWeights: b }), values),
    make('conv2d', `[${image}] by [${filter}], stride ${stride}, by the image`, [small(out([image, filter, stride])), small(filter)], run('Conv2DBackpropInput', ['dy', 'filter'], { strides: stride, pad: 'same', dataFormat: 'NHWC', inputShape: image }), values),
    make('conv2d', `[${image}] by [${filter}], stride ${stride}, by the filter`, [small(image), small(out([image, filter, stride]))], run('Conv2DBackpropFilter', ['x', 'dy'], { strides: stride, pad: 'same', dataFormat: 'NHWC', filterShape: filter }), values),
  ]),
  make('conv2d', '[1,12,12,8] by its size', [small([1, 12, 12, 8]), small([12, 12, 8, 5])], (tf, a, w) => tf.conv2d(a, w, 1, 'valid'), values),
  make('conv2d', '[3,5,4,2] by its size', [small([3, 5, 4, 2]), small([5, 4, 2, 4])], (tf, a, w) => tf.conv2d(a, w, 2, 'valid'), values),
  ...[[[1, 20, 20, 8], [3, 3, 8, 1]], [[2, 21, 19, 5], [3, 3, 5, 2]]].flatMap(([image, filter]) => [
    make('depthwiseConv2d', `[${image}] by [${filter}]`, [small(image), small(filter)], (tf, a, w) => tf.depthwiseConv2d(a, w, 1, 'same'), values),
    make('maxPool', `[${image}]`, [small(image)], (tf, a) => tf.maxPool(a, 3, 2, 'same'), values),
    make('avgPool', `[${image}]`, [small(image)], (tf, a) => tf.avgPool(a, 3, 2, 'same'), values),
  ]),
  ...[[[70, 50], [1, 0]], [[5, 40, 30], [0, 2, 1]], [[6, 20, 8, 5], [2, 0, 3, 1]]].map(([shape, perm]) =>
    make('transpose', `[${shape}] by [${perm}]`, [x(shape)], (tf, a) => tf.transpose(a, perm), values),
  ),
  ...['sum', 'mean', 'max', 'min', 'prod', 'argMax', 'argMin'].flatMap((name) =>
    [[[3, 5000], 1], [[40000], 0], [[300, 7], 0]].map(([shape, axis]) => {
      const fit = { sum: (value) => 1 + value, mean: (value) => 1 + value, prod: (value) => (value > 0 ? 2 : 0.5) }[name];
      // Nothing cancels, and products are exact: else the rounding of so many terms is all that would be held.
      const near = (input) => (fit ? { ...input, values: input.values.map((value) => Math.fround(fit(value))) } : input);
      return make(name, `[${shape}] by ${axis}`, [near(small(shape))], (tf, a) => tf[name](a, axis), values);
    }),
  ),
  ...['add', 'mul', 'maximum', 'less', 'pow', 'mod', 'prelu'].flatMap((name) =>
    [[[1000], [1000]], [[100, 8], [8]], [[37, 9], [37, 1]], [[64], []]].map(([a, b]) => {
      const positive = (input) => (name === 'pow' ? { ...input, values: input.values.map((value) => 1.25 + value) } : input);
      return make(name, `[${a}] and [${b}]`, [positive(small(a)), x(b, [0.5, 1.5])], (tf, p, q) => tf.cast(tf[name](p, q), 'float32'), values);
    }),
  ),
  ...['relu', 'elu', 'leakyRelu', 'relu6', 'exp', 'tanh', 'step'].map((name) => make(name, '[1000]', [small([1000])], (tf, a) => tf[name](a), values)),
  make('softmax', '[50,100]', [small([50, 100])], (tf, a) => tf.softmax(a), values),
  make('cumsum', '[4,300] by 1', [small([4, 300])], (tf, a) => tf.cumsum(a, 1), values),
  make('cumprod', '[4,300] by 1', [{ ...small([4, 300]), values: small([4, 300]).values.map((value) => 1 + value / 300) }], (tf, a) => tf.cumprod(a, 1, true), values),
  make('concat', '[40,30] and [40,50]', [x([40, 30]), x([40, 50])], (tf, a, b) => tf.concat([a, b], 1), values),
  make('addN', 'thirty of 100', Array.from({ length: 30 }, () => small([100])), (tf, ...list) => tf.addN(list), values),
  make('gather', '[100,8] by 0, [50]', [x([100, 8]), ints([50], 0, 100)], (tf, a, i) => tf.gather(a, i), values),
  make('topk', '[2,300]', [x([2, 300])], (tf, a) => tf.topk(a, 5).values, values),
  make('resizeBilinear', '[40,40] to [23,60]', [small([1, 40, 40, 3])], (tf, a) => tf.image.resizeBilinear(a, [23, 60]), values),
  make('unsortedSegmentSum', '[500,4]', [small([500, 4]), ints([500], 0, 20)], (tf, a, i) => tf.unsortedSegmentSum(a, i, 20), values),
]; // prettier-ignore
