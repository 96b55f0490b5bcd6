/** IFCA's routing: the cluster whose model fits the client best, and no other. */
import { optimal } from './optimal.js';

/** θ of the cluster of the least loss; the first of equal ones. */
export function routeHard(losses: ArrayLike<number>): Float64Array {
  let best = 0;
  for (let c = 1; c < losses.length; c++) if (losses[c]! < losses[best]!) best = c;
  return optimal(best, losses.length);
}
