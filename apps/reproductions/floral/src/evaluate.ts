/** How each client's own model fares after a training, where the mean of all is not enough. */
import { type ClientData, type ClientState, correct, type Federation, fineTune, type Method, personalOutputs, type Problem, routerOf, type Shared, type train, type TrainOptions, trainingOf } from '@assay-ml/floral'; // prettier-ignore

/** What a training left. */
export type Trained = ReturnType<typeof train>;

/** Accuracies, %, of models that belong to the clients. */
export function accuracies(
  problem: Problem,
  method: Method,
  { training, router, seed = 0, rounds }: TrainOptions,
  tests: readonly ClientData[],
  own: (client: number) => { readonly shared: Shared; readonly state: ClientState },
): number[] {
  const round = { problem, method, training: trainingOf(training), router: routerOf(router ?? {}, Math.max(1, method.clusters)), seed, round: rounds }; // prettier-ignore
  return tests.map(({ x, y }, k) => {
    const { shared, state } = own(k);
    const rows = Uint32Array.from({ length: y.length }, (_, i) => i);
    return (100 * correct(personalOutputs(round, shared, state.theta, x, rows), y, rows)) / rows.length;
  });
}

/** Accuracies, %, after so many epochs of each client on its own examples, counted from what was shared last. */
export function tunedAccuracies(
  problem: Problem,
  options: TrainOptions,
  { clients, tests }: Federation,
  { run, store }: Trained,
  epochs: number,
  signal: AbortSignal,
): number[] {
  const { method, training, seed = 0 } = options;
  return accuracies(problem, method, options, tests!, (k) => {
    signal.throwIfAborted();
    return fineTune(problem, method, run.shared, k, clients[k]!, store.get(k), { training, epochs, seed });
  });
}

export const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
