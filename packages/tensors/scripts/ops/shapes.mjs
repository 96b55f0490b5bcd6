import { bools, given, ints, make, x } from './case.mjs';

const texts = (values, shape = [values.length]) => given(values, shape, 'string');
const dtypes = (name, shape, compute) => [
  make(name, 'int32', [ints(shape)], compute, { order: 0 }),
  make(name, 'bool', [bools(shape)], compute, { order: 0 }),
  make(name, 'string', [texts(Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => `t${i}`), shape)], compute, { order: 0 }),
]; // prettier-ignore

/** @type {import('./case.mjs').Case[]} */
export const shape = [
  make('reshape', '', [x([2, 3])], (tf, a) => tf.reshape(a, [3, -1])),
  make('reshape', 'empty', [x([0, 3])], (tf, a) => tf.reshape(a, [3, 0])),
  make('expandDims', '', [x([2, 3])], (tf, a) => tf.expandDims(a, 1)),
  ...dtypes('clone', [2, 2], (tf, a) => tf.clone(a)),
  ...[[[2, 3], [1, 0]], [[2, 3, 4], [2, 0, 1]], [[2, 1, 3, 2], [3, 1, 0, 2]], [[0, 3], [1, 0]], [[2, 3, 1, 2, 2], [4, 3, 2, 1, 0]]].map(([s, perm]) =>
    make('transpose', `[${s}] by [${perm}]`, [x(s)], (tf, a) => tf.transpose(a, perm)),
  ),
  ...dtypes('transpose', [2, 3], (tf, a) => tf.transpose(a)),
  ...[[[2, 3], [2, 1]], [[2, 3], [1, 3]], [[4], [0]], [[2, 0], [1, 2]], [[1, 3, 1], [2, 1, 4]]].map(([s, reps]) =>
    make('tile', `[${s}], ${reps} times`, [x(s)], (tf, a) => tf.tile(a, reps)),
  ),
  ...dtypes('tile', [2, 2], (tf, a) => tf.tile(a, [2, 3])),
  make('tile', 'int32, no times', [ints([2, 2])], (tf, a) => tf.tile(a, [2, 0]), { order: 0 }),
  ...[[[1, 3], [2, 3]], [[3], [2, 3]], [[2, 1, 1], [2, 3, 4]], [[1], [0]]].map(([s, to]) =>
    make('broadcastTo', `[${s}] to [${to}]`, [x(s)], (tf, a) => tf.broadcastTo(a, to)),
  ),
  ...[[[2, 3], 0], [[2, 3], 1], [[2, 3, 2], [0, 2]], [[0, 2], 0], [[2, 1], 1]].map(([s, axis]) =>
    make('reverse', `[${s}] by ${axis}`, [x(s)], (tf, a) => tf.reverse(a, axis)),
  ),
  make('reverse', 'int32', [ints([4])], (tf, a) => tf.reverse(a), { order: 0 }),
  ...[[[4], [1], [2]], [[3, 4], [1, 0], [2, -1]], [[3, 4], [0, 4], [3, 0]], [[2, 3, 4], [0, 1, 2], [2, 1, 2]]].map(([s, begin, length]) =>
    make('slice', `[${s}] at ${begin}, ${length}`, [x(s)], (tf, a) => tf.slice(a, begin, length)),
  ),
  ...dtypes('slice', [4], (tf, a) => tf.slice(a, 1, 2)),
  ...[[[6], [0], [6], [2]], [[6], [5], [0], [-2]], [[4, 5], [0, 1], [4, 5], [3, 2]], [[4], [3], [3], [1]]].map(([s, begin, end, strides]) =>
    make('stridedSlice', `[${s}] ${begin} to ${end} by ${strides}`, [x(s)], (tf, a) => tf.stridedSlice(a, begin, end, strides)),
  ),
  make('stridedSlice', 'int32', [ints([6])], (tf, a) => tf.stridedSlice(a, [0], [6], [2]), { order: 0 }),
  ...[[[2, 3], 0], [[2, 3], 1], [[2, 0], 0]].map(([s, axis]) =>
    make('concat', `[${s}] by ${axis}`, [x(s), x(s, [3, 5])], (tf, a, b) => tf.concat([a, b], axis)),
  ),
  make('concat', 'one empty', [x([0, 3]), x([2, 3])], (tf, a, b) => tf.concat([a, b], 0)),
  ...dtypes('concat', [2, 2], (tf, a) => tf.concat([a, a, a], 1)),
  make('stack', '', [x([2, 3]), x([2, 3], [3, 5])], (tf, a, b) => tf.stack([a, b], 1)),
  make('unstack', '', [x([3, 2])], (tf, a) => tf.unstack(a, 1)),
  ...[[[4, 3], 2, 0], [[4, 3], [1, 3], 0], [[2, 5], [2, 0, 3], 1], [[0, 4], 2, 1]].map(([s, parts, axis]) =>
    make('split', `[${s}] in ${parts} by ${axis}`, [x(s)], (tf, a) => tf.split(a, parts, axis)),
  ),
  ...dtypes('split', [4], (tf, a) => tf.split(a, 2)),
  ...[[[3], [[1, 2]]], [[2, 3], [[0, 1], [2, 0]]], [[2, 2, 2], [[0, 0], [1, 1], [0, 1]]], [[0, 2], [[0, 1], [1, 0]]]].map(([s, pads]) =>
    make('pad', `[${s}]`, [x(s)], (tf, a) => tf.pad(a, pads, 0.5)),
  ),
  make('pad', 'int32', [ints([2, 2])], (tf, a) => tf.pad(a, [[0, 1], [1, 0]], 3), { order: 0 }),
  make('pad', 'bool', [bools([2, 2])], (tf, a) => tf.pad(a, [[0, 1], [1, 0]]), { order: 0 }),
  ...['reflect', 'symmetric'].flatMap((mode) => [
    make('mirrorPad', `${mode}, 1 and 2`, [x([4])], (tf, a) => tf.mirrorPad(a, [[1, 2]], mode)),
    make('mirrorPad', `${mode}, two axes`, [x([3, 4])], (tf, a) => tf.mirrorPad(a, [[2, 1], [0, 3]], mode)),
    make('mirrorPad', `${mode}, nothing`, [x([2, 2])], (tf, a) => tf.mirrorPad(a, [[0, 0], [0, 0]], mode)),
    make('mirrorPad', `${mode}, int32`, [ints([4])], (tf, a) => tf.mirrorPad(a, [[1, 1]], mode), { order: 0 }),
  ]),
  ...[[[4, 3], [2, 0, 2], [3], 0], [[2, 5], [4, 4, 0, 1], [2, 2], 1], [[2, 3, 4], [1], [1], -1], [[3, 0], [1, 2], [2], 0], [[3, 2], [], [0], 0]].map(([s, ids, idShape, axis]) =>
    make('gather', `[${s}] by ${axis}, [${idShape}]`, [x(s), given(ids, idShape, 'int32')], (tf, a, i) => tf.gather(a, i, axis)),
  ),
  ...[[[2, 4, 3], [1, 3, 0, 0], [2, 2], 1, 1], [[2, 3, 4], [1, 3, 0, 0], [2, 2], 2, 1], [[2, 2, 3], [0, 2, 1, 1], [2, 2, 1], 2, 2], [[2, 2, 3, 2], [0, 2, 1, 1], [2, 2, 1], 2, 2]].map(([s, ids, idShape, axis, batch]) =>
    make('gather', `[${s}] by ${axis}, ${batch} batch axes`, [x(s), given(ids, idShape, 'int32')], (tf, a, i) => tf.gather(a, i, axis, batch)),
  ),
  make('gather', 'int32', [ints([4]), given([3, 0], [2], 'int32')], (tf, a, i) => tf.gather(a, i), { order: 0 }),
  make('gatherND', '', [x([3, 4]), given([0, 1, 2, 3], [2, 2], 'int32')], (tf, a, i) => tf.gatherND(a, i)),
  make('scatterND', '', [given([0, 2, 0], [3, 1], 'int32'), x([3, 2])], (tf, i, a) => tf.scatterND(i, a, [4, 2])),
  make('tensorScatterUpdate', '', [x([4, 2]), given([0, 2], [2, 1], 'int32'), x([2, 2])], (tf, a, i, u) => tf.tensorScatterUpdate(a, i, u)),
  make('sparseToDense', '', [given([0, 3], [2], 'int32'), x([2])], (tf, i, a) => tf.sparseToDense(i, a, [5], 0.5)),
  make('searchSorted', '', [given([1, 2, 4]), given([0, 2, 3, 9])], (tf, a, v) => tf.searchSorted(a, v), { order: 0 }),
  make('unsortedSegmentSum', '', [x([5, 2]), given([0, 2, 0, 1, 2], [5], 'int32')], (tf, a, i) => tf.unsortedSegmentSum(a, i, 3)),
  make('unsortedSegmentSum', 'int32', [given([1, 2, 3], [3], 'int32'), given([0, 0, 1], [3], 'int32')], (tf, a, i) => tf.cast(tf.unsortedSegmentSum(a, i, 2), 'int32'), { order: 0 }),
  make('unsortedSegmentSum', 'an unused and a negative one', [x([3, 2]), given([0, -1, 3], [3], 'int32')], (tf, a, i) => tf.unsortedSegmentSum(a, i, 4)),
  make('unsortedSegmentSum', 'empty', [x([0, 2]), given([], [0], 'int32')], (tf, a, i) => tf.unsortedSegmentSum(a, i, 2)),
  make('oneHot', '', [given([0, 2, 5, -1], [4], 'int32')], (tf, i) => tf.oneHot(i, 3, 2, 0.5), { order: 0 }),
  make('oneHot', 'empty', [given([], [0], 'int32')], (tf, i) => tf.oneHot(i, 3), { order: 0 }),
  make('range', '', [], (tf) => [tf.range(0, 5, 2), tf.range(3, 0, -1, 'int32'), tf.range(2, 2)], { order: 0 }),
  make('linspace', '', [], (tf) => tf.linspace(0, 3, 7), { order: 0 }),
  make('fill', '', [], (tf) => [tf.fill([2, 2], 3.5), tf.fill([3], 2, 'int32'), tf.fill([0], 1)], { order: 0 }),
  make('eye', '', [], (tf) => tf.eye(3, 4), { order: 0 }),
  make('unique', '', [ints([8], 0, 4)], (tf, a) => { const u = tf.unique(a); return [u.values, u.indices]; }, { order: 0 }),
  make('spaceToBatchND', '', [x([1, 4, 3, 2])], (tf, a) => tf.spaceToBatchND(a, [2, 2], [[0, 0], [1, 0]])),
  make('batchToSpaceND', '', [x([4, 2, 2, 1])], (tf, a) => tf.batchToSpaceND(a, [2, 2], [[0, 1], [1, 0]])),
  make('depthToSpace', '', [x([1, 2, 2, 4])], (tf, a) => tf.depthToSpace(a, 2)),
  make('squeeze', '', [x([1, 3, 1])], (tf, a) => tf.squeeze(a)),
  make('meshgrid', '', [x([2]), x([3])], (tf, a, b) => tf.meshgrid(a, b)),
  make('whereAsync', '', [bools([2, 4])], (tf, a) => tf.whereAsync(a), { order: 0 }),
  make('booleanMaskAsync', '', [x([3, 2]), given([1, 0, 1], [3], 'bool')], (tf, a, m) => tf.booleanMaskAsync(a, m), { order: 0 }),
  make('raggedTensorToTensor', '', [], (tf) => tf.raggedTensorToTensor([2, 3], [1, 2, 3], 0, [[2], [0, 2, 3]].map((l) => tf.tensor1d(l, 'int32')).slice(1), ['ROW_SPLITS']), { order: 0 }),
  make('stringNGrams', '', [texts(['a', 'b', 'c']), given([0, 3], [2], 'int32')], (tf, a, i) => tf.string.stringNGrams(a, i, '|', [2], '', '', 0, false).nGrams, { order: 0 }),
  make('stringToHashBucketFast', '', [texts(['a', 'b'])], (tf, a) => tf.string.stringToHashBucketFast(a, 10), { order: 0 }),
  make('stringSplit', '', [texts(['a b', 'c'])], (tf, a) => tf.string.stringSplit(a, ' ').values, { order: 0 }),
  make('staticRegexReplace', '', [texts(['ab', 'bb'])], (tf, a) => tf.string.staticRegexReplace(a, 'b', 'c'), { order: 0 }),
]; // prettier-ignore
