/** LoRA centring: what all adaptors have in common moves into the base. The paper discusses it and does not use it. */
import { requireKeys } from '@assay-ml/numerics/check';
import { addFactors } from './adaptors/factors.js';
import { addVectors } from './adaptors/vector.js';
import type { Shared } from './model.js';
import type { Layout } from './layout.js';
import { checkProbability } from './router.js';
import { nearestFactors } from './sums.js';

/**
 * u ← u + Σ_c p(c) a_c, and a_c ← a_c − Σ_d p(d) a_d: of vectors exactly, of factors by the nearest product of their rank.
 * @param shared not changed
 * @param probabilities [C] p(c), of sum 1
 * @throws TypeError for arguments of another kind; RangeError for probabilities that are none
 */
export function centre(layout: Layout, shared: Shared, probabilities: Float64Array): Shared {
  requireKeys('centre', 'layout', layout, ['baseSize', 'adaptorSize', 'clusters'], 'layoutOf() makes one.');
  requireKeys('centre', 'shared', shared, ['base', 'adaptors'], 'startShared() makes it.');
  checkProbability('centre', 'probabilities', probabilities, layout.clusters);
  const base = shared.base.slice();
  const adaptors = shared.adaptors.slice();
  const { clusters } = layout;
  for (const block of layout.adaptors) {
    const { start, size } = block.target;
    const mean = new Float64Array(size);
    if (block.kind === 'vector') addVectors(block, shared.adaptors, probabilities, mean, 0);
    else addFactors(block, shared.adaptors, probabilities, mean, 0);
    for (let i = 0; i < size; i++) base[start + i]! += mean[i]!;
    for (let c = 0; c < clusters; c++) {
      if (block.kind === 'vector') {
        for (let i = 0; i < size; i++) adaptors[block.part.start + c * size + i]! -= mean[i]!;
        continue;
      }
      const alone = new Float64Array(clusters);
      alone[c] = 1;
      const left = mean.map((x) => -x);
      addFactors(block, shared.adaptors, alone, left, 0);
      nearestFactors(block, left, adaptors, c);
    }
  }
  return { base, adaptors };
}
