/** T1 to T5 of the specification, and what holds for any method. */
import { stream } from '@assay-ml/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adamMini, adamw, apollo, apolloMini, badam, copyPoint, fira, frugal, type FrugalOptions, galore, lion, lora, type Method, muon, type Numbers, sgdm, signSgd,
} from '../src/index.js'; // prettier-ignore
import { activeUnits, unitsOf } from '../src/projectors/blocks.js';
import { projectorOf } from '../src/projectors/index.js';
import { roundHalfEven } from '../src/projectors/projector.js';
import { gradient, PARAMETERS, run, start } from './tiny.js';

const rate = 0.01;
const METHODS: Readonly<Record<string, Method>> = {
  'FRUGAL blocks': frugal({ rate, rho: 0.5, period: 7, order: 'random' }),
  'FRUGAL columns': frugal({ rate, projector: 'columns', period: 7 }),
  'FRUGAL rows': frugal({ rate, projector: 'rows', rho: 0.4, period: 7, refresh: 'reproject' }),
  'FRUGAL RandK': frugal({ rate, projector: 'rand-k', period: 7, free: 'sgd' }),
  'FRUGAL SVD': frugal({ rate, projector: 'svd', period: 7 }),
  'FRUGAL SVD, both sides': frugal({ rate, projector: 'svd', side: 'full', period: 7, refresh: 'keep' }),
  'FRUGAL random': frugal({ rate, projector: 'random', period: 7, stagger: true }),
  'FRUGAL permutation': frugal({ rate, projector: 'permutation', period: 7 }),
  'FRUGAL Muon': frugal({ rate, rho: 0.4, projector: 'columns', period: 7, rule: 'muon', free: 'orthogonal' }),
  'FRUGAL rows, bf16': frugal({ rate, projector: 'rows', rho: 0.4, period: 7, refresh: 'reproject', states: 'bf16' }),
  'FRUGAL blocks, int8': frugal({ rate, rho: 0.5, period: 7, order: 'random', states: 'int8' }),
  'AdamW, int8': adamw({ rate, states: 'int8' }),
  'rho 0': signSgd({ rate }),
  AdamW: adamw({ rate, weightDecay: 0.1 }),
  Lion: lion({ rate }),
  SGDM: sgdm({ rate, ruleOptions: { momentum: 0.5 } }),
  Muon: muon({ rate }),
  'Adam-mini': adamMini({ rate }),
  GaLore: galore({ rate, period: 7 }),
  BAdam: badam({ rate, rho: 0.5, period: 7 }),
  Fira: fira({ rate, period: 7 }),
  APOLLO: apollo({ rate, period: 7 }),
  'APOLLO-Mini': apolloMini({ rate, period: 7 }),
  LoRA: lora({ rate, rank: 2 }),
};

const bits = (x: readonly Numbers[]) => x.map((values) => [...values]);

describe.each(Object.entries(METHODS))('%s', (_, method) => {
  it('goes on from a state that went through JSON with the same bits, in mid-period and after a refresh', () => {
    for (const stop of [10, 14]) {
      const whole = run(method, 20);
      const half = run(method, stop);
      const kinds = { Float32Array, Uint16Array, Uint8Array };
      const text = JSON.stringify(half.state, (_key, v) => (ArrayBuffer.isView(v) ? { kind: v.constructor.name, values: [...(v as Float32Array)] } : v)); // prettier-ignore
      const state = JSON.parse(text, (_key, v) => (v?.kind ? kinds[v.kind as keyof typeof kinds].from(v.values) : v));
      const rest = { x: half.x, state };
      for (let k = stop; k < 20; k++) method.step(rest, gradient(rest.x, k), rest);
      expect(bits(rest.x)).toEqual(bits(whole.x));
    }
  });

  it('leaves the point that it starts from as it is, and steps in place to the same bits', () => {
    const from = run(method, 8);
    const before = copyPoint(from);
    const to = method.step(from, gradient(from.x, 8));
    expect(from).toEqual(before);
    method.step(from, gradient(from.x, 8), from);
    expect(from).toEqual(to);
  });

  it('refuses a gradient that is not finite, names the tensor and changes nothing', () => {
    const point = run(method, 3);
    const before = copyPoint(point);
    const g = gradient(point.x, 3);
    g[1]![4] = NaN;
    expect(() => method.step(point, g, point)).toThrow(
      "step: the gradient of 'layer.1.kernel' is not finite; must be.",
    );
    expect(point).toEqual(before);
  });

  it('leaves a tensor without gradient as it is', () => {
    const point = run(method, 3);
    const before = [...point.x[0]!];
    const [, second, third] = gradient(point.x, 3);
    method.step(point, [null, second!, third!], point);
    expect([...point.x[0]!]).toEqual(before);
    expect(point.x.flatMap((values) => [...values]).every(Number.isFinite)).toBe(true);
  });

  it('lowers the loss of a quadratic', () => {
    const x = start(Float64Array);
    const loss = (of: readonly Numbers[]) =>
      of.reduce((sum, values) => sum + Array.from(values).reduce((s, v) => s + v * v, 0), 0);
    const first = loss(x);
    const point = { x, state: method.init(PARAMETERS, x) };
    for (let k = 0; k < 100; k++)
      method.step(
        point,
        point.x.map((values) => values.slice()),
        point,
      );
    expect(loss(point.x)).toBeLessThan(0.95 * first);
  });
});

describe('T1', () => {
  it.each(['columns', 'rows', 'rand-k', 'blocks'] as const)(
    '%s with rho 1 and no refresh are AdamW, bit for bit',
    (projector) => {
      const options = { rate, weightDecay: 0.1 };
      const wanted = run(adamw(options), 30);
      expect(bits(run(frugal({ ...options, projector, rho: 1, period: 1000 }), 30).x)).toEqual(bits(wanted.x));
    },
  );

  it('rho 0 is signSGD on what is projectable and Adam on the rest, bit for bit', () => {
    const point = run(frugal({ rate, projector: 'columns', rho: 0 }), 5);
    const x = start(Float32Array);
    const bias = run(adamw({ rate }), 5).x[2]!;
    for (let k = 0; k < 5; k++) {
      const g = gradient(x, k);
      for (const i of [0, 1])
        x[i]!.forEach((value, j) => (x[i]![j] = value - Math.fround(rate * Math.sign(g[i]![j]!))));
    }
    expect(bits(point.x.slice(0, 2))).toEqual(bits(x.slice(0, 2)));
    expect([...point.x[2]!]).toEqual([...bias]);
  });
});

it.each([
  [Float64Array, 1e-15],
  [Float32Array, 1e-8],
])('T2: T = 1 with resets is signSGD up to ε and rounding (%o, %d)', (Kind, rounding) => {
  const x = start(Kind);
  const g = gradient(x, 0);
  const step = (rho: number) => {
    const method = frugal({ rate, projector: 'columns', rho, period: 1 });
    return method.step({ x, state: method.init(PARAMETERS, x) }, g).x;
  };
  const [split, signs] = [step(0.5), step(0)];
  for (const i of [0, 1]) {
    const least = Math.min(...[...g[i]!].map(Math.abs));
    const bound = (rate * 1e-8) / (least + 1e-8);
    split[i]!.forEach((value, j) =>
      expect(Math.abs(value - signs[i]![j]!)).toBeLessThanOrEqual(bound + rounding * (1 + Math.abs(value))),
    );
  }
});

describe('T3: P⁻¹P is a projection, self-adjoint, and splits ‖g‖²', () => {
  const names = ['columns', 'rows', 'rand-k', 'svd', 'random', 'permutation'] as const;
  const sides = ['std', 'reverse_std', 'left', 'right', 'full'] as const;
  const sided = names.flatMap((name): [(typeof names)[number], (typeof sides)[number] | undefined][] =>
    name === 'svd' || name === 'random' ? sides.map((side) => [name, side]) : [[name, undefined]],
  );
  it.each(sided)('%s %s', (name, side) => {
    const projector = projectorOf('test', name, { side, exact: false, rank: null }, Math.round);
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 12 }), fc.integer({ min: 4, max: 12 }), fc.nat(1000), (a, b, seed) => {
        const draw = stream(seed, 'T3');
        const [g, h] = [1, 2].map((k) => draw.at(k).fillNormal(new Float64Array(a * b))) as [
          Float64Array,
          Float64Array,
        ];
        const count = projector.count([a, b], 0.4);
        const { basis, fallback } = projector.refresh({ matrix: [a, b], count, g, draw: draw.at(3), basis: [] });
        const onto = projector.of([a, b], count, basis, draw.at(3));
        const there = (x: Float64Array) => {
          const p = new Float64Array(onto.shape[0] * onto.shape[1]);
          onto.down(x, p);
          const back = new Float64Array(a * b).fill(NaN);
          onto.up(p, back);
          return back;
        };
        const dot = (x: Float64Array, y: Float64Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
        const pg = there(g);
        const rest = g.map((value, i) => value - pg[i]!);
        // Below as many rows as directions there are not enough strongest ones.
        if (count <= Math.min(a, b)) expect(fallback).toBe(false);
        there(pg).forEach((value, i) => expect(value).toBeCloseTo(pg[i]!, 10));
        expect(dot(pg, h)).toBeCloseTo(dot(g, there(h)), 9);
        expect(dot(pg, pg) + dot(rest, rest)).toBeCloseTo(dot(g, g), 9);
      }),
      { numRuns: 20 },
    );
  });
});

it('T4: reprojection keeps the moments on coordinates that stay, exactly, and zeros the new ones', () => {
  const method = frugal({ rate, projector: 'columns', rho: 0.5, period: 5, refresh: 'reproject', rule: 'sgdm' });
  const point = run(method, 5);
  const before = [...point.state.tensors[0]!.moments[0]!];
  const at = (refresh: number) => [...stream(0, 'frugal', 0).at(refresh).choice(8, new Uint32Array(4)).sort()];
  const [old, now] = [at(1), at(2)];
  expect(old.some((c) => now.includes(c)) && now.some((c) => !old.includes(c))).toBe(true);
  const g = gradient(point.x, 5)[0]!;
  method.step(point, gradient(point.x, 5), point);
  point.state.tensors[0]!.moments[0]!.forEach((value, j) => {
    const [row, column] = [Math.floor(j / 4), now[j % 4]!];
    const kept = old.includes(column) ? before[row * 4 + old.indexOf(column)]! : 0;
    expect(value).toBe(Math.fround(Math.fround(Math.fround(0.9) * kept) + g[row * 8 + column]!));
  });
});

it('resets count bias corrections from the refresh, and keeping does not', () => {
  const t = (refresh: 'reset' | 'keep') => run(frugal({ rate, projector: 'columns', period: 7, refresh }), 10).state.tensors[0]!.t; // prettier-ignore
  expect([t('reset'), t('keep')]).toEqual([3, 10]);
});

describe('blocks', () => {
  const walk = (order: 'descending' | 'ascending' | 'mirror', units: number, rho: number, times: number) => {
    let window = 0;
    return Array.from({ length: times }, () => {
      const next = activeUnits(order, units, rho, window, stream(0), Math.round);
      window = next.window;
      return next.active;
    });
  };
  it('slide from the last tensor down, or from the first up, and wrap; mirrored ones come in pairs', () => {
    expect(walk('descending', 5, 0.4, 3)).toEqual([[4, 3], [2, 1], [0, 4]]); // prettier-ignore
    expect(walk('ascending', 5, 0.4, 3)).toEqual([[0, 1], [2, 3], [4, 0]]); // prettier-ignore
    expect(walk('mirror', 6, 0.34, 3)).toEqual([[0, 5], [1, 4], [2, 3]]); // prettier-ignore
  });
  it('are rounded half up, and half to even as Python does', () => {
    expect([2.5, 3.5, 2.4, 2.6].map(roundHalfEven)).toEqual([2, 4, 2, 3]);
    expect([2.5, 3.5].map(Math.round)).toEqual([3, 4]);
  });
  it('join tensors of a layer', () => {
    expect(unitsOf(['h.0.q', 'h.0.k', 'h.1.q', 'other'], 'layer')).toEqual([[0, 1], [2], [3]]);
  });
  it('free the state of what is no longer active', () => {
    const method = frugal({ rate, rho: 0.5, period: 5 });
    const kept = (steps: number) => run(method, steps).state.tensors.map(({ moments }) => moments.length);
    expect([kept(5), kept(6)]).toEqual([[0, 2, 2], [2, 0, 2]]); // prettier-ignore
  });
});

describe('what makes no sense is refused by name', () => {
  const cases: readonly [FrugalOptions, string][] = [
    [{ rate, rho: 1.5 }, "frugal: 'rho' is 1.5; must be from 0 to 1. It is the part of the projectable weights that has state."],
    [{ rate, period: 0 }, "frugal: 'period' is 0; must be an integer of at least 1. It is T, the steps between refreshes."],
    [{ rate, rhos: 1 } as never, "'rhos' is no option; must be one of rate, rho,"],
    [{ rate, rule: 'muon', projector: 'rand-k' }, "frugal: 'projector' is 'rand-k'; must be another than 'rand-k' with 'muon'."],
    [{ rate, rule: 'adam-mini', refresh: 'reproject' }, "frugal: 'refresh' is 'reproject'; must be 'reset' or 'keep' with 'adam-mini'."],
    [{ rate, free: 'fira' }, "frugal: 'free' is 'fira'; must be another than 'fira' with 'blocks'."],
    [{ rate, projector: 'columns', order: 'random' }, "frugal: 'order' is 'random'; must be left out, unless projector is 'blocks'."],
    [{ rate, stagger: true }, "frugal: 'stagger' is true; must be false with 'blocks'."],
    [{ rate, ruleOptions: { momentum: 0.9 } }, "frugal: 'ruleOptions.momentum' is 0.9; must be left out with 'adam'."],
    [{ rate, projector: 'columns', side: 'left' }, "frugal: 'side' is 'left'; must be left out with 'columns'."],
    [{ rate, states: 'fp8' as 'int8' }, "frugal: 'states' is 'fp8'; must be 'float32' or 'bf16' or 'int8'."],
    [{ rate, projector: 'gaussian' }, "frugal: 'projector' is 'gaussian'; must be left to free rules 'apollo' and 'apollo-mini'."],
    [{ rate: { kind: 'cosine', peak: 1, warmUp: 5, total: 5 } }, "frugal: 'rate.warmUp' is 5; must be below total = 5."],
  ]; // prettier-ignore
  it.each(cases)('%j', (options, message) => expect(() => frugal(options)).toThrow(message));

  const init = (options: FrugalOptions) => frugal(options).init(PARAMETERS, start(Float32Array));
  it('a rho that leaves no column, with the tensor, its shape and the least rho', () => {
    expect(() => init({ rate, projector: 'columns', rho: 0.15 })).toThrow(
      "frugal: 'rho' is 0.15; must be at least 0.2 for 'layer.1.kernel' of [8, 5]. columns would leave it nothing with state.",
    );
  });
  it('mirrored blocks of an odd count', () => {
    expect(() => init({ rate, rho: 0.5, order: 'mirror' })).toThrow("frugal: 'order' is 'mirror'; must be another order where 1 of 2 blocks are active. Mirrored blocks come in pairs."); // prettier-ignore
  });
  it('the state of another rho or seed, and other tensors', () => {
    const point = run(frugal({ rate, projector: 'columns' }), 2);
    const other = frugal({ rate, projector: 'columns', rho: 0.5 });
    expect(() => other.step(point, gradient(point.x, 2))).toThrow('must be of this method. Start from init()');
    expect(() => frugal({ rate, projector: 'columns', seed: 1 }).step(point, gradient(point.x, 2))).toThrow(
      'of this method',
    );
    const own = frugal({ rate, projector: 'columns' });
    expect(() => own.step(point, gradient(point.x, 2).slice(1))).toThrow("step: 'g' has 2 gradients; must have 3.");
    expect(() => own.init(PARAMETERS, start(Float32Array).reverse())).toThrow(
      "init: 'layer.0.kernel' has 5 numbers; must have 48, those of [6, 8].",
    );
  });
});

it('clips the whole gradient before it is split', () => {
  const point = run(frugal({ rate, projector: 'columns', clip: 1e-3, free: 'sgd', rule: 'sgdm' }), 1);
  const moved = point.x.map((values, i) => values.map((value, j) => value - start(Float32Array)[i]![j]!));
  const norm = Math.hypot(...moved.flatMap((values) => [...values]));
  expect(norm).toBeCloseTo(rate * 1e-3, 6);
});

it('a gradient of zeros makes SVD fall back to a random subspace, said in the state', () => {
  const method = frugal({ rate, projector: 'svd' });
  const x = start(Float32Array);
  const { state } = method.step(
    { x, state: method.init(PARAMETERS, x) },
    x.map((values) => values.map(() => 0) as Numbers),
  );
  expect(state.tensors.map(({ fallbacks }) => fallbacks)).toEqual([1, 1, 0]);
});
