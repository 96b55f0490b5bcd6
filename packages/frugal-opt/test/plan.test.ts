import { describe, expect, it } from 'vitest';
import { adamMini, adamw, apollo, apolloMini, badam, fira, fit, frugal, type FrugalOptions, galore, lion, llamaShapes, lora, type Method, muon, plan, type PlannedMethod, report, sgdm, signSgd } from '../src/index.js'; // prettier-ignore
import { gradient, PARAMETERS, start } from './tiny.js';

/** The specification's section 5: GiB of states in float32. GaLore's column has directions of the narrower side, in float32. */
const TABLE = {
  '60M': [0.433, 0.291, 0.244],
  '130M': [0.999, 0.525, 0.366],
  '350M': [2.742, 1.052, 0.489],
  '1B': [9.977, 3.227, 0.977],
  '3B': [20.01, 5.919, 1.222],
  '7B': [50.21, 14.02, 1.955],
} as const;

describe('the table of states', () => {
  it.each(Object.entries(TABLE))('%s', (name, [adamw, quarter, none]) => {
    const shapes = llamaShapes(name as keyof typeof TABLE);
    const gib = (options: Partial<FrugalOptions>) => Number((plan(shapes, options).state / 2 ** 30).toPrecision(4));
    const near = (value: number, printed: number) => expect(Math.abs(value - printed)).toBeLessThanOrEqual(printed > 10 ? 0.006 : 0.0006); // prettier-ignore
    near(gib({ project: [] }), adamw);
    near(gib({ projector: 'columns', rho: 0.25 }), quarter);
    near(gib({ rho: 0 }), none);
  });

  it('is two bytes a number in bf16, and one with a scale for 256 in int8', () => {
    const of = (states: 'float32' | 'bf16' | 'int8') => plan(llamaShapes('60M'), { project: [], states }).state;
    expect(of('bf16')).toBe(of('float32') / 2);
    expect(of('int8') / of('float32')).toBeCloseTo((1 + 4 / 256) / 4, 9);
  });

  it('counts GaLore’s directions, too', () => {
    const { state, projector } = plan(llamaShapes('60M'), {
      projector: 'svd',
      rho: 0.25,
      free: 'none',
      refresh: 'keep',
    });
    expect((state + projector) / 2 ** 30).toBeCloseTo(0.305, 3);
  });
});

describe('a plan equals what the arrays of a state take, to the byte', () => {
  const cases: readonly Partial<FrugalOptions>[] = [
    { rho: 0.5 },
    { projector: 'columns' },
    { projector: 'rows', rule: 'lion' },
    { projector: 'rand-k', rule: 'sgdm' },
    { projector: 'svd', rho: 0.4 },
    { projector: 'svd', side: 'left', free: 'fira' },
    { projector: 'random', rule: 'adam-mini' },
    { projector: 'columns', rho: 0 },
    { project: [] },
    { projector: 'columns', states: 'bf16' },
    { projector: 'svd', rho: 0.4, states: 'int8' },
    { rho: 0.5, rule: 'adam-mini', states: 'int8' },
    { rho: 0.5, groups: [{ match: '0', kind: 'frozen' }] },
  ];
  it.each(cases)('%j', (options) => {
    const method = frugal({ rate: 1e-3, ...options });
    const x = start(Float32Array);
    const point = method.step({ x, state: method.init(PARAMETERS, x) }, gradient(x, 0));
    const planned = plan(PARAMETERS, options);
    report(point.state).forEach(({ stateBytes, projectorBytes }, i) => {
      const { state, projector, weights } = planned.tensors[i]!;
      expect([stateBytes, projectorBytes, point.x[i]!.byteLength]).toEqual([state, projector, weights]);
    });
  });
});

describe('a plan of a method equals what its arrays take', () => {
  const rate = 1e-3;
  const methods: Readonly<Record<Exclude<PlannedMethod, 'frugal'>, Method>> = {
    adamw: adamw({ rate }),
    lion: lion({ rate }),
    sgdm: sgdm({ rate }),
    adamMini: adamMini({ rate }),
    muon: muon({ rate }),
    signSgd: signSgd({ rate }),
    galore: galore({ rate }),
    badam: badam({ rate }),
    fira: fira({ rate }),
    apollo: apollo({ rate }),
    apolloMini: apolloMini({ rate }),
    lora: lora({ rate }),
  };
  it.each(Object.entries(methods))('%s', (name, method) => {
    const x = start(Float32Array);
    const { state } = method.step({ x, state: method.init(PARAMETERS, x) }, gradient(x, 0));
    const { tensors } = plan(PARAMETERS, { method: name as PlannedMethod });
    expect(tensors.map((tensor) => [tensor.state, tensor.projector])).toEqual(
      report(state).map(({ stateBytes, projectorBytes }) => [stateBytes, projectorBytes]),
    );
  });

  it('refuses what the method fixes', () => {
    expect(() => plan(PARAMETERS, { method: 'signSgd', rho: 0.5 })).toThrow("signSgd: 'rho' is 0.5; must be left out.");
    expect(() => plan(PARAMETERS, { method: 'lora', rho: 0.5 })).toThrow("plan: 'rho' is 0.5; must be left out with method 'lora'"); // prettier-ignore
    expect(() => plan(PARAMETERS, { method: 'adam' as 'adamw' })).toThrow(
      "plan: 'method' is 'adam'; must be 'frugal' or 'adamw'",
    );
  });
});

it('says how each tensor is treated, and why', () => {
  const said = plan([
    { name: 'embed_tokens', shape: [10, 4] },
    { name: 'dense/kernel', shape: [4, 4] },
    { name: 'dense/bias', shape: [4] },
    { name: 'lm_head', shape: [10, 4] },
  ], { projector: 'columns' }).tensors.map(({ kind, why }) => `${kind}: ${why}`); // prettier-ignore
  expect(said).toEqual([
    "regular: embedding: its name holds 'embed'",
    'projectable: linear: its shape is [4, 4]',
    'regular: bias: its shape, [4], is no matrix',
    "regular: output: its name holds 'lm_head'",
  ]);
});

it('finds the largest rho within a budget, and says what the least budget is', () => {
  const whole = plan(PARAMETERS, { projector: 'rand-k', rho: 1 });
  expect(fit(PARAMETERS, { projector: 'rand-k', budget: whole.total }).rho).toBe(1);
  const half = plan(PARAMETERS, { projector: 'rand-k', rho: 0.5 });
  expect(fit(PARAMETERS, { projector: 'rand-k', budget: half.total }).rho).toBe(33 / 64); // the same whole numbers of entries
  const least = plan(PARAMETERS, { rho: 0 });
  expect(fit(PARAMETERS, { projector: 'rand-k', budget: least.total }).rho).toBe(0);
  expect(() => fit(PARAMETERS, { projector: 'rand-k', budget: least.total - 1 })).toThrow(
    `fit: 'budget' is ${least.total - 1}; must be at least ${least.total} bytes. Weights and gradients alone take ${least.weights + least.gradients}.`,
  );
});
