import { auroc, stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';
import { compareDetectors, ensembleCurve, evaluate, threshold, thresholdOnEvaluated } from '../src/index.js';

const normals = (n: number, shift: number, ...names: (string | number)[]) => Array.from(stream(7, ...names).fillNormal(new Float64Array(n)), (x) => x + shift); // prettier-ignore

describe('threshold', () => {
  it('is the ⌊α(n + 1)⌋-th smallest score', () => {
    const clean = Array.from({ length: 99 }, (_, i) => 99 - i);
    expect(threshold(clean)).toMatchObject({ threshold: 5, rank: 5, n: 99, guarantee: 'false positive rate ≤ 0.05 on average over draws of 99 clean images' }); // prettier-ignore
    expect(threshold(clean, { alpha: 0.01 }).threshold).toBe(1);
    expect(threshold([3, 3, 3, 1], { alpha: 0.4 }).threshold).toBe(3); // ties: nothing but 1 is below
    for (let n = 19; n < 400; n += 20) expect(threshold(Array.from({ length: n }, (_, i) => i)).rank, `n = ${n}`).toBe((n + 1) / 20); // prettier-ignore
  });
  it('keeps both guarantees (T7)', () => {
    const [n, runs] = [150, 3000];
    let [mean, above] = [0, 0];
    for (let run = 0; run < runs; run++) {
      const clean = stream(9, 'T7').at(run).fillUniform(new Float64Array(n));
      // Of uniform scores the rate of false alarms is the threshold itself.
      mean += threshold(clean).threshold / runs;
      if (threshold(clean, { rule: 'conformal-pac' }).threshold > 0.05) above++;
    }
    expect(mean).toBeGreaterThan(7 / 151 - 0.0012); // four standard errors of .0172/√3000
    expect(mean).toBeLessThan(7 / 151 + 0.0012);
    // Ranks are whole: P(Beta(3, 148) > .05) = .0183, P(Beta(4, 147) > .05) = .0524.
    expect(threshold(new Float64Array(n), { rule: 'conformal-pac' }).rank).toBe(3);
    expect(above / runs).toBeGreaterThan(0.009);
    expect(above / runs).toBeLessThan(0.029);
  });
  it('says how many scores it needs', () => {
    const few = (n: number, options: object) => () => threshold(new Float64Array(n), options);
    expect(few(18, {})).toThrow("threshold: 'clean' is an array of 18; must be at least 19 scores for α = 0.05.");
    expect(few(19, {})).not.toThrow();
    expect(few(58, { rule: 'conformal-pac' })).toThrow('must be at least 59 scores for α = 0.05');
    expect(few(59, { rule: 'conformal-pac' })).not.toThrow();
    expect(() => threshold([1, NaN])).toThrow(
      "threshold: 'clean[1]' is NaN; must be a finite number. Undecidable images",
    );
    expect(few(100, { alpha: 1 })).toThrow("threshold: 'alpha' is 1; must be between 0 and 1.");
    expect(few(100, { rule: 'youden' })).toThrow(
      "threshold: 'rule' is 'youden'; must be 'conformal' or 'conformal-pac'.",
    );
  });
});

describe('thresholdOnEvaluated', () => {
  it('finds the point by hand', () => {
    const [clean, adversarial] = [[3, 4, 5, 6], [1, 2, 3, 4.5]]; // prettier-ignore
    expect(thresholdOnEvaluated(clean, adversarial, 'youden')).toMatchObject({ threshold: 3, tpr: 0.5, fpr: 0 });
    expect(thresholdOnEvaluated(clean, adversarial, 'equal-tpr-tnr')).toMatchObject({ threshold: 4, tpr: 0.75, fpr: 0.25, optimism: 0 }); // prettier-ignore
  });
  it('is as optimistic as T4 says where there is no signal', () => {
    const n = 1000;
    let sum = 0;
    for (let run = 0; run < 60; run++) {
      const { tpr, fpr, optimism } = thresholdOnEvaluated(normals(n, 0, 'a', run), normals(n, 0, 'b', run), 'youden');
      expect(optimism).toBeCloseTo(0.0280, 4); // prettier-ignore
      sum += (tpr - fpr) / 60;
    }
    expect(sum).toBeGreaterThan(0.024);
    expect(sum).toBeLessThan(0.03);
  });
});

describe('evaluate', () => {
  const clean = normals(200, 2, 'clean');
  const adversarial = normals(120, 0, 'adversarial');
  const success = adversarial.map((_, i) => i % 3 === 0);
  it('has the area, that of successes alone, and rates at a threshold that saw neither', () => {
    const calibration = normals(99, 2, 'calibration');
    const found = evaluate(clean, adversarial, { success, calibration });
    expect(found.auroc.value).toBe(auroc(clean, adversarial));
    expect(found.auroc.interval![0]).toBeLessThan(found.auroc.value);
    expect(found.successRate).toBeCloseTo(1 / 3, 12);
    const won = adversarial.filter((_, i) => success[i]);
    expect(found.aurocOfSuccesses).toMatchObject({ value: auroc(clean, won), n: 40 });
    const tau = [...calibration].sort((a, b) => a - b)[4]!;
    const five = (found.rates as Exclude<typeof found.rates, string>)[1]!;
    expect(five.threshold).toBe(tau);
    expect(five.tpr.value).toBe(adversarial.filter((s) => s < tau).length / 120);
    expect(five.fpr.value).toBe(clean.filter((s) => s < tau).length / 200);
    // d′ = 2: the equal error rate of normal scores is Φ(−1) = .159.
    expect(Math.abs(found.eer - 0.159)).toBeLessThan(0.04);
  });
  it('says what it cannot', () => {
    const few = evaluate(clean, adversarial, { success: success.map((won, i) => won && i < 30), calibration: [1, 2] });
    expect(few.aurocOfSuccesses).toBe('too few successes: 10 of 30');
    expect(few.rates).toBe('too few calibration scores: 2');
    expect(evaluate(clean, adversarial)).toMatchObject({ successRate: null, aurocOfSuccesses: 'successes unknown', rates: 'no calibration scores' }); // prettier-ignore
    expect(() => evaluate(clean, adversarial, { success: [true] })).toThrow("evaluate: 'success' is [true]; must be of length 120."); // prettier-ignore
    expect(() => evaluate([1, NaN], adversarial)).toThrow('is NaN; must be a finite number');
  });
});

describe('compareDetectors', () => {
  it('of a detector and itself finds no difference, and of a better one finds it', () => {
    const [clean, adversarial] = [normals(150, 1.5, 'c'), normals(150, 0, 'a')];
    expect(compareDetectors([clean, clean], [adversarial, adversarial])).toEqual({
      difference: 0,
      interval: [0, 0],
      p: 1,
    });
    const worse = (x: readonly number[], name: string) => x.map((value, i) => value + 2 * normals(150, 0, name)[i]!);
    const found = compareDetectors([clean, worse(clean, 'n')], [adversarial, worse(adversarial, 'm')]);
    expect(found.difference).toBeGreaterThan(0.05);
    expect(found.interval[0]).toBeGreaterThan(0);
    expect(found.p).toBeLessThan(0.01);
  });
});

describe('ensembleCurve', () => {
  it('is that of T3: Δ = σ = 1, ρ = ½ gives .760 .807 .825 .830 with 1, 3, 7 and 10 encoders', () => {
    const n = 20_000;
    const [shared, other] = [normals(n, 0, 'shared'), normals(n, 0, 'other shared')];
    const of = (base: readonly number[], shift: number, name: string) => Array.from({ length: 10 }, (_, e) => normals(n, 0, name, e).map((x, i) => Math.SQRT1_2 * (x + base[i]!) + shift)); // prettier-ignore
    const [clean, adversarial] = [of(shared, 1, 'c'), of(other, 0, 'a')];
    const { predicted, rho, single } = ensembleCurve(clean, adversarial);
    [[1, 0.76], [3, 0.807], [7, 0.825], [10, 0.83]].forEach(([k, value]) => expect(Math.abs(predicted[k! - 1]! - value!)).toBeLessThan(0.006)); // prettier-ignore
    expect(rho.clean).toBeCloseTo(0.5, 1);
    expect(Math.abs(single - 0.76)).toBeLessThan(0.006);
    const mean = (lists: readonly number[][]) =>
      lists[0]!.map((_, i) => lists.reduce((sum, list) => sum + list[i]!, 0) / 10);
    expect(Math.abs(auroc(mean(clean), mean(adversarial)) - predicted[9]!)).toBeLessThan(0.004);
  });
  it('refuses scores that do not belong together', () => {
    expect(() => ensembleCurve([[1, 2]], [])).toThrow("ensembleCurve: 'adversarial' is 0; must be as many lists");
    expect(() => ensembleCurve([[1, 2], [1]], [[1, 2], [1, 2]])).toThrow("ensembleCurve: 'clean[1]' is [1]; must be of the length of the first, 2"); // prettier-ignore
    expect(() => ensembleCurve([[1, 1]], [[1, 2]])).toThrow("ensembleCurve: 'clean' is 0; must be scores that differ");
  });
});
