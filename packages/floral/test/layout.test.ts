import { describe, expect, it } from 'vitest';
import { type Layer, layoutOf, rankOf, stats } from '../src/index.js';

const mnist: Layer[] = [
  { kind: 'dense', name: 'fc1', inputs: 784, outputs: 200 },
  { kind: 'dense', name: 'fc2', inputs: 200, outputs: 10 },
];
const cifar: Layer[] = [
  { kind: 'conv', name: 'conv1', kernel: [5, 5], inputs: 3, outputs: 32 },
  { kind: 'conv', name: 'conv2', kernel: [3, 3], inputs: 32, outputs: 64 },
  { kind: 'dense', name: 'fc1', inputs: 1024, outputs: 64 },
  { kind: 'dense', name: 'fc2', inputs: 64, outputs: 10 },
];
const ranks = (layers: Layer[], rank: number, rankRule: 'paper' | 'official') =>
  layoutOf(layers, { clusters: 4, rank, rankRule }).adaptors.flatMap((b) => (b.kind === 'factors' ? [b.rank] : []));
const sizes = (layers: Layer[], rank: number, rankRule: 'paper' | 'official') => {
  const { adaptors } = layoutOf(layers, { clusters: 4, rank, rankRule });
  return layers.map((_, l) => {
    const own = adaptors.filter((b) => b.target.layer === l);
    return own.reduce((sum, b) => sum + (b.kind === 'factors' ? b.v.length + b.u.length : b.part.length), 0);
  });
};

describe('sizes of the paper’s models', () => {
  it.each(['paper', 'official'] as const)('MNIST under the rule %s', (rule) => {
    expect(layoutOf(mnist, { clusters: 4 }).baseSize).toBe(159_010);
    expect(sizes(mnist, 0.01, rule)).toEqual([1184, 220]);
    expect(sizes(mnist, 0.1, rule)).toEqual([14_960, 220]);
  });
  it('CIFAR-10 under the rule of the authors’ code', () => {
    expect(layoutOf(cifar, { clusters: 4 }).baseSize).toBe(87_178);
    expect(sizes(cifar, 0.01, 'official')).toEqual([207, 352, 1152, 84]);
    expect(sizes(cifar, 0.1, 'official')).toEqual([207, 1216, 6592, 84]);
    expect(ranks(cifar, 0.1, 'official')).toEqual([1, 4, 6, 1]);
  });
  it('CIFAR-10 under the paper’s rule', () => {
    expect(ranks(cifar, 0.1, 'paper')).toEqual([1, 6, 6, 1]);
    expect(sizes(cifar, 0.1, 'paper')).toEqual([207, 6 * 288 + 64, 6592, 84]);
  });
  it('statistics count all adaptors, and the weights that are sent', () => {
    expect(stats(layoutOf(mnist, { clusters: 4 }))).toEqual({
      base: 159_010,
      adaptor: 15_180,
      percent: (100 * 4 * 15_180) / 159_010,
      bytesUp: 8 * (159_010 + 4 * 15_180 + 4),
      bytesDown: 8 * (159_010 + 4 * 15_180),
    });
  });
});

describe('ranks', () => {
  it('are the budget’s, a number, or a word’s', () => {
    expect(rankOf(0.1, 784, 200, 784 * 200)).toBe(15);
    expect(rankOf(0.001, 16, 8, 128)).toBe(1);
    expect(rankOf(3, 16, 8, 128)).toBe(3);
    expect(rankOf('sqrt', 784, 200, 784 * 200)).toBe(14);
    expect(rankOf('log', 784, 200, 784 * 200)).toBe(8);
    expect([1, 2, 3, 4, 5, 6, 10, 11, 90].map((n) => rankOf('log', n, 1000, n * 1000))).toEqual(
      [1, 2, 3, 4, 5, 6, 10, 11, 90].map((n) => Math.round(Math.log2(1 + n))),
    );
    expect(rankOf('full', 784, 200, 784 * 200)).toBe(200);
  });
  it.each([
    [0, "rankOf: 'rank' is 0; must be a budget between 0 and 1, an integer of at least 1, 'sqrt', 'log' or 'full'."],
    [1.5, "rankOf: 'rank' is 1.5; must be a budget"],
    [9, "rankOf: 'rank' is 9; must be at most 8, the smaller side of a kernel here. Take 'full' for it."],
    ['half', "rankOf: 'rank' is 'half'"],
  ])('%s is refused', (rank, message) => {
    expect(() => rankOf(rank as number, 16, 8, 128)).toThrow(message);
  });
});

describe('layouts', () => {
  it('of norms and embeddings have adaptors where they are asked for', () => {
    const layers: Layer[] = [
      { kind: 'embedding', name: 'words', inputs: 50, outputs: 8 },
      { kind: 'norm', name: 'norm', outputs: 8 },
      { kind: 'other', name: 'rest', shapes: [[2, 2], [3]] },
      { kind: 'dense', name: 'out', inputs: 8, outputs: 4, bias: false },
    ];
    const kinds = (adaptors: object) => layoutOf(layers, { clusters: 2, rank: 2, adaptors }).adaptors.map((b) => `${b.kind} ${b.target.name}`); // prettier-ignore
    expect(kinds({})).toEqual(['factors out/kernel']);
    expect(kinds({ norm: true, embedding: true, linear: false })).toEqual([
      'factors words/embeddings',
      'vector norm/gamma',
      'vector norm/beta',
    ]);
    expect(layoutOf(layers, { clusters: 0 }).baseSize).toBe(50 * 8 + 16 + 7 + 32);
  });
  it('without a layer for an adaptor are refused', () => {
    const only: Layer[] = [{ kind: 'norm', name: 'norm', outputs: 8 }];
    expect(() => layoutOf(only, { clusters: 2 })).toThrow('No layer is left that an adaptor fits.');
    expect(() => layoutOf(mnist, { clusters: -1 })).toThrow(
      "layoutOf: 'clusters' is -1; must be an integer of at least 0",
    );
    expect(() => layoutOf(mnist, { clusters: 2, ranks: 3 } as never)).toThrow("Did you mean 'rank'?");
    expect(() => layoutOf(mnist, { clusters: 2, rankRule: 'code' as never })).toThrow("must be 'paper' or 'official'");
  });
});
