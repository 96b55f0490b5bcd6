/** C4 to C6, C12 to C15: what is claimed of methods side by side, on E2 and on pictures alike. */
import type { CellRecord, Claim, Evidence, Figure, Tier } from '@assay-ml/claims';
import { across, number, paired } from '@assay-ml/claims/evidence';
import type { Task } from '../data/federation.js';
import type { MainName } from '../plan.js';
import { accuracy, band, bar, runsOf } from './records.js';

/** Where methods are compared. */
export interface Bench {
  /** Behind the ids of its claims. */
  readonly suffix: string;
  /** Whose examples: what statements and figures begin with, e.g. `MNIST`. */
  readonly name: string;
  readonly experiment: string;
  readonly tiers: readonly Tier[];
  readonly names: readonly MainName[];
  /** How groups disagree, with the examples that a client has. */
  readonly conditions: readonly (readonly [Task, number])[];
  /** Examples that are scarce, and what examples are called. */
  readonly few: number;
  readonly unit: string;
  config(tier: Tier, name: MainName, task: Task, samples: number): object;
  /** Of FLoRAL π*, %: a seed below it has learned nothing, and is left out and counted. Default: none is. */
  readonly least?: number;
}

/** What an id is expected to come to, with what its source reports beside it. */
export type Expected = Pick<Claim, 'expect' | 'reason' | 'reference'>;

export const points = (words: string) => ({ statistic: 'mean-diff', max: 0, unit: 'accuracy, %', words }) as const;

/** How far `lower`, with `margin` points more, is above `higher`. */
export const above = (
  lower: readonly CellRecord[],
  higher: readonly CellRecord[],
  part: string,
  margin = 0,
  at = accuracy,
) =>
  // prettier-ignore
  across(lower, (r) => at(r) + margin, higher, at, part);

const TITLES = { shift: 'labels shifted', rotation: 'inputs turned' } as const;
export const titled = (task: Task, samples: number, { unit }: Pick<Bench, 'unit'>) => `${TITLES[task]}, ${samples} ${unit}`; // prettier-ignore

const tuned = (r: CellRecord) => number(r, 'tuned', '30');

/** The claims of a bench that are asked for, by id, with what is expected. */
export function comparisons(bench: Bench, expected: Readonly<Record<string, Expected>>): Claim[] {
  const { suffix, name: examples, experiment, tiers, names, conditions: all, few, unit } = bench;
  const on = `On ${examples}`;
  const scarce = `${few} ${unit} a client`;
  const runs = (records: readonly CellRecord[], tier: Tier, name: MainName, task: Task, samples: number) =>
    runsOf(records, experiment, bench.config(tier, name, task, samples));
  /** Pairs of all conditions that a claim names; seeds that have learned nothing are left out of theirs. */
  const evidence =
    (
      conditions: readonly (readonly [Task, number])[],
      of: (
        run: (name: MainName) => CellRecord[],
        where: string,
        task: Task,
        samples: number,
      ) => ReturnType<typeof across>,
    ) =>
    (records: readonly CellRecord[], tier: Tier): Evidence => {
      let excluded = 0;
      const samples = conditions.flatMap(([task, size]) => {
        const run = (name: MainName) => runs(records, tier, name, task, size);
        const unlearned = new Set(bench.least === undefined ? [] : run('FLoRAL, π*').filter((r) => accuracy(r) < bench.least!).map(({ seed }) => String(seed))); // prettier-ignore
        excluded += unlearned.size;
        return of(run, titled(task, size, bench), task, size).filter(({ block }) => !unlearned.has(block));
      });
      const found = paired(samples);
      return found.kind === 'paired' && excluded > 0 ? { ...found, excluded } : found;
    };
  const onFew = all.filter(([, samples]) => samples === few);
  const onPlenty = all.filter(([, samples]) => samples !== few);
  const words = (conditions: Bench['conditions']) => conditions.map((of) => titled(...of, bench)).join('; ');
  const learned = (['FLoRAL, π*', 'FLoRAL'] as const).filter((name) => names.includes(name));
  const ensembles = ([['Ensemble', 'FLoRAL'], ['Ensemble, π*', 'FLoRAL, π*']] as const).filter(([name]) => names.includes(name)); // prettier-ignore
  const eachFacet = (records: readonly CellRecord[], tier: Tier, rows: (found: CellRecord[], name: MainName, facet: string) => Figure['rows']) => // prettier-ignore
    all.flatMap(([task, samples]) => names.flatMap((name) => rows(runs(records, tier, name, task, samples), name, titled(task, samples, bench)))); // prettier-ignore

  const claims: readonly Omit<Claim, 'expect'>[] = [
    {
      ...{ id: 'C4', kind: 'paper', source: 'spec C4; Table 1 of the paper', experiments: [experiment], tiers },
      statement: `${on} with shifted labels FedAvg is near 100/C per cent, and FLoRAL with optimal routers 40 points above it.`,
      rule: points('|FedAvg − 25| less 8, and FedAvg + 40 less FLoRAL π*, at most 0'),
      evidence: evidence(
        all.filter(([task]) => task === 'shift'),
        (run, where) => [
          ...across(run('FedAvg'), (r) => Math.abs(accuracy(r) - 25), run('FedAvg'), () => 8, `FedAvg: ${where}`), // prettier-ignore
          ...above(run('FedAvg'), run('FLoRAL, π*'), `FLoRAL π*: ${where}`, 40),
        ],
      ),
      figure: (records, tier) => ({
        title: `${examples}: accuracy by round, range over seeds`,
        mark: 'line',
        x: { label: 'round' },
        y: { label: 'accuracy, %' },
        rows: eachFacet(records, tier, (found, name, facet) => band(found, 'curve', name, facet)),
      }),
    },
    {
      ...{ id: 'C5', kind: 'paper', source: 'spec C5; Table 1 of the paper', experiments: [experiment], tiers },
      statement: `${on} with scarce data FLoRAL with optimal routers is 15 points above Local Adaptor.`,
      rule: points(`Local Adaptor + 15 less FLoRAL π* at most 0: ${words(onFew)}`),
      evidence: evidence(onFew, (run, where) => above(run('Local Adaptor'), run('FLoRAL, π*'), where, 15)),
    },
    {
      ...{ id: 'C6', kind: 'paper', source: 'spec C6; Table 1 of the paper', experiments: [experiment], tiers },
      statement: `${on} with plenty of data an ensemble with optimal routers is the ceiling.`,
      rule: points(`FLoRAL π* − 1 less Ensemble π* at most 0: ${words(onPlenty)}`),
      evidence: evidence(onPlenty, (run, where) => above(run('FLoRAL, π*'), run('Ensemble, π*'), where, -1)),
    },
    {
      ...{ id: 'C12', kind: 'paper', experiments: [experiment], tiers },
      statement: `${on} FLoRAL is better than Local Adaptor, learned or with optimal routers, however the groups disagree, scarce data or plenty.`,
      source: 'Table 1 of the paper, whose text says “consistently better”',
      rule: points(`Local Adaptor less FLoRAL at most 0, in ${learned.length * all.length} parts`),
      evidence: evidence(all, (run, where) =>
        learned.flatMap((name) => above(run('Local Adaptor'), run(name), `${name}: ${where}`)),
      ),
      figure: (records, tier) => ({
        title: `${examples}: accuracy at the end, range over seeds`,
        mark: 'bar',
        x: { label: 'method', scale: 'point' },
        y: { label: 'accuracy, %' },
        rows: eachFacet(records, tier, bar),
      }),
    },
    {
      ...{ id: 'C13', kind: 'paper', experiments: [experiment], tiers },
      statement: `${on} with scarce data FLoRAL is better than an ensemble of full models.`,
      source: 'the paper’s abstract and Table 1, where it holds in 4 of 5 tasks with learned routers and 1 of 5 with optimal ones', // prettier-ignore
      rule: points(`Ensemble less FLoRAL at most 0, ${scarce}: ${ensembles.map(([, name]) => name).join('; ')}`),
      evidence: evidence(onFew, (run, where) => ensembles.flatMap(([higher, lower]) => above(run(higher), run(lower), `${lower}: ${where}`))), // prettier-ignore
    },
    {
      ...{ id: 'C14', kind: 'critique', experiments: [experiment], tiers },
      statement: `${on} with scarce data and inputs turned FedAvg is at least as good as FLoRAL with learned routers.`,
      source: 'Table 1 of the paper: 78.2 against 73.1 and 75.7, 45.6 against 45.2 and 44.5',
      rule: points(`FLoRAL less FedAvg at most 0, ${scarce}, inputs turned`),
      evidence: evidence([['rotation', few]], (run, where) => above(run('FLoRAL'), run('FedAvg'), where)),
    },
    {
      ...{ id: 'C15', kind: 'critique', experiments: [experiment], tiers },
      statement: `${on} FedAvg with 30 epochs of fine-tuning, which the paper’s table leaves out, is at least as good as FLoRAL with learned routers.`,
      source: 'a baseline that users of federated libraries ask for',
      rule: points(`FLoRAL at the end less fine-tuned FedAvg at most 0, in ${all.length} parts`),
      evidence: evidence(all, (run, where) => across(run('FLoRAL'), accuracy, run('FedAvg'), tuned, where)),
    },
  ];
  const unknown = Object.keys(expected).find((id) => !claims.some((claim) => claim.id === id));
  if (unknown !== undefined) throw new RangeError(`comparisons: '${unknown}' is none of its claims.`);
  return claims.flatMap((claim) => {
    const expects = expected[claim.id];
    return expects ? [{ ...claim, id: `floral.${claim.id}${suffix}`, ...expects }] : [];
  });
}
