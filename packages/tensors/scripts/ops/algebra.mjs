import { given, ints, make, x } from './case.mjs';

const labels = given([0, 1, 0, 1, 0, 0], [2, 3]);
const logits = x([2, 3], [-1, 2]);
const probabilities = given([0.2, 0.5, 0.3, 0.6, 0.1, 0.3], [2, 3]);
const targets = given([0, 1, 0, 1, 0.25, 0.5], [2, 3]);

/** @type {import('./case.mjs').Case[]} */
export const algebra = [
  ...[[[2, 3], [3, 4]], [[1, 1], [1, 1]], [[2, 2, 3], [2, 3, 2]], [[1, 2, 3], [2, 3, 2]], [[2, 0], [0, 3]], [[0, 2], [2, 3]], [[2, 3, 0], [2, 0, 1]]].map(([a, b]) =>
    make('matMul', `[${a}] · [${b}]`, [x(a), x(b)], (tf, p, q) => tf.matMul(p, q)),
  ),
  make('matMul', '[2,1,2,3] · [1,2,3,2]', [x([2, 1, 2, 3]), x([1, 2, 3, 2])], (tf, p, q) => tf.matMul(p, q), {
    reference: (tf, p, q) => tf.matMul(tf.tile(p, [1, 2, 1, 1]), tf.tile(q, [2, 1, 1, 1])),
  }),
  make('matMul', 'transposed', [x([3, 2]), x([4, 3])], (tf, p, q) => tf.matMul(p, q, true, true)),
  make('matMul', 'transposed batches', [x([2, 3, 2]), x([2, 4, 3])], (tf, p, q) => tf.matMul(p, q, true, true)),
  make('matMul', 'NaN', [given([1, NaN, 2, 3], [2, 2]), given([1, 0, 0, 1], [2, 2])], (tf, p, q) => tf.matMul(p, q), { order: 0 }),
  make('dot', '', [x([3]), x([3, 2])], (tf, a, b) => tf.dot(a, b)),
  make('outerProduct', '', [x([3]), x([2])], (tf, a, b) => tf.outerProduct(a, b)),
  ...[['ij,jk->ik', [2, 3], [3, 2]], ['bij,bjk->bik', [2, 2, 3], [2, 3, 2]], ['ij->ji', [2, 3]], ['ijk->j', [2, 3, 2]], ['i,j->ij', [2], [3]], ['ij,ij->', [2, 3], [2, 3]], ['ij,jk->ik', [2, 0], [0, 3]]].map(([equation, ...s]) =>
    make('einsum', `${equation}, [${s[0]}]`, s.map((one) => x(one)), (tf, ...list) => tf.einsum(equation, ...list)),
  ),
  make('qr', '', [x([3, 3])], (tf, a) => { const [q, r] = tf.linalg.qr(a); return [tf.matMul(q, r), tf.abs(r)]; }, { order: 0 }),
  make('gramSchmidt', '', [x([2, 3])], (tf, a) => tf.linalg.gramSchmidt(a), { order: 0 }),
  make('bandPart', '', [x([4, 4])], (tf, a) => tf.linalg.bandPart(a, 1, 2)),
  make('diag', '', [x([3])], (tf, a) => tf.diag(a), { order: 0 }),
  make('complex', '', [x([4]), x([4])], (tf, a, b) => { const c = tf.complex(a, b); return [tf.real(c), tf.imag(c), tf.abs(c)]; }, { order: 0 }),
  make('fft', '', [x([4]), x([4])], (tf, a, b) => { const c = tf.fft(tf.complex(a, b)); return [tf.real(c), tf.imag(c)]; }, { order: 0 }),
  make('ifft', '', [x([6]), x([6])], (tf, a, b) => { const c = tf.ifft(tf.complex(a, b)); return [tf.real(c), tf.imag(c)]; }, { order: 0 }),
  make('rfft', '', [x([6])], (tf, a) => { const c = tf.spectral.rfft(a); return [tf.real(c), tf.imag(c)]; }, { order: 0 }),
  make('inTopKAsync', '', [x([3, 4]), given([0, 2, 1], [3], 'int32')], (tf, a, i) => tf.inTopKAsync(a, i, 2), { order: 0 }),
  make('confusionMatrix', '', [ints([6], 0, 3), ints([6], 1, 3)], (tf, a, b) => tf.math.confusionMatrix(a, b, 3), { order: 0 }),
  make('ema', '', [x([3]), x([3])], (tf, a, b) => tf.movingAverage(a, b, 0.9, 3), { order: 0 }),
  make('basicLSTMCell', '', [x([1, 2]), x([4, 8], [-1, 1]), x([8]), x([1, 2]), x([1, 2])], (tf, a, k, b, c, h) => tf.basicLSTMCell(tf.scalar(1), k, b, a, c, h)),
  make('depthwise multiplier', '', [x([1, 4, 4, 2]), x([3, 3, 2, 3], [-1, 1])], (tf, a, w) => tf.depthwiseConv2d(a, w, 1, 'same')),
  ...['absoluteDifference', 'cosineDistance', 'hingeLoss', 'huberLoss', 'logLoss', 'meanSquaredError', 'sigmoidCrossEntropy', 'softmaxCrossEntropy'].map((name) =>
    make(`losses.${name}`, '', [name === 'logLoss' ? probabilities : logits], (tf, z) =>
      name === 'cosineDistance' ? tf.losses[name](tf.tensor2d(targets.values, [2, 3]), z, 1) : tf.losses[name](tf.tensor2d((name === 'softmaxCrossEntropy' ? labels : targets).values, [2, 3]), z)),
  ),
  make('losses.softmaxCrossEntropy', 'by labels and logits, weighted', [targets, logits], (tf, l, z) => tf.losses.softmaxCrossEntropy(l, z, [0.5, 2], 0.1)),
  make('losses.sigmoidCrossEntropy', 'logit 0', [given([0, 0], [1, 2])], (tf, z) => tf.losses.sigmoidCrossEntropy(tf.tensor2d([[1, 0]]), z, 2), { order: 1, gradients: [[-0.5, 0.5]] }),
]; // prettier-ignore
