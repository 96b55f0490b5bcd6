/** A whole training: rounds of cohorts, clients' updates, averages, the server's step, and how everybody fares. */
import {
  chargeTraffic,
  type ClientStore,
  cohorts,
  emptyTraffic,
  evaluation,
  type Evaluation,
  memoryStore,
  type Participation,
  privatise,
  type PrivatiseOptions,
  runRounds,
  serverOf,
  type ServerOptions,
  type ServerState,
  serverStep,
  startServer,
  survivors,
  type Traffic,
  type Watch,
} from '@assay-ml/federated';
import { complaint, fraction, integer, invalid, oneOf, requireKeys, requireOptions } from '@assay-ml/numerics/check';
import { type Drawn, startAdaptors } from './adaptors/start.js';
import {
  addCohort,
  atHand,
  type ClientState,
  checkData,
  checkShared,
  cohortUpdate,
  examplesOf,
  type Participant,
  personalOutputs,
  startClient,
  type Update,
} from './client.js';
import type { ClientData, Problem, Round, Shared } from './model.js'; // prettier-ignore
import { explain } from './explain.js';
import { correct, lossOf } from './loss.js';
import { checkMethod, type Method, routes, type TrainingOptions, trainingOf } from './method.js';
import { clusteredStates } from './methods/momentum-clustering.js';
import { type RouterOptions, routerOf, softmax } from './router.js';
import { addUpdate, averagesOf, type Averaging, emptySums, finite } from './sums.js';

/** Clients with their data. */
export interface Federation {
  readonly clients: readonly ClientData[];
  /** Test examples of each client; left out: no evaluation. */
  readonly tests?: readonly ClientData[];
  /** [K] true clusters, where they are known: for reports alone. */
  readonly truth?: ArrayLike<number>;
}

/** Options of `train`. */
export interface TrainOptions {
  readonly method: Method;
  readonly rounds: number;
  readonly training: TrainingOptions;
  readonly router?: RouterOptions;
  /** Of weights, adaptors, orders, noise and cohorts. Default 0. */
  readonly seed?: number;
  /** Default 'full'. */
  readonly participation?: Participation;
  /** Probability that a client of a round drops out of it. Default 0. */
  readonly dropout?: number;
  /** Server's optimiser, of base and adaptors alike. Default: the averages themselves. */
  readonly server?: ServerOptions;
  /** Default 'factors', as published. */
  readonly averaging?: Averaging;
  /** Which factor is drawn. Default 'out', as the paper says. */
  readonly drawn?: Drawn;
  /** Biases of adaptors are drawn, as in the authors' code. Default false: zeros. */
  readonly drawBiases?: boolean;
  /** θ of each client before its first round; those of π* come from `optimal`. Default: zeros. */
  readonly theta?: (client: number) => Float64Array;
  /** Clips what a client sends, base and adaptors as one, and adds noise. Default null: neither. π is not covered. */
  readonly privatise?: PrivatiseOptions | null;
  /** What becomes of an update that is not finite. Default 'stop': an error that names the client; 'leave out': the round goes on. */
  readonly nonFinite?: 'stop' | 'leave out';
  /** A cluster that nobody chose gets the adaptors (or model) of this one, with noise of 1 %: a cluster, or null. Default null: it is kept as it is. */
  readonly reseed?: number | null;
  /** Rounds between evaluations; the last round always is. Default 0: the last alone. */
  readonly evaluateEvery?: number;
  /** Where clients' states lie. Default: in memory. */
  readonly store?: ClientStore<ClientState>;
  /** Told once per cluster and run that nobody has chosen it. */
  readonly warn?: (message: string) => void;
}

/** How everybody fares after a round. */
export type Report = {
  readonly round: number;
  /** Mean loss. */
  readonly loss: Evaluation;
  /** Share of right answers; of squared losses none. */
  readonly accuracy: Evaluation | null;
  /** Mean training loss less mean test loss, the plain mean over clients. */
  readonly gap: number;
  /** Null where the truth is not known, or there is one cluster. */
  readonly purity: number | null;
  readonly entropy: number;
  /** Clusters that nobody's largest weight is. */
  readonly idle: number;
};

/** A run: plain data, which `saveState` of federated writes. Clients' states are in the store. */
export type Run = {
  round: number;
  shared: Shared;
  server: ServerState;
  readonly traffic: Traffic;
  readonly reports: Report[];
};

const NAMES = {
  ...{ method: 1, rounds: 1, training: 1, router: 1, seed: 1, participation: 1, dropout: 1, server: 1 },
  ...{
    averaging: 1,
    drawn: 1,
    drawBiases: 1,
    theta: 1,
    nonFinite: 1,
    privatise: 1,
    reseed: 1,
    evaluateEvery: 1,
    store: 1,
    warn: 1,
  },
};

/** What is shared before the first round. @throws TypeError for arguments of another kind */
export function startShared(
  problem: Problem,
  method: Method,
  seed: number,
  drawn: Drawn = 'out',
  drawBiases = false,
): Shared {
  requireKeys('startShared', 'problem', problem, ['model', 'loss'], 'Give { model, loss }.');
  const { model } = problem;
  requireKeys(
    'startShared',
    'method',
    method,
    ['name', 'family', 'clusters', 'routing'],
    'floralMethod(), fedAvg(), … make one.',
  );
  // prettier-ignore
  const { layout } = model;
  if (method.family === 'ensemble') {
    const base = new Float64Array(method.clusters * layout.baseSize);
    for (let c = 0; c < method.clusters; c++) base.set(model.start(seed, c), c * layout.baseSize);
    return { base, adaptors: new Float64Array(0) };
  }
  return {
    base: model.start(seed),
    adaptors: method.clusters > 0 ? startAdaptors(layout, seed, drawn, drawBiases) : new Float64Array(0),
  };
}

/**
 * Trains a federation.
 * @param resumed a run to go on with, with the store of its clients and the same options; the bits are those of one that never stopped
 * @returns the run and the clients' states
 * @throws RangeError for an option out of range, a federation whose parts do not fit, or an update that is not finite
 */
export function train(
  problem: Problem,
  federation: Federation,
  options: TrainOptions,
  resumed?: Run,
  watch?: Watch,
): { readonly run: Run; readonly store: ClientStore<ClientState> } {
  requireOptions<TrainOptions>('train', options, NAMES);
  requireKeys('train', 'problem', problem, ['model', 'loss'], 'Give { model, loss }.');
  checkFederation('train', federation);
  const { method, rounds, seed = 0, participation = 'full', dropout = 0, averaging = 'factors' } = options;
  const { nonFinite = 'stop', reseed = null, evaluateEvery = 0, store = memoryStore<ClientState>(), warn } = options;
  const { clients } = federation;
  const { layout } = problem.model;
  checkMethod('train', method, layout);
  integer('train', 'seed', seed, 0);
  integer('train', 'evaluateEvery', evaluateEvery, 0, '0 evaluates the last round alone.');
  fraction('train', 'dropout', dropout);
  oneOf('train', 'nonFinite', nonFinite, ['stop', 'leave out']);
  if (reseed !== null && !(Number.isSafeInteger(reseed) && reseed >= 0 && reseed < method.clusters)) {
    throw invalid('train', 'reseed', reseed, `null or a cluster from 0 to ${method.clusters - 1}`);
  }
  for (const list of [clients, federation.tests ?? []]) list.forEach((data, k) => checkData(problem, data, `train: client ${k}`)); // prettier-ignore
  const training = trainingOf(options.training, 'train');
  if (method.clustering !== null && (options.privatise || training.keepMoments)) {
    throw new RangeError(`train: '${method.name}' is given with 'privatise' or 'keepMoments'; must be without. Its momenta are what clients keep and send, and no hook covers them.`); // prettier-ignore
  }
  const server = serverOf(options.server ?? {}, 'train');
  const setting = { problem, method, training, router: routerOf(options.router ?? {}, Math.max(1, method.clusters), 'train'), seed }; // prettier-ignore
  const draw = cohorts(participation, clients.length, seed);
  const run = resumed ?? startRun(problem, options, seed);
  checkShared('train', problem, method, run.shared);
  const warned = new Set<number>();
  runRounds(
    run.round,
    rounds,
    (r) => {
      const round: Round = { ...setting, round: r };
      const cohort = survivors(draw(r), dropout, seed, r);
      const sums = emptySums(layout, method, run.shared, averaging);
      const moved: { readonly client: number; readonly before: ClientState; readonly after: ClientState }[] = [];
      for (const some of together(problem, cohort)) {
        const participants = some.map((k): Participant => ({
          client: k,
          data: clients[k]!,
          state: store.get(k) ?? startClient(round, run.shared, options.theta?.(k)),
        }));
        const states = options.privatise || averaging !== 'factors' ? null : addCohort(round, run.shared, participants, sums); // prettier-ignore
        states?.forEach((state, s) => store.put(some[s]!, state));
        if (states !== null) continue;
        cohortUpdate(round, run.shared, participants).forEach(({ update, state }, s) => {
          const k = update.client;
          if (!finite(method.clustering === null ? update : { ...update, base: state.base })) {
            if (nonFinite === 'stop') throw new RangeError(`train: the update of client ${k} in round ${r} is not finite; must be. Lower the rates, clip, or leave such updates out by 'nonFinite'.`); // prettier-ignore
            return;
          }
          if (method.clustering !== null)
            return void moved.push({ client: k, before: participants[s]!.state, after: state });
          store.put(k, state);
          const sent = options.privatise ? privatised(update, run.shared, options.privatise, seed, r) : update;
          addUpdate(sums, layout, method, sent, averaging);
        });
      }
      if (method.clustering !== null && moved.length > 0) {
        const next = clusteredStates(method.clustering, moved.map(({ before }) => before), moved.map(({ after }) => after)); // prettier-ignore
        next.forEach((state, i) => store.put(moved[i]!.client, state));
      }
      charge(run.traffic, cohort.length, method, run.shared);
      if (sums.weight > 0) {
        const { shared: mean, empty } = averagesOf(sums, layout, method, run.shared, averaging);
        const both = (of: Shared) => concat(of.base, of.adaptors);
        const point = serverStep(both(run.shared), both(mean), run.server, server);
        run.shared = { base: point.slice(0, mean.base.length), adaptors: point.slice(mean.base.length) };
        for (const c of empty) {
          if (reseed !== null && reseed !== c) run.shared = reseeded(problem, method, run.shared, c, reseed, seed + r);
          if (warned.has(c)) continue;
          warned.add(c);
          warn?.(
            `train: nobody has chosen cluster ${c} in round ${r}; it keeps what it has. 'reseed' starts it again from another.`,
          );
        }
      }
      run.round = r + 1;
      const asked = r + 1 === rounds || (evaluateEvery > 0 && (r + 1) % evaluateEvery === 0);
      if (asked && federation.tests !== undefined)
        run.reports.push(report(round, federation, run, store, options.theta));
      return true;
    },
    watch,
  );
  return { run, store };
}

/** Clients whose local steps are batched, where the model can: memory grows with their number, and no bit depends on it. */
const TOGETHER = 32;

/** A cohort in order, a batch of clients at a time. */
function together({ model }: Problem, cohort: ArrayLike<number>): number[][] {
  const many = model.cohort === undefined ? 1 : TOGETHER;
  return Array.from({ length: Math.ceil(cohort.length / many) }, (_, i) => Array.from(cohort).slice(i * many, (i + 1) * many)); // prettier-ignore
}

/** @throws TypeError for no list of clients; RangeError for names that it does not have, and lists of other lengths */
function checkFederation(where: string, federation: Federation): void {
  requireOptions<Federation>(where, federation, { clients: 1, tests: 1, truth: 1 }, 'federation');
  const { clients, tests, truth } = federation;
  if (!Array.isArray(clients)) throw new TypeError(complaint(where, 'clients', clients, 'an array', 'It holds the examples of each.')); // prettier-ignore
  for (const [name, list] of [
    ['tests', tests],
    ['truth', truth],
  ] as const) {
    if (list !== undefined && list.length !== clients.length) throw invalid(where, name, list, `of length ${clients.length}, one a client`); // prettier-ignore
  }
}

function startRun(problem: Problem, { method, drawn, drawBiases, server }: TrainOptions, seed: number): Run {
  const shared = startShared(problem, method, seed, drawn, drawBiases);
  return {
    round: 0,
    shared,
    server: startServer(shared.base.length + shared.adaptors.length, server ?? {}),
    traffic: emptyTraffic({ base: 'float64', adaptors: 'float64', weights: 'float64' }),
    reports: [],
  };
}

/** Nothing of a router but its C weights is ever sent, and that only where the averages need them. */
function charge(traffic: Traffic, clients: number, method: Method, { base, adaptors }: Shared): void {
  // Momenta go up and centres down.
  const P = method.privateBase === 'all' && method.clustering === null ? 0 : base.length;
  const A = method.privateAdaptors ? 0 : adaptors.length;
  chargeTraffic(traffic, 'base', clients, P, P);
  chargeTraffic(traffic, 'adaptors', clients, A, A);
  chargeTraffic(traffic, 'weights', clients, routes(method) && method.average === 'mixture' ? method.clusters : 0, 0);
}

/** An update after the hook; what is private is empty, and stays so. */
function privatised(update: Update, shared: Shared, options: PrivatiseOptions, seed: number, round: number): Update {
  const { client, base, adaptors } = update;
  const both = concat(base, adaptors);
  const sent = concat(shared.base.subarray(0, base.length), shared.adaptors.subarray(0, adaptors.length));
  privatise(both, sent, options, { seed, round, client });
  return { ...update, base: both.slice(0, base.length), adaptors: both.slice(base.length) };
}

function concat(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Cluster c begins again beside another: its numbers, a hundredth of a fresh start added. */
function reseeded(problem: Problem, method: Method, shared: Shared, c: number, from: number, seed: number): Shared {
  const fresh = startShared(problem, method, seed, 'in', true);
  const [base, adaptors] = [shared.base.slice(), shared.adaptors.slice()];
  const parts =
    method.family === 'ensemble' ? [{ start: 0, length: problem.model.layout.baseSize }] : problem.model.layout.parts;
  const [into, drawn] = method.family === 'ensemble' ? [base, fresh.base] : [adaptors, fresh.adaptors];
  for (const { start, length } of parts) {
    for (let i = 0; i < length; i++) {
      into[start + c * length + i] = into[start + from * length + i]! + 0.01 * drawn[start + c * length + i]!;
    }
  }
  return { base, adaptors };
}

/** What a client would predict with: its own model, Ditto's personal one where there is one. */
function personal(
  round: Round,
  shared: Shared,
  state: ClientState,
): { readonly local: Shared; readonly theta: Float64Array } {
  // prettier-ignore
  const local = atHand(round, shared, state);
  return { local: round.method.ditto === null ? local : { ...local, base: state.personal }, theta: state.theta };
}

/** Everybody's test, and the routers. Clients that never took part fare with a uniform router. */
export function report(
  round: Round,
  federation: Federation,
  { shared, round: done }: Run,
  store: ClientStore<ClientState>,
  theta?: (client: number) => Float64Array,
): Report {
  checkFederation('report', federation);
  const { clients, tests, truth } = federation;
  if (tests === undefined)
    throw new TypeError("report: 'tests' is missing; must be there, one a client. It reports of them.");
  const { problem, method, router } = round;
  const [losses, trained, rights, sizes, weights]: [number[], number[], number[], number[], Float64Array[]] = [[], [], [], [], []]; // prettier-ignore
  clients.forEach((data, k) => {
    const state = store.get(k) ?? startClient(round, shared, theta?.(k));
    const own = personal(round, shared, state);
    const test = tests[k]!;
    const of = (some: ClientData) => {
      const rows = Uint32Array.from({ length: examplesOf(problem, some, `report: client ${k}`) }, (_, i) => i);
      const outputs = personalOutputs(round, own.local, own.theta, some.x, rows);
      return { rows, outputs, loss: lossOf(problem.loss, outputs, some.y, rows, null) };
    };
    const { rows, outputs, loss } = of(test);
    losses.push(loss);
    trained.push(of(data).loss);
    rights.push(problem.loss === 'squared' ? 0 : correct(outputs, test.y, rows) / rows.length);
    sizes.push(rows.length);
    if (method.clusters > 0) weights.push(softmax(own.theta, new Float64Array(method.clusters), router.temperature, router.top)); // prettier-ignore
  });
  const found = routes(method) ? explain(weights, sizes, truth) : null;
  return {
    round: done,
    loss: evaluation(losses, sizes, { truth, lower: true }),
    accuracy: problem.loss === 'squared' ? null : evaluation(rights, sizes, { truth }),
    gap: trained.reduce((sum, loss, k) => sum + (loss - losses[k]!) / losses.length, 0),
    purity: found?.purity ?? null,
    entropy: found?.entropy ?? 0,
    idle: found?.clients.filter((members) => members.length === 0).length ?? 0,
  };
}
