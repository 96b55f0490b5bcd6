/** What may happen to a model before it is scored. */
import { complaint, integer, oneOf, requireOptions } from '@assay-ml/numerics/check';
import { batchesOf, type Data } from './data.js';
import type { Model, Values } from './model.js';

/**
 * - `epochs`: dense training, which in the paper keeps layers from emptying. `train` gets the model's tensors and gives
 *   new ones, which the model takes over; without it a compiled `tf.LayersModel` trains on `data`, in its order.
 * - `bn-stats`: passes over the data in train mode without gradients (the paper's second version): only the running
 *   statistics of batch normalisation change, so that this still is pruning at initialisation.
 */
export type WarmUp =
  | {
      readonly kind: 'epochs';
      readonly n: number;
      readonly train?: (values: Values, epochs: number) => Promise<Values>;
    }
  | { readonly kind: 'bn-stats'; readonly passes?: number };

/** The options of each kind. */
const KINDS = { epochs: { n: 0, train: 0 }, 'bn-stats': { passes: 0 } };

/** Examples in a batch of a warm-up. */
const BATCH = 128;

/**
 * Warms a model up.
 * @param classes number of classes that labels have to fit; null where only the user knows
 * @throws RangeError for other options, no data, labels out of range, or a model that cannot train by itself
 */
export async function warmUp(model: Model, data: Data | null, classes: number | null, options: WarmUp): Promise<void> {
  const kind = oneOf<WarmUp['kind']>('prune', 'warmUp.kind', (options as Partial<WarmUp> | null)?.kind as 'epochs', ['epochs', 'bn-stats']); // prettier-ignore
  requireOptions<object>('prune', options, { kind: 0, ...KINDS[kind] }, 'warmUp');
  if (options.kind === 'epochs') integer('prune', 'warmUp.n', options.n, 1, 'Leave warmUp out for none.');
  else integer('prune', 'warmUp.passes', options.passes ?? 1, 1, 'Leave it out for one.');
  if (options.kind === 'epochs' && options.train !== undefined) {
    if (typeof options.train !== 'function') throw new TypeError(complaint('prune', 'warmUp.train', options.train, 'a function', 'It gets the tensors and gives new ones.')); // prettier-ignore
    model.write(await options.train(model.values(), options.n));
    return;
  }
  if (data === null) {
    throw new RangeError(
      `prune: 'data' is null; must be examples for warm-up '${options.kind}'. Give some, or no warm-up.`,
    );
  }
  const batches = () => batchesOf('prune', data, { inputShape: model.inputShape, classes }, BATCH);
  if (options.kind === 'bn-stats') await model.updateStatistics(batches, options.passes ?? 1);
  else if (model.train !== undefined) await model.train(batches, options.n);
  else {
    throw new RangeError(
      `prune: 'warmUp.train' is undefined; must be given for '${model.name}'. Train it there, and return { parameters, buffers }.`,
    );
  }
}
