/** Few-shot routing: which mixture fits a client that took part in no round. */
import { integer, oneOf, requireKeys, requireOptions } from '@assay-ml/numerics/check';
import { checkData, clientUpdate, lossesByCluster, startClient } from './client.js';
import type { ClientData, Problem, Shared } from './model.js'; // prettier-ignore
import { type Method, trainingOf } from './method.js';
import { type RouterOptions, routerOf, softmax } from './router.js';
import { routeByLosses } from './routing/losses.js';

/** Options of `route`. */
export interface RouteOptions {
  /** By the losses of each cluster alone, or by gradient steps on θ with all else frozen. Default 'losses'. */
  readonly by?: 'losses' | 'gradient';
  /** Of the gradient. Default 50 epochs at rate 1. */
  readonly epochs?: number;
  readonly routerRate?: number;
  readonly router?: RouterOptions;
  /** Of the gradient's noise and orders. Default 0. */
  readonly seed?: number;
}

/**
 * The weights of an unseen client from a few of its examples. Nothing shared is changed.
 * @returns [C] π
 * @throws TypeError for arguments of another kind; RangeError for a client without data, inputs that are not finite, or an option out of range
 */
export function route(
  problem: Problem,
  method: Method,
  shared: Shared,
  data: ClientData,
  options: RouteOptions = {},
): Float64Array {
  // prettier-ignore
  requireOptions<RouteOptions>('route', options, { by: 1, epochs: 1, routerRate: 1, router: 1, seed: 1 });
  requireKeys('route', 'problem', problem, ['model', 'loss'], 'Give { model, loss }.');
  requireKeys(
    'route',
    'method',
    method,
    ['name', 'family', 'clusters', 'routing'],
    'floralMethod(), fedAvg(), … make one.',
  );
  requireKeys('route', 'shared', shared, ['base', 'adaptors'], 'startShared() makes it.');
  requireKeys('route', 'data', data, ['x', 'y'], 'Give inputs with their labels.');
  const { by = 'losses', epochs = 50, routerRate = 1, router = {}, seed = 0 } = options;
  oneOf('route', 'by', by, ['losses', 'gradient']);
  integer('route', 'epochs', epochs, 1);
  const N = checkData(problem, data, 'route');
  const checked = routerOf(router, method.clusters, 'route');
  const training = trainingOf({ rate: 0, routerRate, epochs }, 'route');
  const round = {
    problem,
    method: { ...method, routing: 'gradient' as const },
    training,
    router: checked,
    seed,
    round: 0,
  };
  const out = new Float64Array(method.clusters);
  if (by === 'gradient') {
    const { state } = clientUpdate(round, 0, shared, data, startClient(round, shared));
    return softmax(state.theta, out, checked.temperature, checked.top);
  }
  const means = new Float64Array(method.clusters);
  lossesByCluster(round, shared, data, N).forEach((loss, at) => (means[at % method.clusters]! += loss / N));
  return softmax(
    routeByLosses(new Float64Array(method.clusters), means, N, 1, 0),
    out,
    checked.temperature,
    checked.top,
  );
}
