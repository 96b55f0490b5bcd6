/**
 * N:M sparsity: of each M consecutive inputs of an output the N with the best scores stay, a form that hardware multiplies
 * fast (2:4 in Mishra et al., arXiv 2104.08378).
 */
import { invalid } from '@assay-ml/numerics/check';
import type { LayerScores } from './layer-scores.js';
import { type Axes, axesOf } from './layout.js';
import { isKept, type MaskLayer, maskLayer } from './mask.js';

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

/** Place of an output's weight for an input. */
const place = ({ inner, outputs }: Axes, output: number, input: number): number =>
  (Math.floor(input / inner) * outputs + output) * inner + (input % inner);

/**
 * The best `keep` of each `of` consecutive inputs, for each output (of recurrent layers: each column of a gate); among equal
 * scores the first. Inputs are the other axes in row-major order: of a convolution its positions, and channels within them. The last group of an output may be
 * shorter: it keeps `keep`, too, or all it has.
 */
export function keepPattern(layer: LayerScores, pattern: Pattern): MaskLayer {
  const { name, shape, scores } = layer;
  const { keep, of } = parsePattern(pattern);
  const axes = axesOf('select', layer);
  const { outputs } = axes;
  const inputs = scores.length / outputs;
  const bits = new Uint8Array(Math.ceil(scores.length / 8));
  for (let output = 0; output < outputs; output++) {
    for (let first = 0; first < inputs; first += of) {
      const end = Math.min(first + of, inputs);
      for (let round = 0; round < keep; round++) {
        let best = -1;
        for (let input = first; input < end; input++) {
          const i = place(axes, output, input);
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

/** Groups of a tensor, and those where a score that stays is that of another, too, which goes. */
export function tiedGroups(layer: LayerScores, mask: MaskLayer, pattern: Pattern): { tied: number; groups: number } {
  const { scores } = layer;
  const { of } = parsePattern(pattern);
  const axes = axesOf('tieWarnings', layer);
  const inputs = scores.length / axes.outputs;
  let [tied, groups] = [0, 0];
  for (let output = 0; output < axes.outputs; output++) {
    for (let first = 0; first < inputs; first += of) {
      let [stays, goes] = [Infinity, -Infinity];
      for (let input = first; input < Math.min(first + of, inputs); input++) {
        const i = place(axes, output, input);
        if (isKept(mask, i)) stays = Math.min(stays, scores[i]!);
        else goes = Math.max(goes, scores[i]!);
      }
      groups++;
      if (stays === goes) tied++;
    }
  }
  return { tied, groups };
}
