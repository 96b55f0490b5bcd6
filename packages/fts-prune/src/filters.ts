/** Whole outputs in place of single weights: filters of convolutions, units of dense layers. Outputs are a tensor's last axis. */
import type { LayerScores } from './layer-scores.js';
import { isKept, type MaskLayer, maskOf, sizeOf } from './mask.js';

/** How the scores of a filter's weights become its own: `sum` favours filters of many weights, `mean` does not. */
export type FilterScore = 'sum' | 'mean';

/** The largest finite float32. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** Scores of the outputs of a tensor, added up in float64. What is beyond float32 counts as its largest number. */
export function filterScores({ name, shape, scores, ...rest }: LayerScores, how: FilterScore): LayerScores {
  const outputs = shape.at(-1)!;
  const sums = new Float64Array(outputs);
  scores.forEach((score, i) => (sums[i % outputs]! += score));
  const divisor = how === 'mean' ? scores.length / outputs : 1;
  const own = Float32Array.from(sums, (sum) => Math.min(LARGEST, Math.max(-LARGEST, sum / divisor)));
  return { ...rest, name, shape: [outputs], scores: own };
}

/** The mask of a tensor's weights from that of its outputs. */
export function wholeFilters(outputs: MaskLayer, shape: readonly number[]): MaskLayer {
  return maskOf([{ name: outputs.name, shape }], (_, i) => isKept(outputs, i % sizeOf(outputs.shape))).layers[0]!;
}
