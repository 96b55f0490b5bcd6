import { requireOptions } from '@assay-ml/numerics/check';
import type { Images } from '../images.js';
import type { WhiteBox } from '../models.js';
import type { Attacked, Goal } from './attack.js';
import { iterate, LINF, type LinfOptions } from './linf.js';

/**
 * BIM (Kurakin, Goodfellow, Bengio, 2017): x_{k+1} = Π_ε(x_k + α·sign(∇ CE)) from the image itself.
 * @param images in [0, 1]
 * @throws RangeError for images, labels or an option that do not fit
 */
export async function bim(model: WhiteBox, images: Images, goal: Goal, options: LinfOptions): Promise<Attacked> {
  requireOptions<LinfOptions>('bim', options, LINF);
  return iterate('bim', model, images, goal, options);
}
