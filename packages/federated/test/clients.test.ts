import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { chargeTraffic, type ClientStore, cohorts, emptyTraffic, folderStore, heldOut, loadState, memoryStore, privatise, saveState, survivors, trafficBytes } from '../src/index.js'; // prettier-ignore

const folder = mkdtempSync(join(tmpdir(), 'federated-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each<[string, () => ClientStore]>([
  ['memory', () => memoryStore()],
  ['a folder', () => folderStore(join(folder, 'states'))],
])('a store in %s', (_, make) => {
  it('keeps one state a client, bit for bit', () => {
    const store = make();
    expect(store.get(3)).toBeNull();
    store.put(12, { theta: Float64Array.of(-0, 1 / 3), x: Float32Array.of(0.1) });
    store.put(3, { round: 1 });
    store.put(3, { round: 2 });
    expect(store.clients()).toEqual([3, 12]);
    expect(store.get(3)).toEqual({ round: 2 });
    expect(store.get(12)).toStrictEqual({ theta: Float64Array.of(-0, 1 / 3), x: Float32Array.of(0.1) });
    expect(() => store.put(-1, {})).toThrow("'client' is -1; must be an integer of at least 0.");
  });
});

it('a folder outlives its store, leaves nothing half-written, and names a file that is damaged', () => {
  const path = join(folder, 'again');
  folderStore(path).put(7, [1, 2]);
  expect(folderStore(path).get(7)).toEqual([1, 2]);
  expect(readdirSync(path)).toEqual(['client-7.json']);
  writeFileSync(join(path, 'client-7.json'), '{"float64":');
  expect(() => folderStore(path).get(7)).toThrow(/client-7\.json' is damaged; must be what put wrote\./);
});

it('Float32Arrays are saved as such', () => {
  const back = loadState(JSON.parse(JSON.stringify(saveState({ x: Float32Array.of(1.5, -0, Infinity) }))) as never);
  expect(back).toStrictEqual({ x: Float32Array.of(1.5, -0, Infinity) });
  expect(() => loadState({ float32: 'AAAA' })).toThrow("loadState: 'float32' is 3 bytes; must be whole numbers of 4 bytes. The file is damaged."); // prettier-ignore
  expect(() => saveState({ float32: 1 })).toThrow("an object has 'float32' as its only key");
});

describe('cohorts by weight', () => {
  it('are of seed and round, without repetition, ascending', () => {
    const draw = () => cohorts({ cohort: 3, weights: [1, 2, 3, 4, 5] }, 5, 9);
    for (let r = 0; r < 50; r++) {
      const one = [...draw()(r)];
      expect(one).toEqual([...new Set(one)].sort((a, b) => a - b));
      expect([...draw()(r)]).toEqual(one);
    }
  });
  it('draw a single client in proportion to its weight', () => {
    const draw = cohorts({ cohort: 1, weights: [1, 3] }, 2, 4);
    let heavy = 0;
    for (let r = 0; r < 4000; r++) heavy += draw(r)[0]!;
    // Four standard deviations.
    expect(Math.abs(heavy / 4000 - 0.75)).toBeLessThan(4 * Math.sqrt((0.75 * 0.25) / 4000));
  });
  it('refuse weights that are none', () => {
    expect(() => cohorts({ cohort: 1, weights: [1, 0] }, 2, 0)).toThrow(
      'weight of client 1 is 0; must be finite and positive',
    );
  });
});

it('clients drop out on their own, of seed, round and client', () => {
  const all = Uint32Array.from({ length: 1000 }, (_, k) => k);
  const left = survivors(all, 0.3, 5, 2);
  expect(Math.abs(left.length - 700)).toBeLessThan(4 * Math.sqrt(210));
  const some = survivors(all.slice(0, 10), 0.3, 5, 2);
  expect([...some]).toEqual([...left].filter((k) => k < 10));
  expect(survivors(all, 0, 5, 2)).toEqual(all);
  expect(() => survivors(all, 1, 5, 2)).toThrow("survivors: 'dropout' is 1; must be from 0 to below 1.");
});

it('clients kept unseen are no others', () => {
  const { unseen, seen } = heldOut(10, 3, 1);
  expect([unseen.length, seen.length]).toEqual([3, 7]);
  expect([...unseen, ...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, k) => k));
  expect(() => heldOut(3, 3, 1)).toThrow(
    "heldOut: 'count' is 3; must be below the number of clients, 3. Someone must train.",
  );
});

describe('privatise', () => {
  const key = { seed: 1, round: 2, client: 3 };
  it('clips what was changed, not the point', () => {
    const update = Float64Array.of(13, 14);
    expect(privatise(update, [10, 10], { clip: 1 }, key)).toBe(5);
    expect([...update]).toEqual([10.6, 10.8]);
    const small = Float64Array.of(10.25, 10);
    privatise(small, [10, 10], { clip: 1 }, key);
    expect([...small]).toEqual([10.25, 10]);
  });
  it('adds noise of its scale and key', () => {
    const noisy = () => {
      const update = new Float64Array(4000);
      privatise(update, new Float64Array(4000), { clip: 2, noise: 0.5 }, key);
      return update;
    };
    const variance = noisy().reduce((sum, x) => sum + x * x, 0) / 4000;
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / 4000));
    expect(noisy()).toEqual(noisy());
  });
  it.each([
    [{ clip: 0 }, "'clip' is 0"],
    [{ clip: 1, noise: -1 }, "'noise' is -1"],
    [{ clip: 1, epsilon: 3 } as never, "'epsilon' is no option"],
  ])('refuses %j', (options, message) => {
    // prettier-ignore
    expect(() => privatise(new Float64Array(1), [1], options, key)).toThrow(message);
    expect(() => privatise(new Float64Array(1), [1, 2], { clip: 1 }, key)).toThrow('must be 2, as');
  });
});

it('traffic counts bytes by group and dtype', () => {
  const traffic = emptyTraffic({ base: 'float32', adaptors: 'float16' });
  chargeTraffic(traffic, 'base', 3, 10, 20);
  chargeTraffic(traffic, 'base', 1, 1, 0);
  expect(trafficBytes(traffic)).toEqual({ base: { up: 4 * 31, down: 4 * 60 }, adaptors: { up: 0, down: 0 } });
  expect(() => chargeTraffic(traffic, 'router', 1, 1, 1)).toThrow("'group' is 'router'; must be 'base' or 'adaptors'.");
  expect(() => chargeTraffic(traffic, 'base', 1, -1, 1)).toThrow("'up' is -1");
  expect(() => emptyTraffic({ base: 'bfloat' as never })).toThrow("'base' is 'bfloat'");
});
