/** Whole outputs in place of single weights: filters of convolutions, units of dense and recurrent layers. */
import type { LayerScores } from './layer-scores.js';
import { axesOf, type LaidOut } from './layout.js';
import { isKept, type MaskLayer, maskOf } from './mask.js';

/** How the scores of a filter's weights become its own: `sum` favours filters of many weights, `mean` does not. */
export type FilterScore = 'sum' | 'mean';

/** The largest finite float32. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** Scores of the outputs of a tensor, added up in float64. What is beyond float32 counts as its largest number. */
export function filterScores(
  { name, shape, scores, layout = 'outputs-last', ...rest }: LayerScores,
  how: FilterScore,
): LayerScores {
  const { inner, units } = axesOf('select', { name, shape, layout });
  const sums = new Float64Array(units);
  scores.forEach((score, i) => (sums[Math.floor(i / inner) % units]! += score));
  const divisor = how === 'mean' ? scores.length / units : 1;
  const own = Float32Array.from(sums, (sum) => Math.min(LARGEST, Math.max(-LARGEST, sum / divisor)));
  return { ...rest, name, shape: [units], scores: own };
}

/** The mask of a tensor's weights from that of its outputs. */
export function wholeFilters(outputs: MaskLayer, tensor: LaidOut): MaskLayer {
  const { inner, units } = axesOf('select', tensor);
  return maskOf([tensor], (_, i) => isKept(outputs, Math.floor(i / inner) % units)).layers[0]!;
}
