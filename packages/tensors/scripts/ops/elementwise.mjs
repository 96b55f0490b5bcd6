import { bools, given, ints, make, x } from './case.mjs';

const shapes = [[], [7], [2, 3, 5], [0], [3, 0]];
const named = (shape) => `[${shape}]`;

/** Functions of one number, with the range they are defined on. */
const unary = {
  abs: [-2, 2], acos: [-0.9, 0.9], acosh: [1.2, 4], asin: [-0.9, 0.9], asinh: [-2, 2], atan: [-2, 2],
  atanh: [-0.9, 0.9], ceil: [-2, 2], cos: [-3, 3], cosh: [-2, 2], elu: [-2, 2], erf: [-2, 2], exp: [-2, 2], expm1: [-2, 2],
  floor: [-2, 2], leakyRelu: [-2, 2], log: [0.2, 4], log1p: [-0.8, 3], logSigmoid: [-3, 3], neg: [-2, 2],
  reciprocal: [0.3, 3], relu: [-2, 2], relu6: [-3, 9], round: [-2, 2], rsqrt: [0.3, 4], selu: [-2, 2], sigmoid: [-3, 3],
  sign: [-2, 2], sin: [-3, 3], sinh: [-2, 2], softplus: [-3, 3], sqrt: [0.2, 4], square: [-2, 2], step: [-2, 2],
  tan: [-1, 1], tanh: [-2, 2], zerosLike: [-2, 2], onesLike: [-2, 2], clone: [-2, 2],
}; // prettier-ignore

const binary = {
  add: [-2, 2], sub: [-2, 2], mul: [-2, 2], div: [0.5, 3], divNoNan: [0.5, 3], maximum: [-2, 2], minimum: [-2, 2],
  squaredDifference: [-2, 2], atan2: [-2, 2], pow: [0.3, 2], mod: [0.6, 3], floorDiv: [0.6, 3], prelu: [-2, 2],
}; // prettier-ignore

const comparisons = ['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'];
const special = [NaN, Infinity, -Infinity, 0, -1, 1];

/** @type {import('./case.mjs').Case[]} */
export const elementwise = [
  ...Object.entries(unary).flatMap(([name, range]) => [
    ...shapes.map((shape) => make(name, named(shape), [x(shape, range)], (tf, a) => tf[name](a))),
    make(name, 'NaN, ±∞, 0, ±1', [given(special)], (tf, a) => tf[name](a), { order: 0 }),
  ]),
  ...['abs', 'neg', 'sign', 'relu', 'relu6', 'square', 'step', 'ceil', 'floor', 'round', 'zerosLike'].map((name) =>
    make(name, 'int32', [ints([6])], (tf, a) => tf[name](a), { order: 0 }),
  ),
  ...['abs', 'relu', 'neg', 'exp', 'sqrt', 'sigmoid', 'tanh', 'log'].map((name) =>
    make(name, 'bool', [bools([6])], (tf, a) => tf[name](a), { order: 0 }),
  ),
  ...Object.entries(binary).flatMap(([name, range]) => [
    ...[
      [[4], [4]],
      [[2, 3], [3]],
      [[3, 1, 2], [4, 1]],
      [[], [2, 2]],
      [[0, 3], [3]],
      [[2, 1], [1, 0]],
    ].map(([a, b]) =>
      make(name, `${named(a)} and ${named(b)}`, [x(a, range), x(b, [range[0] + 0.13, range[1] + 0.13])], (tf, p, q) => tf.cast(tf[name](p, q), 'float32')),
    ),
    make(name, 'int32', [ints([6], 1, 6), ints([6], 1, 5)], (tf, a, b) => tf[name](a, b), { order: 0 }),
    make(name, 'negative int32', [ints([6], -6, 6), given([2, -2, 3, -3, 1, -1], [6], 'int32')], (tf, a, b) => tf[name](a, b), { order: 0 }),
    make(name, 'NaN, ±∞, 0', [given(special), given([1, 2, -1, 2, NaN, Infinity])], (tf, a, b) => tf[name](a, b), { order: 0 }),
  ]),
  // At kinks and zeros, where differences cannot tell. Every slope between those of the two sides is one for abs.
  make('maximum', 'equal', [given([1, 2]), given([1, 3])], (tf, a, b) => tf.maximum(a, b), { order: 1, gradients: [[1, 0], [0, 1]] }),
  make('minimum', 'equal', [given([1, 2]), given([1, 3])], (tf, a, b) => tf.minimum(a, b), { order: 1, gradients: [[1, 1], [0, 0]] }),
  make('abs', 'zero, in Σ|x|·x', [given([0, -2, 3])], (tf, a) => tf.mul(tf.abs(a), a), { order: 1, gradients: [[0, 4, 6]] }),
  make('relu', 'zero', [given([0, -2, 3])], (tf, a) => tf.relu(a), { order: 1, gradients: [[0, 0, 1]] }),
  make('pow', 'zero to 2 and 1', [given([0, 0, 2])], (tf, a) => tf.pow(a, tf.tensor1d([2, 1, 3])), { order: 1, gradients: [[0, 1, 12]] }),
  make('pow', 'zero squared, twice', [given([0, 0, 2])], (tf, a) => tf.pow(a, tf.scalar(2, 'int32'))),
  make('pow', 'zero to 1 and 0, twice', [given([0, 0])], (tf, a) => tf.pow(a, tf.tensor1d([1, 0]))),
  make('norm', 'zero', [given([0, 0, 0])], (tf, a) => tf.norm(a), { order: 1, gradients: [[0, 0, 0]] }),
  make('squaredDifference', 'equal', [given([1, 2]), given([1, 2])], (tf, a, b) => tf.squaredDifference(a, b)),
  make('divNoNan', 'zero', [given([1, 2]), given([0, 4])], (tf, a, b) => tf.divNoNan(a, b), { order: 0 }),
  ...comparisons.flatMap((name) => [
    make(name, 'with NaN', [given([1, NaN, 3, 0]), given([1, NaN, 2, -0])], (tf, a, b) => tf[name](a, b), { order: 0 }),
    make(name, 'int32', [ints([2, 3]), ints([3])], (tf, a, b) => tf[name](a, b), { order: 0 }),
    make(name, 'bool', [bools([5]), bools([5])], (tf, a, b) => tf[name](a, b), { order: 0 }),
    make(name, 'empty', [x([0, 2]), x([2])], (tf, a, b) => tf[name](a, b), { order: 0 }),
  ]),
  ...['logicalAnd', 'logicalOr', 'logicalXor'].map((name) =>
    make(name, '', [bools([2, 3]), bools([3])], (tf, a, b) => tf[name](a, b), { order: 0 }),
  ),
  make('logicalNot', '', [bools([5])], (tf, a) => tf.logicalNot(a), { order: 0 }),
  make('bitwiseAnd', '', [ints([6], 0, 99), ints([6], 0, 99)], (tf, a, b) => tf.bitwiseAnd(a, b), { order: 0 }),
  ...['isNaN', 'isFinite', 'isInf'].map((name) => make(name, '', [given(special)], (tf, a) => tf[name](a), { order: 0 })),
  ...[[-1, 1], [0.5, 1.5], [-Infinity, 0.1]].map(([low, high]) =>
    make('clipByValue', `${low} to ${high}`, [x([2, 5])], (tf, a) => tf.clipByValue(a, low, high)),
  ),
  make('clipByValue', 'int32', [ints([6])], (tf, a) => tf.clipByValue(a, -2, 3), { order: 0 }),
  make('clipByValue', 'NaN', [given(special)], (tf, a) => tf.clipByValue(a, -0.5, 3), { order: 0 }),
  make('where', '', [bools([2, 3]), x([2, 3]), x([2, 3], [1, 3])], (tf, c, a, b) => tf.where(c, a, b)),
  make('where', 'broadcast', [bools([3]), x([3]), x([2, 3])], (tf, c, a, b) => tf.where(c, a, b)),
  make('where', 'int32', [bools([4]), ints([4]), ints([4], 5, 9)], (tf, c, a, b) => tf.where(c, a, b), { order: 0 }),
  make('where', 'empty', [given([], [0, 2], 'bool'), x([0, 2]), x([0, 2])], (tf, c, a, b) => tf.where(c, a, b)),
  ...[['float32', 'int32'], ['int32', 'float32'], ['float32', 'bool'], ['bool', 'float32'], ['int32', 'bool'], ['bool', 'int32']].map(([from, to]) =>
    make('cast', `${from} to ${to}`, [from === 'float32' ? given([-1.7, 0, 2.5, 3]) : from === 'int32' ? ints([4]) : bools([4])], (tf, a) => tf.cast(a, to), { order: 0 }),
  ),
  make('cast', 'float32', [x([3])], (tf, a) => tf.cast(a, 'float32')),
  make('addN', '', Array.from({ length: 9 }, (_, i) => x([2, 3], [i, i + 2])), (tf, ...list) => tf.addN(list)),
  make('addN', 'int32', [ints([4]), ints([4], 5, 9)], (tf, ...list) => tf.addN(list), { order: 0 }),
]; // prettier-ignore
