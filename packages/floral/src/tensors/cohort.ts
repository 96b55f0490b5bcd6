/**
 * Local steps of many clients in one batch of tensors: `descend` of client.ts says what a step is, here it is done for all of
 * them at once, and nothing is read back before the last. Clients of as many examples go together; an ensemble is C models a client.
 */
import type { Network } from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';
import { crossEntropy, gradients } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { LEAST_WEIGHT } from '../client.js';
import type { Layout } from '../layout.js';
import { routes } from '../method.js';
import type { Cohort, Member, Problem, Round } from '../model.js';
import { logits, partShapes, type Values } from './forward.js';
import { softmax } from '../router.js';
import { mixtures } from './mixture.js';
import { preconditioned } from './precondition.js';
import { stepped, type Stepped } from './step.js';

/** The cohort of a network with this layout. */
export function cohortOf(network: Network, layout: Layout): Cohort {
  // With convolutions each client has products of its own: together they would only take more memory.
  const alike = network.cohort ? equallyMany : (members: readonly Member[]) => members.map((member) => [member]);
  return {
    descend(round, members, proximal) {
      for (const some of alike(members)) {
        const state = descend(network, layout, round, some, proximal);
        finish(layout, some, state, learnsOf(round));
        tf.dispose(tensorsOf(state));
      }
    },
    add(round, members, proximal, sums) {
      const found = alike(members).map((some) => {
        const state = descend(network, layout, round, some, proximal);
        const added = summed(layout, round, some, state);
        tf.dispose(tensorsOf(state));
        return added;
      });
      const { method } = round;
      if (!found.every(({ base, adaptors }) => allFinite(base) && allFinite(adaptors))) return false;
      sums.clients.push(...members.map(({ client }) => client));
      for (const { weight, weights, base, adaptors } of found) {
        sums.weight += weight;
        const into = [[sums.weights, weights], [sums.base, base], ...(method.privateAdaptors ? [] : [[sums.adaptors, adaptors] as const])] as const; // prettier-ignore
        for (const [to, from] of into) for (let i = 0; i < to.length; i++) to[i]! += from[i]!;
      }
      return true;
    },
    losses(round, members) {
      const found = new Map<Member, Float64Array>();
      for (const some of alike(members)) losses(network, layout, round, some).forEach((each, s) => found.set(some[s]!, each)); // prettier-ignore
      return members.map((member) => found.get(member)!);
    },
  };
}

/** Groups of members with equally many examples. */
function equallyMany(members: readonly Member[]): readonly (readonly Member[])[] {
  const groups = new Map<number, Member[]>();
  for (const member of members) groups.set(member.examples, [...(groups.get(member.examples) ?? []), member]);
  return [...groups.values()];
}

/** A tensor of some numbers of each of several arrays. */
function stacked(arrays: readonly Float64Array[], start: number, size: number, shape: readonly number[]): tf.Tensor {
  const all = new Float32Array(arrays.length * size);
  arrays.forEach((array, s) => all.set(array.subarray(start, start + size), s * size));
  return tf.tensor(all, [arrays.length, ...shape]);
}

/** Of each model its base: those of an ensemble one after the other. */
const models = (bases: readonly Float64Array[], P: number) =>
  bases.flatMap((base) => Array.from({ length: base.length / P }, (_, c) => base.subarray(c * P, (c + 1) * P)));

/** Tensors of arrays; where all of them are one, copies of its tensors. */
function shared(
  arrays: readonly Float64Array[],
  tensors: (arrays: readonly Float64Array[]) => tf.Tensor[],
): tf.Tensor[] {
  // prettier-ignore
  if (!arrays.every((array) => array === arrays[0])) return tensors(arrays);
  const once = tensors([arrays[0]!]);
  const copies = once.map((t) => tf.tile(t, [arrays.length, ...t.shape.slice(1).fill(1)]));
  tf.dispose(once);
  return copies;
}

/** Tensors of bases and of adaptors. */
const baseTensors = (layout: Layout, bases: readonly Float64Array[]) =>
  shared(bases, (all) => layout.base.map(({ start, size, shape }) => stacked(models(all, layout.baseSize), start, size, shape))); // prettier-ignore
const partTensors = (layout: Layout, adaptors: readonly Float64Array[]) => {
  const shapes = partShapes(layout);
  return shared(adaptors, (all) => layout.parts.map(({ start, length }, i) => stacked(all, start, layout.clusters * length, shapes[i]!))); // prettier-ignore
};

/** Numbers of some examples of each member, [S, B, width], flat. */
function gathered(members: readonly Member[], rows: readonly Uint32Array[], width: number): Float32Array {
  const B = rows[0]!.length;
  const all = new Float32Array(members.length * B * width);
  let at = 0;
  members.forEach(({ data: { x } }, s) => {
    for (const row of rows[s]!) {
      all.set(x.subarray(row * width, (row + 1) * width), at);
      at += width;
    }
  });
  return all;
}

/** Mean losses of outputs [S, B, m], summed over members; weighted by example where shares are given. */
function lossesOf(
  { loss }: Problem,
  members: readonly Member[],
  rows: readonly Uint32Array[],
  outputs: tf.Tensor,
): tf.Tensor {
  // prettier-ignore
  const [S, B, m] = outputs.shape as [number, number, number];
  const y = members.flatMap(({ data }, s) => Array.from(rows[s]!, (row) => data.y[row]!));
  if (loss === 'cross-entropy') return crossEntropy(tf.tensor2d(y, [S, B], 'int32'), outputs);
  const targets = members.flatMap(({ data }, s) => Array.from(rows[s]!, (row) => Array.from({ length: m }, (_, j) => data.y[row * m + j]!))); // prettier-ignore
  return tf.mean(tf.square(tf.sub(outputs, tf.tensor(targets.flat(), [S, B, m]))), 2);
}

/** Each of S members C times, as the models of an ensemble. */
const times = (x: tf.Tensor, C: number): tf.Tensor => {
  const [S, ...rest] = x.shape as [number, ...number[]];
  return tf.reshape(tf.tile(tf.reshape(x, [S, 1, -1]), [1, C, 1]), [S * C, ...rest]);
};

/** What changes from step to step. */
interface State {
  readonly base: readonly Stepped[];
  readonly parts: readonly Stepped[];
  /** [S, C]; null without a router. */
  readonly theta: tf.Tensor | null;
}

const tensorsOf = ({ base, parts, theta }: State): tf.Tensor[] => [
  ...[...base, ...parts].flatMap(({ x, moments }) => [x, ...moments]),
  ...(theta ? [theta] : []),
];

/** Whether routers are learned. */
const learnsOf = ({ method }: Round) => method.routing === 'gradient' && routes(method);

/** The state after the local steps. */
function descend(network: Network, layout: Layout, round: Round, members: readonly Member[], proximal: number): State {
  const { method, training, seed } = round;
  const { clusters: C } = method;
  const { batch, optimizer } = training;
  const S = members.length;
  const N = members[0]!.examples;
  const ensemble = method.family === 'ensemble';
  const adapted = !ensemble && C > 0;
  const learns = learnsOf(round);
  const epsilon = training.precondition;
  /** Models of a client. */
  const each = ensemble ? C : 1;
  const [orders, noise] = [stream(seed, 'order'), stream(seed, 'router')];
  const drops = Array.from({ length: each }, (_, c) => stream(seed, 'dropout', c));
  const batches = Math.ceil(N / batch);
  const steps = training.epochs * batches;
  const order = members.map(() => Uint32Array.from({ length: N }, (_, i) => i));

  const moved = (state: State, k: number): State => {
    const rows = order.map((of) => of.subarray((k % batches) * batch, Math.min(N, ((k % batches) + 1) * batch)));
    const B = rows[0]!.length;
    const width = network.inputShape.reduce((a, b) => a * b, 1);
    const own = tf.tensor(gathered(members, rows, width), [S, B, ...network.inputShape]);
    const x = ensemble ? times(own, C) : own;
    const dropout = (model: number) =>
      drops[model % each]!.at(round.round, members[Math.floor(model / each)]!.client, k);
    const drawn = new Float64Array(C);
    const noisy = tf.tensor2d(members.flatMap(({ client }) => [...(learns && round.router.noise > 0 ? noise.at(round.round, client, k).fillUniform(drawn) : drawn)].map((u) => round.router.noise * u)), [S, C]); // prettier-ignore
    const loss = () => {
      const values: Values = { base: state.base.map((v) => v.x), parts: [], pi: null };
      if (!ensemble) {
        if (!adapted) return tf.div(tf.sum(lossesOf(round.problem, members, rows, logits(network, layout, values, x, dropout))), B); // prettier-ignore
        const { pi, entropy } = mixtures(tf.add(state.theta!, noisy), round.router);
        const outputs = logits(network, layout, { ...values, parts: state.parts.map((v) => v.x), pi }, x, dropout);
        const mean = tf.div(tf.sum(lossesOf(round.problem, members, rows, outputs)), B);
        return round.router.entropy === 0 ? mean : tf.add(mean, tf.mul(entropy(), round.router.entropy));
      }
      const outputs = logits(network, layout, values, x, dropout);
      const m = outputs.shape[2]!;
      if (members[0]!.shares !== null) {
        const shares = members.flatMap(({ shares }, s) => Array.from({ length: C }, (_, c) => Array.from(rows[s]!, (row) => shares![row * C + c]!)).flat()); // prettier-ignore
        const [whose, of] = [members, rows].map((list) => list.flatMap((one) => new Array<never>(C).fill(one as never))) as unknown as [Member[], Uint32Array[]]; // prettier-ignore
        return tf.div(tf.sum(tf.mul(lossesOf(round.problem, whose, of, outputs), tf.tensor2d(shares, [S * C, B]))), B);
      }
      // Models are mixed by the softmax itself: the clamp is one of adaptors.
      const { soft, entropy } = mixtures(tf.add(state.theta!, noisy), { ...round.router, clamp: 0 });
      const heard = tf.mul(soft, tf.cast(tf.greaterEqual(soft, LEAST_WEIGHT), 'float32'));
      const mixed = tf.matMul(tf.expandDims(heard, 1), tf.reshape(outputs, [S, C, B * m]));
      const mean = tf.div(tf.sum(lossesOf(round.problem, members, rows, tf.reshape(mixed, [S, B, m]))), B);
      return round.router.entropy === 0 ? mean : tf.add(mean, tf.mul(entropy(), round.router.entropy));
    };
    const xs = [...[...state.base, ...state.parts].map((v) => v.x), ...(learns ? [state.theta!] : [])];
    const found = gradients(loss, xs);
    let ofBase = found.slice(0, state.base.length);
    let ofParts = found.slice(state.base.length, state.base.length + state.parts.length);
    if (proximal > 0) ofBase = ofBase.map((g, i) => tf.add(g, tf.mul(tf.sub(xs[i]!, anchors[i]!), proximal)));
    if (adapted && epsilon !== null) ofParts = preconditioned(layout, state.parts.map((v) => v.x), ofParts, epsilon); // prettier-ignore
    if (training.freezeV) ofParts = ofParts.map((g, i) => (isV[i] ? tf.zerosLike(g) : g));
    if (training.clip !== null) [ofBase, ofParts] = clipped(S, ofBase, ofParts, training.clip);
    for (const { moments } of members) moments.step++;
    const second = !method.alternate || k >= steps / 2;
    const first = !method.alternate || k < steps / 2;
    const go = (from: readonly Stepped[], g: readonly tf.Tensor[], rate: number) =>
      from.map((v, i) => stepped(optimizer, v, g[i]!, rate, members.map(({ moments }) => moments))); // prettier-ignore
    return {
      base: second ? go(state.base, ofBase, training.rate) : state.base,
      parts: adapted && first ? go(state.parts, ofParts, training.adaptorRate) : state.parts,
      theta: learns && first ? tf.sub(state.theta!, tf.mul(found.at(-1)!, training.routerRate)) : state.theta,
    };
  };

  const isV = layout.adaptors.flatMap(({ kind }) => (kind === 'vector' ? [false] : [true, false]));
  const anchors = proximal > 0 ? baseTensors(layout, members.map(({ anchor }) => anchor)) : []; // prettier-ignore
  let state = start(layout, members, adapted, C);
  for (let k = 0; k < steps; k++) {
    if (k % batches === 0 && training.shuffle) {
      members.forEach(({ client }, s) => orders.at(round.round, client, k / batches).permutation(order[s]!));
    }
    const before = state;
    state = tf.tidy(() => moved(before, k) as unknown as tf.TensorContainer) as unknown as State;
    const kept = new Set(tensorsOf(state));
    tf.dispose(tensorsOf(before).filter((t) => !kept.has(t)));
  }
  tf.dispose(anchors);
  return state;
}

/**
 * What `addUpdate` would add of each member, added on the backend: N times the base, π_c N times what belongs to cluster c.
 * Learned θ are read, and adaptors that stay with their clients.
 */
function summed(layout: Layout, round: Round, members: readonly Member[], { base, parts, theta }: State) {
  const { method, router } = round;
  const C = method.clusters;
  const S = members.length;
  if (learnsOf(round)) readTheta(members, theta!);
  const pis = members.map((member) => method.average === 'mixture' ? softmax(member.theta, new Float64Array(C), router.temperature, router.top) : new Float64Array(C).fill(1)); // prettier-ignore
  const ofAll = new Float64Array(S).map((_, s) => members[s]!.examples);
  const ofEach = pis.map((pi, s) => pi.map((p) => p * ofAll[s]!));
  const weights = new Float64Array(C);
  for (const each of ofEach) for (let c = 0; c < C; c++) weights[c]! += each[c]!;
  const sums = { weight: ofAll.reduce((a, b) => a + b, 0), weights, base: new Float64Array(members[0]!.local.base.length), adaptors: new Float64Array(members[0]!.local.adaptors.length) }; // prettier-ignore
  /** Σ_s w_s x_s with w [S, groups] of x [S, groups, …], flat; the caller's scope has its tensors. */
  const added = (x: tf.Tensor, w: tf.Tensor, groups: number) => {
    const size = x.size / S / groups;
    const sum =
      groups === 1
        ? tf.matMul(w, tf.reshape(x, [S, size]), true)
        : tf.sum(tf.mul(tf.reshape(x, [S, groups, size]), tf.expandDims(w, 2)), 0);
    return sum.dataSync<'float32'>();
  };
  tf.tidy(() => {
    const byExamples = tf.tensor2d(Float32Array.from(ofAll), [S, 1]);
    const byCluster =
      C === 0 ? byExamples : tf.tensor2d(Float32Array.from(ofEach.flatMap((each) => [...each])), [S, C]);
    const ensemble = method.family === 'ensemble';
    base.forEach(({ x }, i) => {
      const values = ensemble ? added(x, byCluster, C) : added(x, byExamples, 1);
      const { start, size } = layout.base[i]!;
      for (let c = 0; c * size < values.length; c++) sums.base.set(values.subarray(c * size, (c + 1) * size), start + c * layout.baseSize); // prettier-ignore
    });
    parts.forEach(({ x }, i) => {
      const { start, length } = layout.parts[i]!;
      if (!method.privateAdaptors) return sums.adaptors.set(added(x, byCluster, C), start);
      const values = x.dataSync<'float32'>();
      members.forEach(({ local }, s) => local.adaptors.set(values.subarray(s * C * length, (s + 1) * C * length), start)); // prettier-ignore
    });
  });
  return sums;
}

function allFinite(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}

/** Learned θ, to the members. */
function readTheta(members: readonly Member[], theta: tf.Tensor): void {
  const values = theta.dataSync<'float32'>();
  members.forEach((member, s) => member.theta.set(values.subarray(s * member.theta.length, (s + 1) * member.theta.length))); // prettier-ignore
}

/** Tensors of what the members start with, and of their moments. */
function start(layout: Layout, members: readonly Member[], adapted: boolean, C: number): State {
  const of = (list: readonly Float64Array[], tensors: (arrays: readonly Float64Array[]) => tf.Tensor[]) => list[0]!.length === 0 ? null : tensors(list); // prettier-ignore
  const P = members[0]!.local.base.length;
  const both = (['first', 'second'] as const).map((name) => members.map(({ moments }) => moments[name]));
  const withMoments = (tensors: readonly tf.Tensor[], moments: readonly (tf.Tensor[] | null)[]) =>
    tensors.map((x, i): Stepped => ({ x, moments: moments.flatMap((list) => (list ? [list[i]!] : [])) }));
  const base = withMoments(
    baseTensors(layout, members.map(({ local }) => local.base)), // prettier-ignore
    both.map((list) => of(list.map((all) => all.subarray(0, P)), (arrays) => baseTensors(layout, arrays))), // prettier-ignore
  );
  const parts = adapted
    ? withMoments(
        partTensors(layout, members.map(({ local }) => local.adaptors)), // prettier-ignore
        both.map((list) => of(list.map((all) => all.subarray(P)), (arrays) => partTensors(layout, arrays))), // prettier-ignore
      )
    : [];
  const theta = C > 0 ? stacked(members.map((member) => member.theta), 0, C, [C]) : null; // prettier-ignore
  return { base, parts, theta };
}

/** Reads what the steps have made of the members. */
function finish(layout: Layout, members: readonly Member[], { base, parts, theta }: State, learns: boolean): void {
  const P = layout.baseSize;
  const A = members[0]!.local.base.length;
  const into = (
    list: readonly Stepped[],
    which: (v: Stepped) => tf.Tensor | undefined,
    to: (s: number) => Float64Array,
    places: readonly { start: number; size: number }[],
    stride: number,
  ) =>
    // prettier-ignore
    list.forEach((v, i) => {
      const tensor = which(v);
      if (tensor === undefined) return;
      const values = tensor.dataSync<'float32'>();
      const { start, size } = places[i]!;
      const models = values.length / size / members.length;
      for (let m = 0; m * size < values.length; m++) {
        to(Math.floor(m / models)).set(values.subarray(m * size, (m + 1) * size), start + (m % models) * stride);
      }
    });
  const partPlaces = layout.parts.map(({ start, length }) => ({ start, size: layout.clusters * length }));
  into(base, ({ x }) => x, (s) => members[s]!.local.base, layout.base, P); // prettier-ignore
  into(parts, ({ x }) => x, (s) => members[s]!.local.adaptors, partPlaces, 0); // prettier-ignore
  (['first', 'second'] as const).forEach((name, which) => {
    into(base, ({ moments }) => moments[which], (s) => members[s]!.moments[name], layout.base, P); // prettier-ignore
    into(parts, ({ moments }) => moments[which], (s) => members[s]!.moments[name].subarray(A), partPlaces, 0); // prettier-ignore
  });
  if (learns) readTheta(members, theta!);
}

/** Both scaled so that the common norm of each of S members is `most` at most. */
function clipped(
  S: number,
  a: readonly tf.Tensor[],
  b: readonly tf.Tensor[],
  most: number,
): [tf.Tensor[], tf.Tensor[]] {
  const flat = (g: tf.Tensor) => tf.reshape(g, [S, -1]);
  const norms = tf.sqrt(tf.addN([...a, ...b].map((g) => tf.sum(tf.square(flat(g)), 1, true))));
  const factors = tf.minimum(1, tf.div(most, norms));
  const scaled = (g: tf.Tensor) => tf.reshape(tf.mul(flat(g), factors), g.shape);
  return [a.map(scaled), b.map(scaled)];
}

/** Losses of each example under each cluster alone, [N, C] a member. */
function losses(network: Network, layout: Layout, round: Round, members: readonly Member[]): Float64Array[] {
  const { method } = round;
  const [C, P, N] = [method.clusters, layout.baseSize, members[0]!.examples];
  const S = members.length;
  const rows = members.map(() => Uint32Array.from({ length: N }, (_, i) => i));
  const all = members.map(() => new Float64Array(N * C));
  tf.tidy(() => {
    const width = network.inputShape.reduce((a, b) => a * b, 1);
    const x = tf.tensor(gathered(members, rows, width), [S, N, ...network.inputShape]);
    const ensemble = method.family === 'ensemble';
    const shared = ensemble ? [] : baseTensors(layout, members.map(({ local }) => local.base)); // prettier-ignore
    const parts = ensemble ? [] : partTensors(layout, members.map(({ local }) => local.adaptors)); // prettier-ignore
    for (let c = 0; c < C; c++) {
      const each = tf.tidy(() => {
        const alone = tf.tile(tf.oneHot(tf.tensor1d([c], 'int32'), C), [S, 1]);
        const values: Values = ensemble
          ? { base: baseTensors(layout, members.map(({ local }) => local.base.subarray(c * P, (c + 1) * P))), parts, pi: null } // prettier-ignore
          : { base: shared, parts, pi: tf.cast(alone, 'float32') };
        return lossesOf(round.problem, members, rows, logits(network, layout, values, x)).dataSync<'float32'>();
      });
      all.forEach((list, s) => { for (let i = 0; i < N; i++) list[i * C + c] = each[s * N + i]!; }); // prettier-ignore
    }
  });
  return all;
}
