import { bert, cifarCnn, mlp as network, resnetMini, smallCnn, vgg8, vggMini } from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';
import { useBackend } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  alternating,
  type ClientData,
  ditto,
  ensemble,
  fedAvg,
  fedEm,
  fedProx,
  floralMethod,
  ifca,
  localAdaptor,
  localOnly,
  merge,
  type Method,
  mlp,
  type Model,
  optimal,
  privateModules,
  route,
  train,
  type TrainOptions,
} from '../src/index.js';
import { floralNetwork } from '../src/networks.js';
import { apart, random } from './reference.js';

const SIZES = [12, 16, 5];
/** Seven clients, of whom two have fewer examples. */
const clients = Array.from({ length: 7 }, (_, k): ClientData => {
  const N = k < 5 ? 22 : 9;
  const x = random(10 + k, 12 * N);
  return { x, y: Array.from({ length: N }, (_, i) => ((x[12 * i]! > 0 ? 1 : 0) + (x[12 * i + 1]! > 0.5 ? 2 : 0) + k) % 5) }; // prettier-ignore
});
const targets = clients.map(({ x, y }): ClientData => ({ x, y: random(3, 5 * y.length) }));

/** The same training with a start of its own, on both models: largest relative differences. */
function compared(method: Method, options: Partial<TrainOptions> = {}, squared = false, rank = 2, names?: Method) {
  const clusters = method.family === 'adaptors' ? method.clusters : 0;
  const slow = mlp(SIZES, { clusters, rank });
  const fast = floralNetwork(network({ inputs: 12, hidden: [16], classes: 5 }), { clusters, rank });
  const start: Model['start'] = (seed, member) => slow.start(seed, member).map(Math.fround);
  const [a, b] = [slow, fast].map((model, i) =>
    train(
      { model: { ...model, start }, loss: squared ? 'squared' : 'cross-entropy' },
      { clients: squared ? targets : clients, tests: squared ? targets : clients },
      { rounds: 3, training: { rate: 0.1, routerRate: 0.5, batch: 8 }, seed: 4, drawn: 'in', ...options, method: i === 1 && names ? names : method }, // prettier-ignore
    ),
  ) as [ReturnType<typeof train>, ReturnType<typeof train>];
  const thetas = ({ store }: typeof a) =>
    Float64Array.from(clients.flatMap((_, k) => [...(store.get(k)?.theta ?? [])]));
  const kept = ({ store }: typeof a, part: 'base' | 'adaptors' | 'personal') => Float64Array.from(clients.flatMap((_, k) => [...(store.get(k)?.[part] ?? [])])); // prettier-ignore
  const moments = ({ store }: typeof a) => Float64Array.from(clients.flatMap((_, k) => Object.values(store.get(k)!.moments).flatMap((m) => (typeof m === 'number' ? [m] : [...m])))); // prettier-ignore
  return Math.max(
    apart(b.run.shared.base, a.run.shared.base),
    apart(b.run.shared.adaptors, a.run.shared.adaptors),
    apart(thetas(b), thetas(a)),
    ...(['base', 'adaptors', 'personal'] as const).map((part) => apart(kept(b, part), kept(a, part))),
    apart(moments(b), moments(a)),
    Math.abs(b.run.reports[0]!.loss.mean / a.run.reports[0]!.loss.mean - 1),
  );
}

describe.each(['cpu', 'wasm'] as const)('on %s the cohort follows the arrays, client by client', (backend) => {
  beforeAll(async () => void (await useBackend(backend)));
  const pi = { theta: (k: number) => optimal(k % 3, 3) };
  const cases: [string, () => number][] = [
    ['FedAvg', () => compared(fedAvg())],
    ['of squared losses', () => compared(floralMethod(3), {}, true)],
    ['Local', () => compared(localOnly())],
    ['Local Adaptor', () => compared(localAdaptor())],
    ['FLoRAL', () => compared(floralMethod(3))],
    ['FLoRAL of a rank that is merged', () => compared(floralMethod(3), { training: { rate: 0.1, batch: 22 } }, false, 1)], // prettier-ignore
    ['FLoRAL, π*', () => compared(floralMethod(3, 'given'), pi)],
    ['FLoRAL, losses', () => compared(floralMethod(3, 'losses'))],
    ['FLoRAL, hard', () => compared(floralMethod(3, 'hard'))],
    ['Ensemble', () => compared(ensemble(3))],
    ['Ensemble, π*', () => compared(ensemble(3, 'given'), pi)],
    ['Ensemble, losses', () => compared(ensemble(3, 'losses'))],
    ['IFCA', () => compared(ifca(3))],
    ['FedEM', () => compared(fedEm(3))],
    ['FedProx', () => compared(fedProx())],
    ['Ditto', () => compared(ditto())],
    ['private modules', () => compared(privateModules(['dense1/kernel']), {}, false, 2, privateModules(['classifier/kernel']))], // prettier-ignore
    ['alternating halves', () => compared(alternating(3), { training: { rate: 0.1, batch: 8, epochs: 2 } })],
    ['clipped steps', () => compared(floralMethod(3), { training: { rate: 0.1, batch: 8, clip: 0.3 } })],
    ['a frozen V', () => compared(floralMethod(3), { training: { rate: 0.1, batch: 8, freezeV: true } })],
    ['no preconditioner', () => compared(floralMethod(3), { training: { rate: 0.1, batch: 8, precondition: null } })],
    ['momentum that is kept', () => compared(floralMethod(3), { training: { rate: 0.02, batch: 8, optimizer: 'momentum', keepMoments: true } })], // prettier-ignore
    ['unshuffled data', () => compared(floralMethod(3), { training: { rate: 0.1, batch: 8, shuffle: false } })],
    ['an entropy and a temperature', () => compared(floralMethod(3), { router: { entropy: 0.1, temperature: 0.7 } })],
    ['weights above 1', () => compared(floralMethod(3), { router: { clamp: 0.2, renormalise: false } })],
    ['renormalised clamps', () => compared(floralMethod(3), { router: { clamp: 0.3, noise: 0.3 } })],
    ['the two largest', () => compared(floralMethod(3), { router: { top: 2, noise: 0 } })],
    ['cohorts that lose clients', () => compared(floralMethod(3), { dropout: 0.4 })],
  ];
  it.each(cases)('%s', (_, of) => {
    const before = tf.memory().numTensors;
    expect(of()).toBeLessThan(1e-4);
    expect(tf.memory().numTensors).toBe(before);
  });
  // Adam divides by roots of squares, small ones too: they have fewer digits.
  it('Adam, kept, of clients that took part differently often', () => {
    const training = { rate: 0.01, batch: 8, optimizer: 'adam', keepMoments: true } as const;
    expect(compared(floralMethod(3), { training, dropout: 0.3 })).toBeLessThan(2e-3);
  });
});

describe('networks with convolutions', () => {
  beforeAll(async () => void (await useBackend('wasm')));
  const images = (side: number, count: number, seed: number): ClientData => ({ x: random(seed, count * side * side), y: Array.from({ length: count }, (_, i) => (i + seed) % 3) }); // prettier-ignore

  const grouped = () => floralNetwork(resnetMini({ inputs: [6, 6, 1], classes: 3, norm: 'group' }), { clusters: 2, rank: 1, adaptors: { norm: true } }); // prettier-ignore

  it.each([
    [
      'convolutions',
      14,
      () => floralNetwork(cifarCnn({ inputs: [14, 14, 1], classes: 3 }), { clusters: 2, rank: 0.1 }),
    ],
    ['group norms', 6, grouped],
  ])('give a client alone what they give it in a cohort, bit for bit: %s', (_, side, made) => {
    const model = made();
    const federation = { clients: [0, 1, 2].map((k) => images(side, 6, k)) };
    const options = { method: floralMethod(2), rounds: 2, training: { rate: 0.05, batch: 4 }, seed: 1 };
    const { cohort, ...rest } = model;
    const alone = { ...rest, cohort: { ...cohort!, descend: (round: never, members: readonly never[], proximal: number) => members.forEach((one) => cohort!.descend(round, [one], proximal)), add: (round: never, members: readonly never[], proximal: number, sums: never) => members.every((one) => cohort!.add(round, [one], proximal, sums)) } }; // prettier-ignore
    const [a, b] = [model, alone].map((m) => train({ model: m, loss: 'cross-entropy' }, federation, options).run.shared); // prettier-ignore
    for (const part of ['base', 'adaptors'] as const) expect(apart(b![part], a![part])).toBe(0);
    // And to rounding what forward and backward make of it step by step.
    const slow = train({ model: rest, loss: 'cross-entropy' }, federation, options).run.shared;
    expect(apart(slow.base, a!.base)).toBeLessThan(1e-4);
    expect(apart(slow.adaptors, a!.adaptors)).toBeLessThan(1e-4);
  });

  it('norms have gains and offsets of each cluster, with the gradients of differences', () => {
    const model = grouped();
    const { layout } = model;
    const norms = layout.adaptors.filter(({ target }) => /(gamma|beta)$/.test(target.name));
    expect(norms.map(({ kind }) => kind)).toEqual(new Array(2 * 9).fill('vector'));
    const weights = {
      base: model.start(1),
      adaptors: random(2, layout.adaptorSize, 0.3),
      pi: Float64Array.of(0.3, 0.7),
    };
    const [{ x }, dy, rows] = [images(6, 2, 3), random(4, 6), Uint32Array.of(0, 1)];
    const mixed = model.forward(0, weights, x, rows).slice();
    expect(apart(model.forward(1, { base: merge(layout, weights), adaptors: null, pi: null }, x, rows), mixed)).toBeLessThan(1e-4); // prettier-ignore
    const into = { base: new Float64Array(layout.baseSize), adaptors: new Float64Array(layout.adaptorSize), pi: new Float64Array(2) }; // prettier-ignore
    model.forward(0, weights, x, rows);
    model.backward(0, weights, dy, into);
    const value = (adaptors: Float64Array) => model.forward(1, { ...weights, adaptors }, x, rows).reduce((sum, y, i) => sum + y * dy[i]!, 0); // prettier-ignore
    for (const block of norms) {
      if (block.kind !== 'vector') continue;
      const { start, length } = block.part;
      const direction = random(5, 2 * length);
      const moved = (h: number) => value(weights.adaptors.map((a, i) => a + (i >= start && i < start + 2 * length ? h * direction[i - start]! : 0))); // prettier-ignore
      const along = direction.reduce((sum, d, i) => sum + d * into.adaptors[start + i]!, 0);
      expect(Math.abs((moved(3e-3) - moved(-3e-3)) / 6e-3 - along)).toBeLessThan(0.03 * Math.abs(along) + 0.03);
    }
  });

  it('drop numbers in local steps by keys of round, client and step, and none elsewhere', () => {
    const net = (dropout: number) => floralNetwork(vgg8({ inputs: [32, 32, 1], classes: 3, dropout }), { clusters: 1, rank: 1 }); // prettier-ignore
    const federation = { clients: [images(32, 4, 1)] };
    const of = (dropout: number) => train({ model: net(dropout), loss: 'cross-entropy' }, federation, { method: floralMethod(1), rounds: 1, training: { rate: 0.05, batch: 2 }, seed: 2 }).run.shared; // prettier-ignore
    const [once, again, without] = [0.5, 0.5, 0].map((dropout) => of(dropout).base);
    expect(apart(once!, again!)).toBe(0);
    expect(apart(once!, without!)).toBeGreaterThan(0);
    const [some, none] = [net(0.5), net(0)];
    const base = some.start(1);
    const out = (model: Model) => model.forward(0, { base, adaptors: null, pi: null }, federation.clients[0]!.x, Uint32Array.of(0, 1)); // prettier-ignore
    expect(out(some)).toEqual(out(none));
  });

  it('route an unseen client', () => {
    const model = floralNetwork(smallCnn({ inputs: [8, 8, 1], classes: 3 }), { clusters: 2, rank: 1 });
    const shared = { base: model.start(0), adaptors: stream(1, 'a').fillNormal(new Float64Array(model.layout.adaptorSize)) }; // prettier-ignore
    for (const by of ['losses', 'gradient'] as const) {
      const found = route({ model, loss: 'cross-entropy' }, floralMethod(2), shared, images(8, 5, 1), { by });
      expect(found[0]! + found[1]!).toBeCloseTo(1, 6);
      expect(Math.max(...found)).toBeGreaterThan(0.6);
    }
  });
});

it('members of an ensemble start apart, and a start is of its seed', () => {
  const model = floralNetwork(network({ inputs: 3, hidden: [4], classes: 2 }), { clusters: 0 });
  expect(model.start(1)).toEqual(model.start(1, 0));
  expect(model.start(1, 1)).not.toEqual(model.start(1));
  expect(model.start(2)).not.toEqual(model.start(1));
});

it('refuses networks with running statistics, of tokens, and what is no network', () => {
  expect(() => floralNetwork(vggMini({ inputs: [8, 8, 1], classes: 2 }), { clusters: 2 })).toThrow("floralNetwork: 'network' is 'vggMini'; must be one without running statistics"); // prettier-ignore
  expect(() => floralNetwork('vgg' as never, { clusters: 2 })).toThrow(
    "floralNetwork: 'network' is 'vgg'; must be a network.",
  );
  expect(() => floralNetwork(bert({ vocabulary: 5, width: 4, hidden: 4, layers: 1, heads: 1, context: 4 }), { clusters: 2 })).toThrow("'network' is 'bert'; must be one that reads numbers"); // prettier-ignore
});
