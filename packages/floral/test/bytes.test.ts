import { describe, expect, it } from 'vitest';
import { decodeShared, decodeUpdate, encodeShared, encodeUpdate, fedAvg, floralMethod, layoutOf, mlp, sweep, train, type Update } from '../src/index.js'; // prettier-ignore
import { random } from './reference.js';

const layout = layoutOf([{ kind: 'dense', name: 'd', inputs: 4, outputs: 3 }], { clusters: 2, rank: 1 });
const update: Update = { client: 7, examples: 12, base: random(1, layout.baseSize), adaptors: random(2, layout.adaptorSize), pi: Float64Array.of(0.25, 0.75) }; // prettier-ignore

describe('bytes', () => {
  it('give an update and what is shared back bit for bit', () => {
    expect(decodeUpdate(encodeUpdate(update, layout, 3), layout, 3)).toEqual(update);
    const shared = { base: update.base, adaptors: new Float64Array(0) };
    expect(decodeShared(encodeShared(shared, layout, 0), layout, 0)).toEqual(shared);
  });
  it('are safetensors without θ: a header of names, then little-endian doubles', () => {
    const bytes = encodeUpdate(update, layout, 3);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, { data_offsets: number[] }>; // prettier-ignore
    expect(Object.keys(header)).toEqual(['__metadata__', 'base', 'adaptors', 'pi']);
    expect(header['pi']!.data_offsets).toEqual([8 * 35, 8 * 37]);
    expect(bytes.length).toBe(8 + length + 8 * 37);
    expect((8 + length) % 8).toBe(0);
    expect(new DataView(bytes.buffer).getFloat64(bytes.length - 8, true)).toBe(0.75);
  });
  it('of another round, another model or another kind are refused, and bytes that are cut', () => {
    const bytes = encodeUpdate(update, layout, 3);
    const other = layoutOf([{ kind: 'dense', name: 'd', inputs: 4, outputs: 3 }], { clusters: 2, rank: 2 });
    expect(() => decodeUpdate(bytes, layout, 4)).toThrow(
      "decodeUpdate: 'round' is 3; must be 4, the round that is going on.",
    );
    expect(() => decodeUpdate(bytes, other, 3)).toThrow(
      'are of another model: d/kernel [4, 3]; d/bias [3]; d/kernel × 1;',
    );
    expect(() => decodeShared(bytes, layout, 3)).toThrow("are no 'shared'; must be what encodeShared made.");
    expect(() => decodeUpdate(bytes.subarray(0, 5), layout, 3)).toThrow('are cut after 5');
    expect(() => decodeUpdate(bytes.subarray(0, bytes.length - 8), layout, 3)).toThrow("lack 'pi'");
    expect(() => decodeUpdate(new Uint8Array(16), layout, 3)).toThrow("are no 'update'");
  });
});

const clients = [0, 1, 2].map((k) => ({ x: random(20 + k, 24), y: [0, 1, 1, 0, 1, 0, 0, 1] }));
const options = { rounds: 4, training: { rate: 0.3, batch: 4 }, seed: 1 } as const;

it('the hook of a training clips what clients change, and its noise is of its key', () => {
  const problem = { model: mlp([3, 4, 2], { clusters: 0 }), loss: 'cross-entropy' } as const;
  const of = (hook: { clip: number; noise?: number } | null) => train(problem, { clients }, { ...options, rounds: 1, method: fedAvg(), privatise: hook }).run.shared.base; // prettier-ignore
  const start = problem.model.start(1);
  const moved = (base: Float64Array) => Math.hypot(...base.map((w, i) => w - start[i]!));
  expect(moved(of({ clip: 1e-3 }))).toBeLessThanOrEqual(1e-3 * (1 + 1e-9));
  expect(of({ clip: 1e9 }).every((w, i) => Math.abs(w - of(null)[i]!) < 1e-12)).toBe(true);
  expect(of({ clip: 1, noise: 0.5 })).toEqual(of({ clip: 1, noise: 0.5 }));
  expect(of({ clip: 1, noise: 0.5 })).not.toEqual(of({ clip: 1 }));
});

it('a sweep trains every pair and names the fewest parameters within the slack', () => {
  const problemOf = (clusters: number, rank: never) => ({ model: mlp([3, 4, 2], { clusters, rank }), loss: 'cross-entropy' }) as const; // prettier-ignore
  const optionsOf = (C: number) => ({ ...options, method: floralMethod(C) });
  const federation = { clients, tests: clients };
  const { all, elbow } = sweep(problemOf as never, federation, optionsOf, [2, 3], [1, 2], 10);
  expect(all.map(({ clusters, rank }) => [clusters, rank])).toEqual([[2, 1], [2, 2], [3, 1], [3, 2]]); // prettier-ignore
  expect(elbow).toMatchObject({ clusters: 2, rank: 1 });
  const strict = sweep(problemOf as never, federation, optionsOf, [2, 3], [1, 2], 0).elbow;
  expect(strict.report.loss.mean).toBe(Math.min(...all.map(({ report }) => report.loss.mean)));
  expect(() => sweep(problemOf as never, { clients }, optionsOf, [2], [1])).toThrow("sweep: 'tests' is undefined");
  expect(() => sweep(problemOf as never, federation, optionsOf, [], [1])).toThrow('must be lists of at least one each');
});
