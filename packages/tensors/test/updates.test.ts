/** Optimiser steps in place: against their formulas, operation by operation in float32. */
import { stream } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  adam, adamRule, hasMemory, isShared, leakGuard, lion, lionRule, momentum, momentumRule, type Moments, sign, signUpdate, sumOfSquares, update, updateColumns, updateRows, type UpdateRule, useBackend, withMemory,
} from '../src/index.js'; // prettier-ignore
import { backendsPresent, distance } from './compare.js';

const BACKENDS = await backendsPresent();
beforeAll(() => useBackend('wasm'));

const drawn = (n: number, ...name: (string | number)[]) =>
  Float32Array.from(stream(3, 'updates', ...name).fillNormal(new Float64Array(n)));
const at = Math.fround;
const signOf = (value: number) => (value > 0 ? 1 : value < 0 ? -1 : 0);

const RULES: Readonly<Record<string, UpdateRule>> = {
  adam: adamRule({ rate: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-8, t: 3 }),
  lion: lionRule({ rate: 0.01, beta1: 0.9, beta2: 0.99 }),
  momentum: momentumRule({ rate: 0.01, momentum: 0.9, dampening: 0.2, nesterov: false }),
  Nesterov: momentumRule({ rate: 0.01, momentum: 0.9, dampening: 0, nesterov: true }),
};

/** What x loses, and the moments, of one number. */
function lost(name: string, g: number, m: number, v: number): [number, number, number] {
  const rule = RULES[name]!;
  const [a, b, c, d] = [rule.a, rule.b, rule.c, rule.d].map(at) as [number, number, number, number];
  if (name === 'adam') {
    const first = at(m + at(a * at(g - m)));
    const second = at(v + at(b * at(at(g * g) - v)));
    return [at(at(c * first) / at(at(Math.sqrt(second)) + d)), first, second];
  }
  if (name === 'lion') return [c * signOf(at(m + at(a * at(g - m)))), at(m + at(b * at(g - m))), 0];
  const buffer = at(at(a * m) + at(b * g));
  return [at(c * (name === 'Nesterov' ? at(g + at(a * buffer)) : buffer)), buffer, 0];
}

const momentsOf = (name: string, n: number): [Float32Array] | [Float32Array, Float32Array] =>
  name === 'adam' ? [drawn(n, 'm'), drawn(n, 'v').map(Math.abs)] : [drawn(n, 'm')];

/** How many numbers differ in a bit; long lists are slow to compare otherwise. */
function differing(a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]): number {
  expect(a.map(({ length }) => length)).toEqual(b.map(({ length }) => length));
  let count = 0;
  a.forEach((values, k) => {
    for (let i = 0; i < values.length; i++) if (!Object.is(values[i], b[k]![i])) count++;
  });
  return count;
}

/** Runs on arrays in wasm's memory, and gives what they hold afterwards. */
function inTensors<T>(arrays: readonly Float32Array[], run: (arrays: Float32Array[]) => T): [T, number[][]] {
  const tensors = arrays.map((values) => tf.tensor1d(values));
  const result = withMemory(tensors, run);
  const after = tensors.map((tensor) => [...tensor.dataSync()]);
  tf.dispose(tensors);
  return [result, after];
}

describe.each(Object.keys(RULES))('%s', (name) => {
  // Parts of four, and arrays of several strips.
  it.each([0, 1, 3, 4, 7, 64, 20_003])('of %i numbers has the bits of its formula, in arrays and in tensors', (n) => {
    const keep = 0.98;
    const [x, g, moments] = [drawn(n, 'x'), drawn(n, 'g'), momentsOf(name, n)];
    const wanted = Array.from(x, (own, i) => {
      const [u, m, v] = lost(name, g[i]!, moments[0][i]!, moments[1]?.[i] ?? 0);
      return [at(at(at(keep) * own) - u), m, v] as const;
    });
    const before = [x, g, ...moments].map((values) => values.slice());
    update(RULES[name]!, x, moments, g, keep);
    expect(
      differing(
        [x, ...moments],
        [0, ...moments.keys()].map((_, k) => wanted.map((all) => all[k]!)),
      ),
    ).toBe(0);
    const [, after] = inTensors(before, ([w, d, ...m]) => update(RULES[name]!, w!, m as never, d!, keep));
    expect(differing(after, [x, g, ...moments])).toBe(0);
  });
});

/** A split step by the formulas; the chosen coordinates in the order of their moments. */
function bySplit(
  name: string,
  x: Float32Array,
  moments: Moments,
  g: Float32Array,
  chosen: readonly number[],
  rate: number,
  keep: number,
) {
  let squares = 0;
  x.forEach((own, i) => {
    const k = chosen.indexOf(i);
    if (k < 0) {
      x[i] = at(at(at(keep) * own) - at(rate) * signOf(g[i]!));
      return;
    }
    const [u, m, v] = lost(name, g[i]!, moments[0][k]!, moments[1]?.[k] ?? 0);
    x[i] = at(at(at(keep) * own) - u);
    moments[0][k] = m;
    if (moments[1]) moments[1][k] = v;
    squares += g[i]! ** 2;
  });
  return squares;
}

describe('a matrix with moments of some columns or rows', () => {
  const sizes = fc.integer({ min: 1, max: 11 });
  it.each(Object.keys(RULES))('goes by the rule there and by the sign elsewhere: %s', (name) => {
    fc.assert(
      fc.property(
        sizes,
        sizes,
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.boolean(),
        fc.nat(99),
        (rows, columns, rho, byRow, seed) => {
          const [of, n] = [byRow ? rows : columns, rows * columns];
          const indices = stream(seed, 'split')
            .choice(of, new Uint32Array(Math.ceil(rho * of)))
            .sort();
          const coordinates = Array.from({ length: n }, (_, i) => i).filter((i) => indices.includes(byRow ? Math.floor(i / columns) : i % columns)); // prettier-ignore
          const [x, g, moments] = [drawn(n, seed, 'x'), drawn(n, seed, 'g'), momentsOf(name, coordinates.length)];
          g[0] = 0;
          const copies = () => [x.slice(), g.slice(), ...moments.map((m) => m.slice())] as const;
          const split = { shape: [rows, columns] as const, indices, rate: 0.003, keep: 0.99 };
          const step = byRow ? updateRows : updateColumns;
          const wanted = copies();
          const squares = bySplit(name, wanted[0], wanted.slice(2) as never, wanted[1], coordinates, 0.003, 0.99);
          const plain = copies();
          const found = step(RULES[name]!, plain[0], plain.slice(2) as never, plain[1], split);
          expect(Math.abs(found - squares)).toBeLessThanOrEqual(1e-6 * squares);
          expect(plain.map((values) => [...values])).toEqual(wanted.map((values) => [...values]));
          const [same, after] = inTensors(copies(), ([w, d, ...m]) => step(RULES[name]!, w!, m as never, d!, split));
          expect(same).toBe(found);
          expect(after).toEqual(plain.map((values) => [...values]));
        },
      ),
      { numRuns: 20 },
    );
  });

  it.each([
    [200, 400, false],
    [400, 200, true],
    [1, 20_001, false],
    [2, 60_000, false],
  ])(
    '%i × %i, more than a strip, has the same bits in arrays, in tensors, and half in each',
    (rows, columns, byRow) => {
      const [of, n] = [byRow ? rows : columns, rows * columns];
      const indices = stream(5, 'large').choice(of, new Uint32Array(Math.floor(of / 4))).sort(); // prettier-ignore
      const split = { shape: [rows, columns] as const, indices, rate: 0.003, keep: 1 };
      const step = byRow ? updateRows : updateColumns;
      const length = (byRow ? columns : rows) * indices.length;
      const made = () => [drawn(n, 'x'), drawn(n, 'g'), drawn(length, 'm'), drawn(length, 'v').map(Math.abs)] as const;
      const plain = made();
      const found = step(RULES['adam']!, plain[0], [plain[2], plain[3]], plain[1], split);
      const chosen = new Set(indices);
      const squares = plain[1].reduce((sum, value, i) => sum + (chosen.has(byRow ? Math.floor(i / columns) : i % columns) ? value * value : 0), 0); // prettier-ignore
      expect(Math.abs(found / squares - 1)).toBeLessThan(1e-6);
      const [same, after] = inTensors(made(), ([w, d, m, v]) => step(RULES['adam']!, w!, [m!, v!], d!, split));
      expect(same).toBe(found);
      expect(differing(after, plain)).toBe(0);
      const [x, g, m, v] = made();
      const [, mixed] = inTensors([x, g], ([w, d]) => step(RULES['adam']!, w!, [m, v], d!, split));
      expect(differing([...mixed, m, v], plain)).toBe(0);
    },
  );
});

describe('sign', () => {
  it('of zero and of NaN is zero', () => {
    const x = Float32Array.of(1, 1, 1, 1, 1, 1);
    signUpdate(x, Float32Array.of(2, -3, 0, NaN, -0, Infinity), 0.25, 0.5);
    expect([...x]).toEqual([0.25, 0.75, 0.5, 0.5, 0.5, 0.25]);
  });
});

describe('sums of squares', () => {
  it.each([0, 1, 5, 1024, 1030, 100_001])('of %i numbers are within float64, with the same bits in tensors', (n) => {
    const g = drawn(n, 'g');
    const wanted = g.reduce((sum, value) => sum + value * value, 0);
    const found = sumOfSquares(g);
    expect(Math.abs(found - wanted)).toBeLessThanOrEqual(1e-12 * wanted);
    expect(inTensors([g], ([values]) => sumOfSquares(values!))[0]).toBe(found);
  });
  it('tell what is not finite', () => {
    for (const bad of [NaN, Infinity, -Infinity]) expect(Number.isFinite(sumOfSquares(Float32Array.of(1, 2, bad, 3, 4)))).toBe(false); // prettier-ignore
  });
});

/** Ten steps of variables, by name of the rule. */
function steps(name: string, shapes: readonly number[][]) {
  const made = (what: string) => shapes.map((shape, i) => {
    const initial = tf.tensor(drawn(shape.reduce((a, b) => a * b, 1), what, i), shape);
    const values = what === 'x' ? initial : tf.zerosLike(initial);
    const variable = tf.variable(values);
    tf.dispose([initial, values]);
    return variable;
  }); // prettier-ignore
  const [parameters, first, second] = [made('x'), made('m'), made('v')];
  for (let t = 1; t <= 10; t++) {
    const gradients = shapes.map((shape, i) =>
      tf.tensor(
        drawn(
          shape.reduce((a, b) => a * b, 1),
          'g',
          i,
          t,
        ),
        shape,
      ),
    );
    const common = { rate: 0.01, weightDecay: 0.1 };
    if (name === 'adam') adam({ parameters, first, second }, gradients, { ...common, t });
    else if (name === 'lion') lion({ parameters, first }, gradients, common);
    else if (name === 'momentum') momentum({ parameters, first }, gradients, common);
    else if (name === 'Nesterov') momentum({ parameters, first }, gradients, { ...common, nesterov: true });
    else sign({ parameters }, gradients, common);
    tf.dispose(gradients);
  }
  const values = parameters.map((variable) => [...variable.dataSync()]);
  tf.dispose([parameters, first, second]);
  return values;
}

describe('variables', () => {
  const shapes = [[7, 5], [16], [], [0, 3]];
  it.each([...Object.keys(RULES), 'sign'])('%s: the same on every backend, and no tensor stays', async (name) => {
    const all: Record<string, number[][]> = {};
    for (const backend of BACKENDS) {
      await useBackend(backend);
      all[backend] = leakGuard(() => steps(name, shapes));
    }
    expect(all['wasm']).toEqual(all['cpu']);
    for (const values of Object.values(all)) values.forEach((list, i) => expect(distance(list, all['cpu']![i]!)).toBeLessThan(1e-6)); // prettier-ignore
  });

  it('Adam of a constant gradient moves by the rate a step, decay comes before it, and bias corrections count from t', async () => {
    for (const backend of BACKENDS) {
      await useBackend(backend);
      const one = (value: number) => tf.tidy(() => tf.variable(tf.tensor1d([value])));
      const [x, m, v, g] = [one(8), one(0), one(0), tf.tensor1d([3])];
      for (let t = 1; t <= 3; t++)
        adam({ parameters: [x], first: [m], second: [v] }, [g], { rate: 0.5, weightDecay: 1, t });
      // 8 → 8/2 − 1/2 = 3.5 → 1.25 → .125.
      expect(x.dataSync()[0]).toBeCloseTo(0.125, 5);
      expect(v.dataSync()[0]! / 9).toBeCloseTo(1 - 0.999 ** 3, 7);
      tf.dispose([x, m, v, g]);
    }
  });

  it('are written where they lie on wasm: nothing is allocated, and the memory is the same', async () => {
    await useBackend('wasm');
    const x = tf.tidy(() => tf.variable(tf.ones([100])));
    const g = tf.ones([100]);
    const [dataId, { numDataBuffers, numBytes }] = [x.dataId, tf.memory()];
    sign({ parameters: [x] }, [g], { rate: 0.25 });
    expect([x.dataId, tf.memory().numDataBuffers, tf.memory().numBytes]).toEqual([dataId, numDataBuffers, numBytes]);
    expect(new Set(x.dataSync())).toEqual(new Set([0.75]));
    tf.dispose([x, g]);
  });

  it('of another backend move over', async () => {
    await useBackend('cpu');
    const x = tf.tidy(() => tf.variable(tf.ones([5])));
    const g = tf.ones([5]);
    await useBackend('wasm');
    sign({ parameters: [x] }, [g], { rate: 0.25 });
    expect([...x.dataSync()]).toEqual([0.75, 0.75, 0.75, 0.75, 0.75]);
    tf.dispose([x, g]);
  });
});

describe.each(['cpu', 'wasm'] as const)('refused on %s, by name, with nothing changed:', (backend) => {
  const made = (shape: number[]) => tf.tidy(() => tf.variable(tf.ones(shape)));
  const todo = 'It is changed in place: dispose the others, such as the one that the variable was made of, or assign it a copy.'; // prettier-ignore

  it('memory that another tensor shares', async () => {
    await useBackend(backend);
    const [x, g] = [made([2]), tf.ones([2])];
    const initial = tf.ones([2]);
    const born = tf.variable(initial);
    expect([isShared(x), isShared(born)]).toEqual([false, true]);
    expect(() => sign({ parameters: [x, born] }, [g, g], { rate: 1 })).toThrow(`sign: 'parameters[1]' is '${born.name}'; must be the only tensor on its memory. ${todo}`); // prettier-ignore
    expect([...x.dataSync()]).toEqual([1, 1]);
    initial.dispose();
    sign({ parameters: [born] }, [g], { rate: 1 });
    const view = tf.reshape(x, [1, 2]);
    expect(() => sign({ parameters: [x] }, [g], { rate: 1 })).toThrow('must be the only tensor on its memory');
    view.dispose();
    expect(() => lion({ parameters: [x], first: [x] }, [g], { rate: 1 })).toThrow(`lion: 'first[0]' is '${x.name}'; must be the only tensor on its memory.`); // prettier-ignore
    expect(() => lion({ parameters: [x, x], first: [born, born] }, [g, g], { rate: 1 })).toThrow("'parameters[1]'");
    expect([...x.dataSync()]).toEqual([1, 1]);
    expect([...born.dataSync()]).toEqual([0, 0]);
  });

  it('lists, shapes, types and constants that do not fit', async () => {
    await useBackend(backend);
    const [x, m, v, g] = [made([2]), made([2]), made([2]), tf.ones([2])];
    const state = { parameters: [x], first: [m], second: [v] };
    const step =
      (options: object, given: tf.Tensor[] = [g]) =>
      () =>
        adam(state, given, { rate: 1, t: 1, ...options });
    expect(step({}, [])).toThrow("adam: 'gradients' has 0 tensors; must have 1, one for each of 'parameters'.");
    expect(step({}, [tf.ones([3])])).toThrow(
      "adam: 'gradients[0]' is [3]; must be of shape [2]. It is that of its weights.",
    );
    expect(step({}, [tf.ones([2], 'int32')])).toThrow("adam: 'gradients[0]' is 'int32'; must be of type 'float32'.");
    expect(step({ t: 0 })).toThrow("adam: 't' is 0; must be an integer of at least 1. Count steps from 1.");
    expect(step({ beta1: 1 })).toThrow("adam: 'beta1' is 1; must be from 0 to below 1.");
    expect(step({ eps: 0 })).toThrow("adam: 'eps' is 0; must be a finite number > 0.");
    expect(step({ rate: -1 })).toThrow("adam: 'rate' is -1; must be a finite number ≥ 0.");
    expect(() => sign({ parameters: [g as tf.Variable] }, [g], { rate: 1 })).toThrow("sign: 'parameters[0]' is 'a tensor'; must be a variable. It is changed: make it with tf.variable()."); // prettier-ignore
    expect([...x.dataSync()]).toEqual([1, 1]);
  });
});

it('a function that makes memory grow is told so', async () => {
  await useBackend('wasm');
  expect(hasMemory()).toBe(true);
  const x = tf.ones([4]);
  expect(() => withMemory([x], () => tf.dispose(tf.zeros([2 ** 26])))).toThrow('withMemory: memory grew while a function wrote into tensors'); // prettier-ignore
});
