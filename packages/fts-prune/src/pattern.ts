/**
 * N:M sparsity: of each M consecutive inputs of an output the N with the best scores stay, a form that hardware multiplies
 * fast (2:4 in Mishra et al., arXiv 2104.08378).
 */
import { invalid } from '@assay-ml/numerics/check';
import type { LayerScores } from './layer-scores.js';
import { axesOf } from './layout.js';
import { type MaskLayer, maskLayer } from './mask.js';

/** N and M, as `2:4`. */
export type Pattern = `${number}:${number}`;

/** @throws RangeError unless `pattern` is N:M with 1 ≤ N ≤ M */
export function parsePattern(pattern: Pattern): { keep: number; of: number } {
  const [, keep, of] = /^([1-9]\d*):([1-9]\d*)$/.exec(String(pattern)) ?? [];
  if (keep === undefined || Number(keep) > Number(of)) {
    throw invalid('select', 'pattern', pattern, "'N:M' with 1 ≤ N ≤ M", "As '2:4': two of each four stay.");
  }
  return { keep: Number(keep), of: Number(of) };
}

/**
 * The best `keep` of each `of` consecutive inputs, for each output (of recurrent layers: each column of a gate); among equal
 * scores the first. Inputs are the other axes in row-major order: of a convolution its positions, and channels within them. The last group of an output may be
 * shorter: it keeps `keep`, too, or all it has.
 */
export function keepPattern(layer: LayerScores, pattern: Pattern): MaskLayer {
  const { name, shape, scores } = layer;
  const { keep, of } = parsePattern(pattern);
  const { inner, outputs } = axesOf('select', layer);
  const inputs = scores.length / outputs;
  const weight = (output: number, input: number) =>
    (Math.floor(input / inner) * outputs + output) * inner + (input % inner);
  const bits = new Uint8Array(Math.ceil(scores.length / 8));
  for (let output = 0; output < outputs; output++) {
    for (let first = 0; first < inputs; first += of) {
      const end = Math.min(first + of, inputs);
      for (let round = 0; round < keep; round++) {
        let best = -1;
        for (let input = first; input < end; input++) {
          const i = weight(output, input);
          const taken = ((bits[i >> 3]! >> (i & 7)) & 1) === 1;
          if (!taken && (best < 0 || scores[i]! > scores[best]!)) best = i;
        }
        if (best < 0) break;
        bits[best >> 3]! |= 1 << (best & 7);
      }
    }
  }
  return maskLayer(name, shape, bits);
}
