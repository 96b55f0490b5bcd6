import { judge, type CellRecord } from '@assay-ml/claims';
import { SHAPES } from '@assay-ml/datasets';
import { stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';
import { betaBinomialInterval } from '../src/beta-binomial.js';
import { nameOf } from '../src/adaptive-attacks.js';
import reproduction from '../src/index.js';
import { renderer, targetsOf } from '../src/world.js';

describe('betaBinomialInterval', () => {
  it('with n and rank large is the binomial one', () => {
    const [low, high] = betaBinomialInterval(50_000, 999_999, 300, 1);
    expect([low, high]).toEqual([8, 23]); // of Bin(300, .05): P(X ≤ 7) = .0176, P(X ≤ 8) = .0361; P(X ≥ 24) = .0187
  });
  it('holds as often as it says, by simulation', () => {
    const [low, high] = betaBinomialInterval(7, 150, 300, 2);
    const draw = stream(5, 'beta-binomial');
    let inside = 0;
    for (let run = 0; run < 2000; run++) {
      let flagged = 0;
      for (let s = 0; s < 2; s++) {
        const clean = draw.at(run, s, 0).fillUniform(new Float64Array(150)).sort();
        const test = draw.at(run, s, 1).fillUniform(new Float64Array(300));
        flagged += test.filter((u) => u < clean[6]!).length;
      }
      if (flagged >= low && flagged <= high) inside++;
    }
    expect(inside / 2000).toBeGreaterThan(0.94);
    expect(inside / 2000).toBeLessThan(0.985);
  });
});

describe('the procedural world', () => {
  it('draws what is named, and another class as often as asked', async () => {
    const texts = Array.from({ length: 400 }, (_, i) => SHAPES[i % 10]!);
    const [right, wrong] = await Promise.all([renderer(24), renderer(24, { wrong: 0.5 })].map((g) => g.generate(texts, { seed: 1, index: 0 }))); // prettier-ignore
    const same = texts.filter((_, i) => right!.data.subarray(576 * i, 576 * (i + 1)).every((value, k) => value === wrong!.data[576 * i + k])).length; // prettier-ignore
    expect(same / 400).toBeGreaterThan(0.42);
    expect(same / 400).toBeLessThan(0.58);
    const coarse = await renderer(24, { block: 12 }).generate(['disc'], { seed: 1, index: 0 });
    expect(new Set(coarse.data).size).toBe(4);
  });
  it('targets never are the label', () => {
    const labels = Array.from({ length: 500 }, (_, i) => i % 10);
    const targets = targetsOf(labels, 3);
    targets.forEach((target, i) => expect(target).not.toBe(labels[i]));
    expect(new Set(targets.map((target, i) => (target - labels[i]! + 10) % 10)).size).toBe(9);
  });
});

describe('claims', () => {
  /** A cell as it was measured in a pilot, with changes. */
  const made = (change: (values: Record<string, never>) => void = () => undefined): CellRecord[] =>
    [0, 1].map((seed) => {
      const attack = (success: number, auroc: number, known = auroc) => ({ success, auroc, single: [known, ...Array<number>(6).fill(auroc)], 'max of 4': auroc }); // prettier-ignore
      let place = 0;
      const at = (e: number, success: number, auroc: number, own: number, gap: number, index = place++) => ({
        ...{
          success,
          auroc,
          own,
          first: auroc - 0.01,
          single: auroc - 0.004,
          tpr: 0.4,
          predicted: [0.7, auroc + 0.01],
        },
        means: { clean: 0.845, adversarial: 0.845 - gap - 0.0001 * seed },
        rivals: { 'feature squeezing': [0.82, 0.88, 0.87, 0.57, 0.3][index]!, JailGuard: [0.92, 0.92, 0.8, 0.35, 0.1][index]!, SmoothVLM: 0.6, pixels: 0.5, prototype: auroc + 0.045 + 0.0001 * seed }, // prettier-ignore
        failed: { n: e < 0.1 ? 40 : 3, auroc: e < 0.1 ? 0.52 + 0.001 * seed : null },
      });
      const values = {
        bound: 0.97,
        byEpsilon: {
          0.04: at(0.04, 0.17, 0.57, 0.47, 0.04),
          0.06: at(0.06, 0.65, 0.77, 0.6, 0.18),
          0.08: at(0.08, 0.88, 0.865, 0.67, 0.25),
          0.12: at(0.12, 0.98, 0.86, 0.76, 0.23),
          0.16: at(0.16, 1, 0.83, 0.81, 0.19),
        },
        signs: Object.fromEntries(
          [0.04, 0.06, 0.08, 0.12, 0.16].map((e) => [e, { kept: 1, auroc: 0.5 + 0.001 * seed }]),
        ),
        thresholds: { 0.05: { rank: 7, n: 150, flagged: 14 + seed, of: 300 }, 0.1: { rank: 15, n: 150, flagged: 29, of: 300 } }, // prettier-ignore
        draws: Object.fromEntries([0.08, 0.12].flatMap((e) => ['max', 'mean'].flatMap((r) => [1, 2, 4, 8].map((m) => [`${e} ${r} ${m}`, 0.85 + 0.015 * Math.log2(m) + 0.0001 * seed])))), // prettier-ignore
        attacks: {
          [nameOf({ epsilon: 0.08, lambda: 0, known: 1 })]: attack(0.88, 0.86),
          [nameOf({ epsilon: 0.08, lambda: 1, known: 1 })]: attack(0.78, 0.74, 0.7 + 0.001 * seed),
          ...Object.fromEntries([0.08, 0.12].flatMap((epsilon) => [0.5, 1, 2].map((lambda) => [nameOf({ epsilon, lambda, known: 7 }), epsilon < 0.1 ? attack(0.9 - 0.15 * lambda, 0.75 - 0.06 * lambda) : attack(0.97, 0.6)]))), // prettier-ignore
        },
        otu: { 0.02: 0.865, 0.1: 0.866 + 0.0001 * seed, 0.2: 0.863, 1: 0.82 },
        quality: {
          'block 2': 0.85,
          'block 3': 0.85,
          'block 4': 0.83 + 0.0001 * seed,
          'block 12': 0.5,
          'wrong 0.8': 0.5,
        },
      };
      change(values as never);
      return { id: `d${seed}`, experiment: 'detection', config: {}, seed, status: 'done', values, seconds: 1 } as unknown as CellRecord; // prettier-ignore
    });
  /** Cells of design A, as the pilot had them. */
  const control = (auroc = 0.74): CellRecord[] => [0, 1].map((seed) => ({ id: `a${seed}`, experiment: 'design-a', config: {}, seed, status: 'done', values: { auroc: auroc + 0.001 * seed, success: 0.87 }, seconds: 1 })); // prettier-ignore
  const verdict = (id: string, records: readonly CellRecord[]) => judge(reproduction.claims.find((claim) => claim.id === `vlm-guard.${id}`)!, records, 'quick').verdict; // prettier-ignore
  it('C11 is supported by them, and refuted where design A is as good', () => {
    expect(verdict('C11', [...made(), ...control()])).toBe('supported');
    expect(verdict('C11', [...made(), ...control(0.84)])).toBe('refuted');
  });
  it('C5b is refuted by them, as it is expected to be, and supported where the detector holds', () => {
    expect(verdict('C5b', made())).toBe('refuted');
    const held = (v: Values) => [0.5, 1, 2].forEach((lambda) => Object.assign(v['attacks']![nameOf({ epsilon: 0.12, lambda, known: 7 })]!, { auroc: 0.7 })); // prettier-ignore
    expect(verdict('C5b', made(held as never))).toBe('supported');
  });

  type Values = Record<string, Record<string, Record<string, object>>>;

  it.each<[string, (v: Values) => void]>([
    ['C1', (v) => Object.assign(v['byEpsilon']!['0.12']!, { auroc: 0.7 })],
    ['C3', (v) => Object.assign(v['byEpsilon']!['0.12']!, { own: 0.84 })],
    ['C4', (v) => Object.assign(v['byEpsilon']!['0.16']!, { means: { clean: 0.845, adversarial: 0.6 } })],
    ['C7', (v) => Object.assign(v['otu']!, { 0.2: 0.8 })],
    ['C8', (v) => Object.assign(v['byEpsilon']!['0.08']!, { predicted: [0.7, 0.93] })],
    ['C9', (v) => Object.assign(v['thresholds']!, { 0.05: { rank: 7, n: 150, flagged: 40, of: 300 } })],
    ['C10', (v) => Object.assign(v['quality']!, { 'block 12': 0.8 })],
    ['C12', (v) => Object.assign(v['byEpsilon']!['0.04']!, { failed: { n: 40, auroc: 0.8 } })],
    ['C13', (v) => Object.assign(v['draws']!, { '0.08 max 4': 0.85 })],
    ['C2', (v) => Object.assign(v['byEpsilon']!['0.06']!['rivals']!, { 'feature squeezing': 0.7 })],
    ['C2b', (v) => Object.assign(v['byEpsilon']!['0.16']!['rivals']!, { JailGuard: 0.6 })],
    ['C15', (v) => Object.assign(v['byEpsilon']!['0.16']!['rivals']!, { prototype: 0.84 })],
    ['C5', (v) => Object.assign(v['attacks']![nameOf({ epsilon: 0.08, lambda: 1, known: 7 })]!, { auroc: 0.64 })],
    [
      'C6',
      (v) =>
        Object.assign(v['attacks']![nameOf({ epsilon: 0.08, lambda: 1, known: 1 })]!, {
          single: [0.8, ...Array<number>(6).fill(0.7)],
        }),
    ],
  ])('%s is supported by the pilot’s numbers, and refuted where one is another', (id, change) => {
    expect(verdict(id, made())).toBe('supported');
    expect(verdict(id, made(change as never))).toBe('refuted');
  });
});
