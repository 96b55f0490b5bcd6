/** C1, C3, C4, C7 to C10, C12 and C13 in the procedural world. */
import type { CellRecord, Claim } from '@assay-ml/claims';
import { number, paired, pairs } from '@assay-ml/claims/evidence';
import { betaBinomialInterval } from '../beta-binomial.js';
import { againstEpsilon, atEpsilon, detections, EPSILONS, overEpsilons, TIERS } from './records.js';

const common = { kind: 'paper', experiments: ['detection'], tiers: TIERS } as const;
const zero = () => () => 0;
const gap = (epsilon: number) => (record: CellRecord) =>
  atEpsilon(epsilon, 'means', 'clean')(record) - atEpsilon(epsilon, 'means', 'adversarial')(record);
const ALPHAS = [0.05, 0.1] as const;

export const detection: readonly Claim[] = [
  {
    ...common,
    id: 'vlm-guard.C1',
    statement: 'Where the attack succeeds, MirrorCheck tells its images from clean ones.',
    source: 'spec C1; the paper’s main table, on victims that are not here',
    rule: { statistic: 'mean-diff', min: 0.78, unit: 'AUROC', words: 'AUROC at least .78 at ε = .08 and .12, where targeted PGD succeeds on .8 or more' }, // prettier-ignore
    expect: 'supported',
    reference: 'the paper: .81 to .98 by victim and attack',
    evidence: (records) => paired(overEpsilons(records, [0.08, 0.12], (e) => atEpsilon(e, 'auroc'), zero)),
    figure: (records) =>
      againstEpsilon(records, 'MirrorCheck and the attack: mean and range over seeds', 'AUROC, or success rate', {
        'seven encoders': (e) => atEpsilon(e, 'auroc'),
        'one encoder': (e) => atEpsilon(e, 'first'),
        'the victim’s own features': (e) => atEpsilon(e, 'own'),
        'success of the attack': (e) => atEpsilon(e, 'success'),
      }),
    table: (records) => ({
      title: 'What stands beside each AUROC: means over seeds',
      columns: ['ε', 'success', 'AUROC', 'TPR at FPR 5 %', 'bound: right and wrong captions'],
      rows: EPSILONS.map((e) => {
        const mean = (of: (record: CellRecord) => number) => detections(records).reduce((sum, r) => sum + of(r) / detections(records).length, 0); // prettier-ignore
        return [e, mean(atEpsilon(e, 'success')), mean(atEpsilon(e, 'auroc')), mean(atEpsilon(e, 'tpr')), mean((r) => number(r, 'bound'))]; // prettier-ignore
      }),
    }),
  },
  {
    ...common,
    id: 'vlm-guard.C3',
    statement: 'Encoders that do not share the victim’s weakness detect better than its own features.',
    source: 'spec C3, critique of what MirrorCheck needs',
    kind: 'critique',
    rule: { statistic: 'mean-diff', min: 0, unit: 'AUROC', words: 'AUROC with seven encoders − with the victim’s own features: at least .08 at ε = .08, at least .05 at .12' }, // prettier-ignore
    expect: 'supported',
    evidence: (records) =>
      paired(
        ([[0.08, 0.08], [0.12, 0.05]] as const).flatMap(([e, least]) => overEpsilons(records, [e], () => atEpsilon(e, 'auroc'), () => (r) => atEpsilon(e, 'own')(r) + least)),
      ), // prettier-ignore
  },
  {
    ...common,
    id: 'vlm-guard.C4',
    statement:
      'Clean images are more like their mirror images; the gap grows until the attack always succeeds, and shrinks then.',
    source: 'spec C4; the paper’s table of mean similarities',
    rule: { statistic: 'mean-diff', min: 0, unit: 'similarity', words: 'gap of means at least .1 from ε = .06 on; that at .16 at least .02 below the larger of those at .08 and .12' }, // prettier-ignore
    expect: 'supported',
    evidence: (records) =>
      paired([
        ...overEpsilons(records, EPSILONS.slice(1), gap, () => () => 0.1),
        ...pairs(detections(records), (r) => Math.max(gap(0.08)(r), gap(0.12)(r)) - 0.02, gap(0.16), 'shrinks'),
      ]),
    figure: (records) => againstEpsilon(records, 'Gap of mean similarities against ε', 'similarity', { gap }),
  },
  {
    ...common,
    id: 'vlm-guard.C7',
    statement: 'Noise on the parameters of shallow encoders changes nothing.',
    source: 'spec C7; the paper says that it helps with seven encoders and more, from 5e-4 on',
    kind: 'critique',
    rule: { statistic: 'mean-diff', max: 0.03, unit: 'AUROC', words: '|AUROC with noise − without| below .03, relative noise up to .2, ε = .08' }, // prettier-ignore
    expect: 'supported',
    evidence: (records) =>
      paired(
        [0.02, 0.1, 0.2].flatMap((sigma) => pairs(detections(records), (r) => Math.abs(number(r, 'otu', String(sigma)) - atEpsilon(0.08, 'auroc')(r)), () => 0, `r = ${sigma}`)),
      ), // prettier-ignore
  },
  {
    ...common,
    id: 'vlm-guard.C8',
    statement:
      'An ensemble is as good as normal scores with the measured correlation say, and hardly better than one encoder.',
    source: 'spec C8 and T3',
    rule: { statistic: 'mean-diff', max: 0.03, unit: 'AUROC', words: '|predicted − measured| and |ensemble − mean of single encoders| at most .03, ε = .06 to .12' }, // prettier-ignore
    expect: 'supported',
    evidence: (records) =>
      paired(
        [0.06, 0.08, 0.12].flatMap((e) => {
          const measured = atEpsilon(e, 'auroc');
          const predicted = (r: CellRecord) => (r.values['byEpsilon'] as unknown as Record<string, { predicted: number[] }>)[e]!.predicted.at(-1)!; // prettier-ignore
          return [
            ...pairs(detections(records), (r) => Math.abs(predicted(r) - measured(r)), () => 0, `predicted, ε = ${e}`),
            ...pairs(detections(records), (r) => Math.abs(measured(r) - atEpsilon(e, 'single')(r)), () => 0, `single, ε = ${e}`),
          ];
        }),
      ), // prettier-ignore
  },
  {
    ...common,
    id: 'vlm-guard.C9',
    statement: 'A threshold from clean images alone keeps its false positive rate.',
    source: 'spec C9 and T7',
    kind: 'beyond',
    rule: { statistic: 'exact', words: 'false alarms of all seeds together within the central 95 % of beta-binomial numbers, for α = .05 and .1' }, // prettier-ignore
    expect: 'supported',
    evidence(records) {
      const found = detections(records);
      if (found.length === 0) return { kind: 'none', why: 'no finished cell of its experiment' };
      const rates: number[] = [];
      const checks = ALPHAS.map((alpha) => {
        const of = (name: string) => found.map((r) => number(r, 'thresholds', String(alpha), name));
        const [flagged, among] = [of('flagged'), of('of')].map((list) => list.reduce((sum, value) => sum + value, 0)) as [number, number]; // prettier-ignore
        const [low, high] = betaBinomialInterval(of('rank')[0]!, of('n')[0]!, of('of')[0]!, found.length);
        rates.push(flagged / among);
        return {
          name: `α = ${alpha}: ${flagged} of ${among}, within ${low} … ${high}`,
          holds: flagged >= low && flagged <= high,
        };
      });
      return { kind: 'exact', checks, measured: rates[0]!, unit: 'false positive rate at α = .05' };
    },
  },
  {
    ...common,
    id: 'vlm-guard.C10',
    statement:
      'The generator may be coarse, up to what the encoders see; below that, and where it draws other things, detection goes.',
    source: 'spec C10, in place of fewer diffusion steps',
    rule: { statistic: 'mean-diff', min: 0, unit: 'AUROC', words: 'at ε = .12: loss with blocks of 2 to 4 pixels at most .04; AUROC with blocks of 12 at most .7; with .8 wrong classes at most .6' }, // prettier-ignore
    expect: 'supported',
    evidence(records) {
      const found = detections(records);
      const of = (name: string) => (r: CellRecord) => number(r, 'quality', name);
      return paired([
        ...[2, 3, 4].flatMap((block) => pairs(found, (r) => of(`block ${block}`)(r) + 0.04, atEpsilon(0.12, 'auroc'), `blocks of ${block}`)),
        ...pairs(found, () => 0.7, of('block 12'), 'blocks of 12'),
        ...pairs(found, () => 0.6, of('wrong 0.8'), 'wrong classes'),
      ]); // prettier-ignore
    },
    table: (records) => ({
      title: 'AUROC by what is wrong with the generator, ε = .12: means over seeds',
      columns: ['fault', 'AUROC'],
      rows: Object.keys((detections(records)[0]?.values['quality'] ?? {}) as object).map((name) => [
        name,
        detections(records).reduce((sum, r) => sum + number(r, 'quality', name), 0) / detections(records).length,
      ]),
    }),
  },
  {
    ...common,
    id: 'vlm-guard.C12',
    statement: 'What leaves the caption as it was is not detected, in this world.',
    source: 'spec C12 and T2',
    kind: 'critique',
    rule: { statistic: 'mean-diff', min: 0.4, max: 0.65, unit: 'AUROC', words: 'AUROC in [.4, .65] of random signs of size ε, and of attacks that left the caption, where they are 25 or more' }, // prettier-ignore
    expect: 'supported',
    evidence(records) {
      const found = detections(records);
      const failed = EPSILONS.flatMap((e) => {
        const enough = found.filter((r) => atEpsilon(e, 'failed', 'n')(r) >= 25);
        return enough.length === 0 ? [] : pairs(enough, atEpsilon(e, 'failed', 'auroc'), () => 0, `failed, ε = ${e}`);
      });
      return paired([
        ...EPSILONS.flatMap((e) => pairs(found, (r) => number(r, 'signs', String(e), 'auroc'), () => 0, `signs, ε = ${e}`)),
        ...failed,
      ]); // prettier-ignore
    },
  },
  {
    ...common,
    id: 'vlm-guard.C13',
    statement: 'Several mirror images a caption, and the best of them, beat one.',
    source: 'spec C13, beyond the paper',
    kind: 'beyond',
    rule: { statistic: 'mean-diff', min: 0.02, unit: 'AUROC', words: 'AUROC with the largest of 4 draws − with one: at least .02 at ε = .08 and .12' }, // prettier-ignore
    expect: 'supported',
    evidence: (records) =>
      paired(
        [0.08, 0.12].flatMap((e) => pairs(detections(records), (r) => number(r, 'draws', `${e} max 4`), (r) => number(r, 'draws', `${e} max 1`), `ε = ${e}`)),
      ), // prettier-ignore
    figure: (records) => ({
      title: 'AUROC against the number of mirror images a caption',
      mark: 'line',
      x: { label: 'mirror images', scale: 'log' },
      y: { label: 'AUROC' },
      rows: [0.08, 0.12].flatMap((e) =>
        ['max', 'mean'].flatMap((reduce) =>
          [1, 2, 4, 8].map((m) => {
            const values = detections(records).map((r) => number(r, 'draws', `${e} ${reduce} ${m}`));
            return { x: m, y: values.reduce((sum, value) => sum + value, 0) / values.length, series: reduce, facet: `ε = ${e}` }; // prettier-ignore
          }),
        ),
      ),
    }),
  },
];
