import { readFileSync } from 'node:fs';
import { emptyTraffic, startServer } from '@assay-ml/federated';
import { cifarCnn, mlp as network } from '@assay-ml/networks';
import { useBackend } from '@assay-ml/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientData, floralMethod, lossOf, mlp, type Model, precondition, train } from '../src/index.js';
import { floralNetwork } from '../src/networks.js';
import { apart } from './reference.js';

interface Run {
  ranks: number[];
  preconditioned: string;
  base: string;
  adaptors: string;
  thetas: number[][];
}

/** Made by scripts/pytorch_fixture.py, which also says what the constants below are. */
const fixture = JSON.parse(readFileSync(new URL('fixtures/pytorch.json', import.meta.url), 'utf8')) as Record<'mlp' | 'cifarCnn', Run>; // prettier-ignore

const floats = (text: string) => Float64Array.from(new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer)); // prettier-ignore

/** The numbers of the script's `formula`. */
const formula = (length: number, phase: number, scale = 1) =>
  Float64Array.from({ length }, (_, k) => scale * Math.sin(1.7 * k + phase + Math.cos(0.3 * k)));

/** The numbers of the script's `chirp`. */
const chirp = (length: number, phase: number, scale: number) =>
  Float64Array.from({ length }, (_, k) => scale * Math.sin(0.37 * k * k + 1.7 * k + phase));

/** A training from the script's start: whatever of it is not a default is as there. */
function trained(model: Model, classes: number) {
  const { layout } = model;
  const base = new Float64Array(layout.baseSize);
  layout.base.forEach(({ start, size, shape }, i) => {
    const fan = size / shape.at(-1)!;
    base.set(formula(size, i, shape.length > 1 ? 1.5 / Math.sqrt(fan) : 0.3), start);
  });
  const adaptors = new Float64Array(layout.adaptorSize);
  layout.parts.forEach(({ start, length }, i) => adaptors.set(chirp(2 * length, 20 + i, i % 3 === 2 ? 0.1 : 0.3), start)); // prettier-ignore
  const clients = [8, 8, 10, 6].map((N, k): ClientData => ({ x: formula(N * model.inputs, 100 + k), y: Array.from({ length: N }, (_, i) => (i * 7 + k) % classes) })); // prettier-ignore
  const problem = { model, loss: 'cross-entropy' } as const;
  const first = clients[0]!;
  const rows = Uint32Array.of(0, 1, 2, 3);
  const weights = { base, adaptors, pi: Float64Array.of(0.5, 0.5) };
  const outputs = model.forward(0, weights, first.x, rows);
  const dy = new Float64Array(outputs.length);
  lossOf('cross-entropy', outputs, first.y, rows, dy);
  const into = { base: new Float64Array(base.length), adaptors: new Float64Array(adaptors.length), pi: new Float64Array(2) }; // prettier-ignore
  model.backward(0, weights, dy, into);
  precondition(layout, adaptors, into.adaptors);

  const run = { round: 0, shared: { base, adaptors }, server: startServer(base.length + adaptors.length, {}), traffic: emptyTraffic({ base: 'float64', adaptors: 'float64', weights: 'float64' }), reports: [] }; // prettier-ignore
  const options = { method: floralMethod(2), rounds: 3, training: { rate: 0.05, routerRate: 0.5, batch: 4, shuffle: false }, router: { noise: 0 } } as const; // prettier-ignore
  const { run: after, store } = train(problem, { clients }, options, run);
  return { ...after.shared, preconditioned: into.adaptors, thetas: [0, 1, 2, 3].map((k) => [...store.get(k)!.theta]) };
}

function expectAsThere(model: Model, run: Run, classes: number, tolerance: number) {
  expect(model.layout.adaptors.flatMap((block) => (block.kind === 'factors' ? [block.rank] : []))).toEqual(run.ranks);
  const found = trained(model, classes);
  expect(apart(found.preconditioned, floats(run.preconditioned))).toBeLessThan(tolerance);
  expect(apart(found.base, floats(run.base))).toBeLessThan(tolerance);
  expect(apart(found.adaptors, floats(run.adaptors))).toBeLessThan(tolerance);
  expect(apart(found.thetas.flat(), run.thetas.flat())).toBeLessThan(tolerance);
}

it.each(['merged', 'factored'] as const)('arrays, %s, train as in PyTorch, to the digits of the file', (form) => {
  expectAsThere(mlp([12, 16, 5], { clusters: 2, rank: 0.3, form }), fixture.mlp, 5, 1e-6);
});

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  beforeAll(async () => void (await useBackend(backend)));
  it('a perceptron trains as in PyTorch', () => {
    const net = network({ inputs: 12, hidden: [16], classes: 5 });
    expectAsThere(floralNetwork(net, { clusters: 2, rank: 0.3 }), fixture.mlp, 5, 1e-4);
  });
});

it('a network with convolutions trains as in PyTorch', async () => {
  await useBackend('wasm');
  const net = cifarCnn({ inputs: [14, 14, 1], classes: 3 });
  expectAsThere(floralNetwork(net, { clusters: 2, rank: 0.1 }), fixture.cifarCnn, 3, 1e-4);
});
