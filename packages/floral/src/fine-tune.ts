/** What FedAvg's table leaves out: some passes over a client's own examples after the last round. */
import { integer, requireOptions } from '@assay-ml/numerics/check';
import { type ClientState, clientUpdate, startClient } from './client.js';
import type { ClientData, Problem, Shared } from './model.js';
import { type Method, type TrainingOptions, trainingOf } from './method.js';
import { type RouterOptions, routerOf } from './router.js';

/** Options of `fineTune`. */
export interface FineTuneOptions {
  readonly training: TrainingOptions;
  readonly router?: RouterOptions;
  /** Passes over the client's examples, whatever `training` says. */
  readonly epochs: number;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * A client's own copy of what was shared, trained on for some epochs; its adaptors and router, too, where the method has them.
 * @param state the client's, null for one that has none yet
 * @returns the copy and the state after it
 */
export function fineTune(
  problem: Problem,
  method: Method,
  shared: Shared,
  client: number,
  data: ClientData,
  state: ClientState | null,
  options: FineTuneOptions,
): { readonly shared: Shared; readonly state: ClientState } {
  requireOptions<FineTuneOptions>('fineTune', options, { training: 1, router: 1, epochs: 1, seed: 1 });
  const { training, router = {}, epochs, seed = 0 } = options;
  integer('fineTune', 'epochs', epochs, 1);
  const round = {
    problem,
    method,
    training: { ...trainingOf(training, 'fineTune'), epochs },
    router: routerOf(router, Math.max(1, method.clusters), 'fineTune'),
    seed,
    // Beyond every round of a training: its orders are its own.
    round: 2 ** 32 - 1,
  };
  const { update, state: next } = clientUpdate(round, client, shared, data, state ?? startClient(round, shared));
  return { shared: { base: update.base, adaptors: update.adaptors }, state: next };
}
