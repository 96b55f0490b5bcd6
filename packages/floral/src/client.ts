/** What a client does in a round: pure, from what it was sent, its data and its own state to an update and its next state. */
import { log, stream } from '@assay-ml/numerics';
import { complaint, invalid, requireKeys, requireList } from '@assay-ml/numerics/check';
import { emptyMoments, type Moments, step } from './local-step.js';
import { lossOf } from './loss.js';
import { type Method, privateMask, routes } from './method.js';
import type { ClientData, Member, Problem, Round, Shared, Sums, Weights } from './model.js';
import { makeRoom } from './room.js';
import { precondition } from './precondition.js';
import { emptyMixture, mix, routerGradient, softmax } from './router.js';
import { routeByResponsibilities } from './routing/em.js';
import { routeHard } from './routing/hard.js';
import { routeByLosses } from './routing/losses.js';

/** What a client keeps between rounds: plain data. */
export type ClientState = {
  /** [C] */
  readonly theta: Float64Array;
  /** Private variables at their places in a whole base; empty where all are shared. */
  readonly base: Float64Array;
  /** Private adaptors; empty where they are shared. */
  readonly adaptors: Float64Array;
  /** Ditto's personal model; empty without. */
  readonly personal: Float64Array;
  readonly moments: Moments;
};

/** What a client sends. There is no θ in it. */
export interface Update {
  readonly client: number;
  readonly examples: number;
  /** Empty where it is private. */
  readonly base: Float64Array;
  readonly adaptors: Float64Array;
  /** [C] π, for the weights of the averages; it goes into sums of π N alone. */
  readonly pi: Float64Array;
}

/** A client's state before its first round: a uniform router, and copies of what is shared for what it keeps private. */
export function startClient(
  { problem: { model }, method, training }: Round,
  shared: Shared,
  theta?: Float64Array,
): ClientState {
  // prettier-ignore
  const none = new Float64Array(0);
  const local = training.keepMoments ? shared.base.length + shared.adaptors.length : 0;
  return {
    theta: theta?.slice() ?? new Float64Array(method.clusters),
    base: privateMask(method, model.layout) === null ? none : shared.base.slice(),
    adaptors: method.privateAdaptors ? shared.adaptors.slice() : none,
    personal: method.ditto === null ? none : shared.base.slice(),
    moments: emptyMoments(training.optimizer, local),
  };
}

/** The number of examples. @throws TypeError for no array; RangeError where arrays do not fit each other, there is none, or a class is none of the model's */
export function examplesOf({ model, loss }: Problem, { x, y }: ClientData, where: string): number {
  if (!ArrayBuffer.isView(x)) throw new TypeError(complaint(where, 'x', x, 'a Float64Array', 'It holds N examples, one behind the other.')); // prettier-ignore
  const N = x.length / model.inputs;
  const wanted = loss === 'squared' ? N * model.outputs : N;
  if (!Number.isInteger(N) || N < 1 || y.length !== wanted) {
    throw new RangeError(`${where}: 'x' and 'y' are of lengths ${x.length} and ${y.length}; must be N·${model.inputs} and ${loss === 'squared' ? `N·${model.outputs}` : 'N'} of at least one example. Leave out clients without data.`); // prettier-ignore
  }
  if (loss === 'squared') return N;
  for (let i = 0; i < N; i++) {
    const label = y[i]!;
    if (!(Number.isInteger(label) && label >= 0 && label < model.outputs)) {
      throw new RangeError(`${where}: 'y[${i}]' is ${label}; must be a class from 0 to ${model.outputs - 1}, as the model has ${model.outputs} outputs. Number the classes of all clients alike.`); // prettier-ignore
    }
  }
  return N;
}

/** Examples that are checked once, not in every round. @throws as examplesOf; RangeError for an input that is not finite */
export function checkData(problem: Problem, data: ClientData, where: string): number {
  const N = examplesOf(problem, data, where);
  for (let i = 0; i < data.x.length; i++) {
    if (!Number.isFinite(data.x[i])) throw invalid(where, `x[${i}]`, data.x[i], 'a finite number', 'Leave the example out, or fill it in.'); // prettier-ignore
  }
  return N;
}

/** @throws RangeError unless what is shared is as long as this model's and method's */
export function checkShared(where: string, { model: { layout } }: Problem, method: Method, shared: Shared): void {
  const ensemble = method.family === 'ensemble';
  const base = layout.baseSize * (ensemble ? method.clusters : 1);
  const adaptors = ensemble || method.clusters === 0 ? 0 : layout.adaptorSize;
  if (shared.base.length === base && shared.adaptors.length === adaptors) return;
  const shapes = layout.base.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ');
  throw new RangeError(`${where}: what is shared has ${shared.base.length} numbers of the base and ${shared.adaptors.length} of adaptors; must have ${base} and ${adaptors}, as '${method.name}' has of ${shapes}. It is of another model or method.`); // prettier-ignore
}

/** What a client has at hand in a round: shared where it is shared, its own where it is private. */
export function atHand({ problem: { model }, method }: Round, shared: Shared, state: ClientState): Shared {
  const base = shared.base.slice();
  const mask = privateMask(method, model.layout);
  if (mask !== null) for (let i = 0; i < base.length; i++) if (mask[i] === 1) base[i] = state.base[i]!;
  return { base, adaptors: (method.privateAdaptors ? state.adaptors : shared.adaptors).slice() };
}

/** A client of a round, before it. */
export interface Participant {
  readonly client: number;
  readonly data: ClientData;
  readonly state: ClientState;
}

/** A client of a round, after it. */
export interface Outcome {
  /** To be sent. */
  readonly update: Update;
  /** The next, which stays. */
  readonly state: ClientState;
}

/**
 * A client's round.
 * @param shared what it was sent; not changed
 * @param state its own; not changed
 * @throws TypeError for arguments of another kind; RangeError for a client without data, arrays that do not fit, or inputs that are not finite
 */
export function clientUpdate(
  round: Round,
  client: number,
  shared: Shared,
  data: ClientData,
  state: ClientState,
): Outcome {
  requireKeys('clientUpdate', 'round', round, ['problem', 'method', 'training'], 'It has what train() works with.');
  requireKeys('clientUpdate', 'shared', shared, ['base', 'adaptors'], 'startShared() makes it.');
  requireKeys('clientUpdate', 'data', data, ['x', 'y'], 'Give inputs with their labels.');
  checkData(round.problem, data, `clientUpdate: client ${client}`);
  return cohortUpdate(round, shared, [{ client, data, state }])[0]!;
}

/**
 * The round of several clients: what `clientUpdate` gives for each, in fewer and larger products where the model can.
 * @throws TypeError for arguments of another kind; RangeError as clientUpdate
 */
export function cohortUpdate(round: Round, shared: Shared, participants: readonly Participant[]): Outcome[] {
  requireKeys('cohortUpdate', 'round', round, ['problem', 'method', 'training'], 'It has what train() works with.');
  requireKeys('cohortUpdate', 'shared', shared, ['base', 'adaptors'], 'startShared() makes it.');
  requireList('cohortUpdate', 'participants', participants, 'Give the clients of the round.');
  const { problem, method, training } = round;
  const { cohort } = problem.model;
  const members = participants.map((participant) => begin(round, shared, participant));
  const descendAll = (some: readonly Member[], proximal: number) => {
    if (cohort) cohort.descend(round, some, proximal);
    else for (const member of some) descend(round, member, proximal);
  };
  const started = routed(round, members);
  descendAll(started, method.proximal);
  const { ditto } = method;
  const personal = participants.map(({ state }) => state.personal.slice());
  if (ditto !== null) {
    const own = started.map((member, s): Member => ({
      ...member,
      local: { base: personal[s]!, adaptors: member.local.adaptors },
      theta: member.theta.slice(),
      moments: emptyMoments(training.optimizer, personal[s]!.length),
    }));
    descendAll(own, ditto);
  }
  return started.map((member, s) => finish(round, shared, member, participants[s]!.state, personal[s]!));
}

/**
 * The round of several clients of whose updates only sums are asked for, and none is made: into `sums`, where the model can.
 * @returns their next states; null where it cannot, where clients keep parts of the base or moments, or a sum is not finite:
 *   `cohortUpdate` has all of them one by one
 */
export function addCohort(
  round: Round,
  shared: Shared,
  participants: readonly Participant[],
  sums: Sums,
): ClientState[] | null {
  const { problem: { model: { cohort } }, method, training } = round; // prettier-ignore
  if (cohort === undefined || method.privateBase.length > 0 || method.ditto !== null || training.keepMoments)
    return null;
  const members = routed(round, participants.map((participant) => begin(round, shared, participant, false))); // prettier-ignore
  if (!cohort.add(round, members, method.proximal, sums)) return null;
  return members.map(({ theta, local }, s) => ({ ...participants[s]!.state, theta, adaptors: method.privateAdaptors ? local.adaptors : new Float64Array(0) })); // prettier-ignore
}

/** Before the local steps: members whose routers are computed have them computed, in place, and EM's their shares. */
function routed(round: Round, members: readonly Member[]): readonly Member[] {
  const { problem: { model: { cohort } }, method } = round; // prettier-ignore
  if (!routes(method) || method.routing === 'gradient' || method.routing === 'given') return members;
  const losses = cohort?.losses(round, members) ?? members.map(({ local, data, examples }) => lossesByCluster(round, local, data, examples)); // prettier-ignore
  return members.map((member, s) => ({ ...member, shares: route(round, losses[s]!, member) }));
}

/** What a client starts its local steps with: a copy of its own of what is shared, or what is shared itself. */
function begin(round: Round, shared: Shared, { client, data, state }: Participant, copied = true): Member {
  const { problem, method, training } = round;
  const examples = examplesOf(problem, data, `clientUpdate: client ${client}`);
  checkShared(`clientUpdate: client ${client}`, problem, method, shared);
  if (state.theta.length !== method.clusters) {
    throw invalid(`clientUpdate: client ${client}`, 'theta', state.theta, `of ${method.clusters} numbers`, 'The state is of another method.'); // prettier-ignore
  }
  const local = copied
    ? atHand(round, shared, state)
    : { base: shared.base, adaptors: method.privateAdaptors ? state.adaptors.slice() : shared.adaptors };
  const kept = training.stateful || method.routing === 'given';
  return {
    ...{ client, data, examples, local, anchor: shared.base, shares: null },
    theta: kept ? state.theta.slice() : new Float64Array(method.clusters),
    moments: training.keepMoments
      ? { first: state.moments.first.slice(), second: state.moments.second.slice(), step: state.moments.step }
      : emptyMoments(training.optimizer, local.base.length + local.adaptors.length),
  };
}

/** What a client sends after its local steps, and what it keeps. */
function finish(
  { problem: { model }, method, training, router }: Round,
  shared: Shared,
  { client, examples, local, theta, moments }: Member,
  state: ClientState,
  personal: Float64Array,
): Outcome {
  const none = new Float64Array(0);
  const mask = privateMask(method, model.layout);
  const pi = softmax(theta, new Float64Array(method.clusters), router.temperature, router.top);
  const sent = local.base.slice();
  // What is private is not sent: the server gets back what it sent.
  if (mask !== null) for (let i = 0; i < sent.length; i++) if (mask[i] === 1) sent[i] = shared.base[i]!;
  return {
    update: {
      client,
      examples,
      base: method.privateBase === 'all' ? none : sent,
      adaptors: method.privateAdaptors ? none : local.adaptors,
      pi: method.average === 'mixture' ? pi : new Float64Array(method.clusters).fill(1),
    },
    state: {
      theta,
      base: mask === null ? none : local.base,
      adaptors: method.privateAdaptors ? local.adaptors : none,
      personal,
      moments: training.keepMoments ? moments : state.moments,
    },
  };
}

/** Before the local steps: routers that are computed, from losses of each example, [N, C]. Returns the responsibilities of EM. */
function route({ method, training, router }: Round, each: Float64Array, { examples: N, theta }: Member) {
  const C = method.clusters;
  if (method.routing === 'em') {
    const q = new Float64Array(N * C);
    theta.set(routeByResponsibilities(softmax(theta, new Float64Array(C), router.temperature), each, q));
    return q;
  }
  const means = new Float64Array(C);
  for (let i = 0; i < N; i++) for (let c = 0; c < C; c++) means[c]! += each[i * C + c]! / N;
  if (method.routing === 'hard') theta.set(routeHard(means));
  else routeByLosses(theta, means, N, training.lossRate, training.lossKeep);
  return null;
}

/** Losses of each example under each cluster alone, [N, C]. */
export function lossesByCluster(
  round: Round,
  { base, adaptors }: Shared,
  { x, y }: ClientData,
  N: number,
): Float64Array {
  const { problem: { model, loss }, method } = round; // prettier-ignore
  const C = method.clusters;
  const P = model.layout.baseSize;
  const all = Uint32Array.from({ length: N }, (_, i) => i);
  const [losses, each] = [new Float64Array(N * C), new Float64Array(N)];
  for (let c = 0; c < C; c++) {
    const pi = new Float64Array(C);
    pi[c] = 1;
    const weights: Weights =
      method.family === 'ensemble'
        ? { base: base.subarray(c * P, (c + 1) * P), adaptors: null, pi: null }
        : { base, adaptors, pi };
    lossOf(loss, model.forward(0, weights, x, all), y, all, null, each);
    for (let i = 0; i < N; i++) losses[i * C + c] = each[i]!;
  }
  return losses;
}

/** Models of an ensemble with less weight are left out, as published. */
export const LEAST_WEIGHT = 1e-3;

/** The local steps, in place on the member. */
function descend(round: Round, member: Member, proximal: number): void {
  const { client, data: { x, y }, examples: N, local, theta, anchor, shares, moments } = member; // prettier-ignore
  const { problem: { model, loss }, method, training, seed } = round; // prettier-ignore
  const { layout, outputs } = model;
  const [C, P] = [method.clusters, layout.baseSize];
  const ensemble = method.family === 'ensemble';
  // Models are mixed by the softmax itself: the clamp is one of adaptors.
  const router = ensemble ? { ...round.router, clamp: 0 } : round.router;
  const adapted = !ensemble && C > 0;
  const learns = method.routing === 'gradient' && routes(method);
  const mixture = emptyMixture(C);
  const gradients = {
    base: new Float64Array(local.base.length),
    adaptors: new Float64Array(local.adaptors.length),
    pi: new Float64Array(C),
  };
  const members = Array.from({ length: ensemble ? C : 0 }, (_, c) => ({
    weights: { base: local.base.subarray(c * P, (c + 1) * P), adaptors: null, pi: null },
    into: { base: gradients.base.subarray(c * P, (c + 1) * P), adaptors: gradients.adaptors, pi: gradients.pi },
  }));
  const weights: Weights = {
    base: local.base,
    adaptors: adapted ? local.adaptors : null,
    pi: adapted ? mixture.pi : null,
  };
  const ofTheta = new Float64Array(C);
  const order = new Uint32Array(N);
  const [pulls, mixes, scaled] = [makeRoom(), makeRoom(), makeRoom()];
  const [orders, noise] = [stream(seed, 'order'), stream(seed, 'router')];
  const batches = Math.ceil(N / training.batch);
  const steps = training.epochs * batches;
  for (let k = 0; k < steps; k++) {
    const [epoch, b] = [Math.floor(k / batches), k % batches];
    if (b === 0) {
      if (training.shuffle) orders.at(round.round, client, epoch).permutation(order);
      else for (let i = 0; i < N; i++) order[i] = i;
    }
    const rows = order.subarray(b * training.batch, Math.min(N, (b + 1) * training.batch));
    const ofOutputs = pulls(rows.length * outputs);
    const forward = (tape: number, of: Weights) => (model.step ?? model.forward).call(model, tape, of, x, rows);
    for (const g of [gradients.base, gradients.adaptors, gradients.pi]) g.fill(0);
    if (C > 0) mix(theta, router, learns ? noise.at(round.round, client, k) : null, mixture);
    if (!ensemble) {
      lossOf(loss, forward(0, weights), y, rows, ofOutputs);
      model.backward(0, weights, ofOutputs, gradients);
    } else if (shares !== null) {
      members.forEach(({ weights: own, into }, c) => {
        const of = Float64Array.from(rows, (i) => shares[i * C + c]!);
        lossOf(loss, forward(c, own), y, rows, ofOutputs, null, of);
        model.backward(c, own, ofOutputs, into);
      });
    } else {
      const mixed = mixes(rows.length * outputs);
      const each = members.map(({ weights: own }, c) => (mixture.soft[c]! < LEAST_WEIGHT ? null : forward(c, own))); // prettier-ignore
      each.forEach((found, c) => {
        if (found) for (let i = 0; i < mixed.length; i++) mixed[i]! += mixture.soft[c]! * found[i]!;
      });
      lossOf(loss, mixed, y, rows, ofOutputs);
      each.forEach((found, c) => {
        if (!found) return;
        const own = scaled(ofOutputs.length);
        for (let i = 0; i < own.length; i++) {
          gradients.pi[c]! += ofOutputs[i]! * found[i]!;
          own[i] = mixture.soft[c]! * ofOutputs[i]!;
        }
        model.backward(c, members[c]!.weights, own, members[c]!.into);
      });
    }
    const second = !method.alternate || k >= steps / 2;
    const first = !method.alternate || k < steps / 2;
    if (proximal > 0) {
      for (let i = 0; i < anchor.length; i++) gradients.base[i]! += proximal * (local.base[i]! - anchor[i]!);
      for (const { start, size, running } of layout.base) if (running) gradients.base.fill(0, start, start + size);
    }
    if (adapted && training.precondition !== null) precondition(layout, local.adaptors, gradients.adaptors, training.precondition); // prettier-ignore
    if (training.freezeV) {
      for (const block of layout.adaptors) {
        if (block.kind === 'factors') gradients.adaptors.fill(0, block.v.start, block.v.start + C * block.v.length);
      }
    }
    if (training.clip !== null) clip(gradients.base, gradients.adaptors, training.clip);
    moments.step++;
    if (second) step(training.optimizer, local.base, gradients.base, training.rate, moments, 0);
    if (adapted && first) step(training.optimizer, local.adaptors, gradients.adaptors, training.adaptorRate, moments, local.base.length); // prettier-ignore
    if (learns && first) {
      routerGradient(mixture, router, gradients.pi, ofTheta);
      for (let c = 0; c < C; c++) theta[c]! -= training.routerRate * ofTheta[c]!;
    }
  }
}

/** Scales both so that their common norm is `most` at most. */
function clip(a: Float64Array, b: Float64Array, most: number): void {
  let squares = 0;
  for (const g of [a, b]) for (let i = 0; i < g.length; i++) squares += g[i]! * g[i]!;
  const norm = Math.sqrt(squares);
  if (!(norm > most)) return;
  for (const g of [a, b]) for (let i = 0; i < g.length; i++) g[i]! *= most / norm;
}

/** The mixture of a client in evaluation: no noise, never. */
function weightsOf({ problem: { model }, method, router }: Round, { base, adaptors }: Shared, theta: Float64Array) {
  const C = method.clusters;
  const { pi, soft } = mix(theta, router, null, emptyMixture(C));
  const P = model.layout.baseSize;
  if (method.family === 'ensemble') {
    return Array.from({ length: C }, (_, c) => c)
      .filter((c) => soft[c]! >= LEAST_WEIGHT)
      .map((c) => ({
        share: soft[c]!,
        weights: { base: base.subarray(c * P, (c + 1) * P), adaptors: null, pi: null },
      }));
  }
  return [{ share: 1, weights: C > 0 ? { base, adaptors, pi } : { base, adaptors: null, pi: null } }];
}

/**
 * Outputs of a client's personal model: mixed outputs, or with EM logarithms of mixed probabilities.
 * @returns [rows.length, outputs]
 * @throws TypeError for arguments of another kind
 */
export function personalOutputs(
  round: Round,
  local: Shared,
  theta: Float64Array,
  x: Float64Array,
  rows: Uint32Array,
): Float64Array {
  requireKeys('personalOutputs', 'round', round, ['problem', 'method', 'training'], 'It has what train() works with.');
  requireKeys('personalOutputs', 'local', local, ['base', 'adaptors'], 'startShared() makes it.');
  // prettier-ignore
  const { problem: { model, loss }, method } = round; // prettier-ignore
  const mixed = new Float64Array(rows.length * model.outputs);
  const probabilities = method.routing === 'em' && loss === 'cross-entropy';
  for (const { share, weights } of weightsOf(round, local, theta)) {
    const out = model.forward(0, weights, x, rows);
    for (let row = 0; row < rows.length; row++) {
      const some = out.subarray(row * model.outputs, (row + 1) * model.outputs);
      const values = probabilities ? softmax(some, new Float64Array(model.outputs)) : some;
      for (let j = 0; j < model.outputs; j++) mixed[row * model.outputs + j]! += share * values[j]!;
    }
  }
  return probabilities ? log(mixed, mixed) : mixed;
}
