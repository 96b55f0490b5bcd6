import { bools, given, ints, make, x } from './case.mjs';

const reductions = ['sum', 'mean', 'max', 'min', 'prod', 'logSumExp', 'euclideanNorm'];
const axes = [
  [[5], undefined], [[2, 3, 4], undefined], [[2, 3, 4], 0], [[2, 3, 4], 1], [[2, 3, 4], -1], [[2, 3, 4], [0, 2]], [[2, 3, 4], [1, 2]],
  [[3, 1], 1], [[1], 0], [[], undefined],
]; // prettier-ignore
const spans = { prod: [0.5, 1.5], euclideanNorm: [0.5, 2] };

/** @type {import('./case.mjs').Case[]} */
export const reduction = [
  ...reductions.flatMap((name) => [
    ...axes.map(([shape, axis]) =>
      make(name, `[${shape}] by ${axis ?? 'all'}`, [x(shape, spans[name])], (tf, a) => tf[name](a, axis)),
    ),
    make(name, 'kept sides', [x([2, 3, 4], spans[name])], (tf, a) => tf[name](a, [1], true)),
    ...[[[0, 3], 0], [[2, 0], 0], [[0, 3], 1]].map(([shape, axis]) =>
      make(name, `empty [${shape}] by ${axis}`, [x(shape)], (tf, a) => tf[name](a, axis), { order: name === 'sum' ? 2 : 0 }),
    ),
  ]),
  ...['sum', 'mean', 'max', 'min', 'prod'].flatMap((name) => [
    make(name, 'int32', [ints([2, 5], 1, 5)], (tf, a) => tf[name](a, 1), { order: 0 }),
    make(name, 'int32 by the first axis', [ints([2, 5], 1, 5)], (tf, a) => tf[name](a, 0), { order: 0 }),
    make(name, 'bool', [bools([2, 5])], (tf, a) => tf[name](tf.cast(a, 'int32'), 1), { order: 0 }),
    make(name, 'NaN', [given([1, NaN, 3, 4], [2, 2])], (tf, a) => tf[name](a, 1), { order: 0 }),
    make(name, 'infinite', [given([1, Infinity, -Infinity, 4], [2, 2])], (tf, a) => tf[name](a, 1), { order: 0 }),
  ]),
  make('max', 'equal ones', [given([1, 1, 0, 1])], (tf, a) => tf.max(a), { order: 1, gradients: [[1 / 3, 1 / 3, 0, 1 / 3]] }),
  make('min', 'equal ones', [given([1, 1, 1])], (tf, a) => tf.min(a), { order: 1, gradients: [[1 / 3, 1 / 3, 1 / 3]] }),
  make('max', 'equal ones, by axis', [given([1, 1, 0, 2], [2, 2])], (tf, a) => tf.max(a, 1), { order: 1, gradients: [[0.5, 0.5, 0, 1]] }),
  make('logSumExp', 'equal ones', [given([1, 1])], (tf, a) => tf.logSumExp(a), { order: 1, gradients: [[0.5, 0.5]] }),
  make('prod', 'one zero', [given([0, 2, 3])], (tf, a) => tf.prod(a)),
  make('prod', 'two zeros', [given([0, 0, 3])], (tf, a) => tf.prod(a)),
  make('all', '', [bools([3, 4])], (tf, a) => tf.all(a, 1), { order: 0 }),
  make('any', '', [bools([3, 4])], (tf, a) => tf.any(a, 0), { order: 0 }),
  make('all', 'empty', [given([], [0, 3], 'bool')], (tf, a) => tf.all(a, 0), { order: 0 }),
  make('any', 'empty', [given([], [0, 3], 'bool')], (tf, a) => tf.any(a, 0), { order: 0 }),
  ...['argMax', 'argMin'].flatMap((name) => [
    ...[0, 1, 2].map((axis) => make(name, `by ${axis}`, [x([2, 3, 4])], (tf, a) => tf[name](a, axis), { order: 0 })),
    make(name, 'equal ones', [given([1, 1, 0, 0, 1])], (tf, a) => tf[name](a), { order: 0 }),
    make(name, 'int32', [ints([2, 6])], (tf, a) => tf[name](a, 1), { order: 0 }),
    make(name, 'all −∞', [given([-Infinity, -Infinity])], (tf, a) => tf[name](a), { order: 0 }),
    make(name, 'NaN first', [given([NaN, 1, 2])], (tf, a) => tf[name](a), { order: 0 }),
  ]),
  make('moments', '', [x([3, 4])], (tf, a) => { const m = tf.moments(a, 0); return [m.mean, m.variance]; }),
  ...[1, 2, 'euclidean', 'fro', Infinity, -Infinity].map((order) =>
    make('norm', String(order), [x([3, 4], [0.5, 2])], (tf, a) => tf.norm(a, order, order === 'euclidean' || order === 2 ? 1 : [0, 1])),
  ),
  ...['cumsum', 'cumprod'].flatMap((name) =>
    [[0, false, false], [1, true, false], [2, false, true], [1, true, true]].map(([axis, exclusive, reverse]) =>
      make(name, `by ${axis}${exclusive ? ', exclusive' : ''}${reverse ? ', reverse' : ''}`, [x([2, 3, 4], [0.5, 1.5])], (tf, a) => tf[name](a, axis, exclusive, reverse)),
    ),
  ),
  ...['cumsum', 'cumprod'].flatMap((name) => [
    make(name, 'int32', [ints([2, 4], 1, 4)], (tf, a) => tf[name](a, 1), { order: 0 }),
    make(name, 'empty', [x([0, 3])], (tf, a) => tf[name](a, 1), { order: 0 }),
  ]),
  make('bincount', '', [ints([8], 0, 4), x([8])], (tf, a, w) => tf.bincount(a, w, 4), { order: 0 }),
  make('denseBincount', '', [ints([2, 8], 0, 4), x([2, 8])], (tf, a, w) => tf.denseBincount(a, w, 4), { order: 0 }),
  ...[[2, true], [3, false]].map(([k, sorted]) =>
    make('topk', `${k}${sorted ? ', sorted' : ''}`, [x([2, 6])], (tf, a) => { const t = tf.topk(a, k, sorted); return [tf.sum(t.values, 1), tf.sum(t.indices, 1)]; }, { order: 0 }),
  ),
  make('topk', 'equal ones', [given([1, 3, 3, 0, 3])], (tf, a) => tf.topk(a, 2).indices, { order: 0 }),
  ...[[[2, 5], -1], [[3], 0], [[1, 1], -1]].map(([shape, dim]) => make('softmax', `[${shape}]`, [x(shape)], (tf, a) => tf.softmax(a, dim))),
  make('softmax', 'large', [given([1000, 0, -1000, 999], [1, 4])], (tf, a) => tf.softmax(a), { order: 0 }),
  make('softmax', 'empty', [x([0, 3])], (tf, a) => tf.softmax(a)),
  make('logSoftmax', '', [x([2, 5])], (tf, a) => tf.logSoftmax(a)),
  make('logSoftmax', 'empty', [x([0, 3])], (tf, a) => tf.logSoftmax(a)),
  ...[[5, 1, 1, 0.5], [1, 1.5, 0.7, 0.75]].map(([radius, bias, alpha, beta]) =>
    make('localResponseNormalization', `radius ${radius}`, [x([1, 2, 2, 5])], (tf, a) => tf.localResponseNormalization(a, radius, bias, alpha, beta)),
  ),
  ...[[2, 3], [2, 2, 2, 3]].map((shape) =>
    make('batchNorm', `[${shape}]`, [x(shape), x([3], [-1, 1]), x([3], [0.5, 2]), x([3], [-1, 1]), x([3], [0.5, 1.5])], (tf, a, m, v, o, s) => tf.batchNorm(a, m, v, o, s, 0.01)),
  ),
  make('batchNorm', 'no scale, no offset', [x([2, 2, 2, 3]), x([3], [-1, 1]), x([3], [0.5, 2])], (tf, a, m, v) => tf.batchNorm(a, m, v, undefined, undefined, 0.01)),
  make('batchNorm', 'mean of the full shape', [x([1, 2, 2, 3]), x([1, 2, 2, 3], [-1, 1]), x([1, 2, 2, 3], [0.5, 2])], (tf, a, m, v) => tf.batchNorm(a, m, v, undefined, undefined, 0.01)),
]; // prettier-ignore
