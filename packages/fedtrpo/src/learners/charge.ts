/** The ledger of what is sent. */
import { chargeTraffic } from '@assay-ml/federated';
import { stayed } from './batch.js';
import { headOf } from './network.js';
import type { Setting } from './setting.js';
import type { Training } from './training.js';
import type { Done } from './update.js';

/** What the round has sent. */
export function charge(
  setting: Setting,
  { traffic }: Training,
  invited: number,
  cohort: Uint32Array,
  done: readonly Done[],
): void {
  // prettier-ignore
  const { options, actor, criticNetwork, critic } = setting;
  const { federation, critics, personalise } = options;
  if (federation === 'fedavg') {
    const policy = personalise === 'head' ? headOf(actor.network) : actor.size;
    const value = critics === 'averaged' ? criticNetwork.size + 2 : 0;
    // All that are invited are sent the average; those that drop out send nothing back. Heads go up, too: a building that nobody
    // trained on gets their mean.
    chargeTraffic(traffic, 'policy', invited, 0, policy);
    chargeTraffic(traffic, 'policy', cohort.length, actor.size, 0);
    chargeTraffic(traffic, 'critic', invited, 0, value);
    chargeTraffic(traffic, 'critic', cohort.length, value, 0);
  }
  if (federation === 'fedsgd') {
    const { gradients, evaluations } = done[0]?.step ?? stayed('');
    const fits = critic.method === 'adam' ? critic.epochs * critic.minibatches : critic.iterations;
    // A vector each way for each gradient or product; for an evaluation a point comes down and a number goes up.
    chargeTraffic(traffic, 'policy', cohort.length, gradients * actor.size + evaluations, (gradients + evaluations) * actor.size); // prettier-ignore
    chargeTraffic(traffic, 'critic', cohort.length, fits * criticNetwork.size, fits * criticNetwork.size);
  }
  if (federation === 'shared') {
    // Features, action, density and reward of each row.
    chargeTraffic(traffic, 'data', 1, done[0]!.rows * (actor.network.inputs + 3), 0);
    chargeTraffic(traffic, 'policy', cohort.length, 0, actor.size);
  }
}
