import { requireOptions } from '@assay-ml/numerics/check';
import type { Images } from '../images.js';
import type { WhiteBox } from '../models.js';
import type { Attacked, Goal } from './attack.js';
import { iterate, type LinfOptions } from './linf.js';

/**
 * FGSM (Goodfellow, Shlens, Szegedy, ICLR 2015): x′ = clip(x + ε·sign(∇ CE)), for a target x − ε·sign(∇ CE(target)).
 * @param images in [0, 1]
 * @param options `epsilon`, and `signal`
 * @throws RangeError for images, labels or an ε that do not fit
 */
export async function fgsm(
  model: WhiteBox,
  images: Images,
  goal: Goal,
  options: Pick<LinfOptions, 'epsilon' | 'signal'>,
): Promise<Attacked> {
  requireOptions<typeof options>('fgsm', options, { epsilon: 1, signal: 1 });
  return iterate('fgsm', model, images, goal, { ...options, steps: 1, step: options.epsilon });
}
