/** C5, C12 to C14 and C16 on MNIST. */
import type { CellRecord, Claim } from '@assay-ml/claims';
import { across, number, paired } from '@assay-ml/claims/evidence';
import type { Task } from '../data/federation.js';
import { mnist, MNIST_FEW, MNIST_PLENTY, type MnistName, TASKS } from '../plan.js';
import { band, runsOf } from './records.js';

const accuracy = (r: CellRecord) => number(r, 'accuracy');
const of = (records: readonly CellRecord[], name: MnistName, task: Task, samples: number) => runsOf(records, 'mnist', mnist(name, task, samples)); // prettier-ignore
const points = (words: string) => ({ statistic: 'mean-diff', max: 0, unit: 'accuracy, %', words }) as const;
const common = {
  kind: 'paper',
  experiments: ['mnist'],
  tiers: ['standard', 'full'],
  expect: 'report',
  reason: 'no pilot on pictures has fixed an expectation',
} as const;

const above = (lower: readonly CellRecord[], higher: readonly CellRecord[], part: string, margin = 0) =>
  across(lower, (r) => accuracy(r) + margin, higher, accuracy, part);

export const mnistClaims: readonly Claim[] = [
  {
    ...common,
    id: 'floral.C5-mnist',
    statement: 'On MNIST with 10 images a client FLoRAL with optimal routers is 15 points above Local Adaptor.',
    source: 'spec C5; Table 1 of the paper, MNIST at 5 %',
    rule: points('Local Adaptor + 15 less FLoRAL π* at most 0, on both tasks'),
    reference: '87.0 and 86.9 against 47.4 and 32.0',
    evidence: (records) =>
      paired(TASKS.flatMap((task) => above(of(records, 'Local Adaptor', task, MNIST_FEW), of(records, 'FLoRAL, π*', task, MNIST_FEW), task, 15))), // prettier-ignore
    figure: (records) => ({
      title: 'MNIST: accuracy along the rounds, mean and range over seeds',
      mark: 'line',
      x: { label: 'round' },
      y: { label: 'accuracy, %' },
      rows: TASKS.flatMap((task) =>
        [MNIST_FEW, MNIST_PLENTY].flatMap((samples) =>
          (['FedAvg', 'Local Adaptor', 'FLoRAL', 'FLoRAL, π*', 'Ensemble', 'Ensemble, π*', 'losses'] as const).flatMap(
            (name) => band(of(records, name, task, samples), 'curve', name, `${task}, ${samples} images`),
          ),
        ),
      ),
    }),
  },
  {
    ...common,
    id: 'floral.C12-mnist',
    statement: 'On MNIST FLoRAL is better than Local Adaptor, learned or with optimal routers.',
    source: 'Table 1 of the paper',
    rule: points('Local Adaptor less FLoRAL at most 0, in eight parts'),
    evidence: (records) =>
      paired(
        (['FLoRAL, π*', 'FLoRAL'] as const).flatMap((name) =>
          TASKS.flatMap((task) =>
            [MNIST_PLENTY, MNIST_FEW].flatMap(
              (samples) =>
              above(of(records, 'Local Adaptor', task, samples), of(records, name, task, samples), `${name}: ${task}, ${samples} images`), // prettier-ignore
            ),
          ),
        ),
      ),
  },
  {
    ...common,
    id: 'floral.C13-mnist',
    statement: 'On MNIST with 10 images a client FLoRAL is better than an ensemble of full models.',
    source: 'Table 1 of the paper',
    rule: points('Ensemble less FLoRAL at most 0, learned and π*, on both tasks'),
    evidence: (records) =>
      paired(
        TASKS.flatMap((task) => [
          ...above(
            of(records, 'Ensemble', task, MNIST_FEW),
            of(records, 'FLoRAL', task, MNIST_FEW),
            `learned, ${task}`,
          ),
          ...above(
            of(records, 'Ensemble, π*', task, MNIST_FEW),
            of(records, 'FLoRAL, π*', task, MNIST_FEW),
            `π*, ${task}`,
          ),
        ]),
      ),
  },
  {
    ...common,
    id: 'floral.C14-mnist',
    statement: 'On MNIST with 10 turned images a client FedAvg is at least as good as FLoRAL with learned routers.',
    source: 'Table 1 of the paper: 78.2 against 73.1 and 75.7',
    kind: 'critique',
    rule: points('FLoRAL less FedAvg at most 0'),
    evidence: (records) => paired(above(of(records, 'FLoRAL', 'rotation', MNIST_FEW), of(records, 'FedAvg', 'rotation', MNIST_FEW), 'turned')), // prettier-ignore
  },
  {
    ...common,
    id: 'floral.C15-mnist',
    statement: 'On MNIST FedAvg with 30 epochs of fine-tuning is at least as good as FLoRAL with learned routers.',
    source: 'a baseline that the paper’s table leaves out',
    kind: 'critique',
    rule: points('FLoRAL less fine-tuned FedAvg at most 0, in four parts'),
    evidence: (records) =>
      paired(
        TASKS.flatMap((task) =>
          [MNIST_PLENTY, MNIST_FEW].flatMap(
            (samples) =>
            across(of(records, 'FLoRAL', task, samples), accuracy, of(records, 'FedAvg', task, samples), (r) => number(r, 'tuned'), `${task}, ${samples} images`), // prettier-ignore
          ),
        ),
      ),
  },
  {
    ...common,
    id: 'floral.C16-mnist',
    statement: 'On MNIST with shifted labels routing by loss sorts sooner than the paper’s gradient.',
    source: 'our own',
    kind: 'beyond',
    rule: points('FLoRAL learned by gradient less that by losses at most 0 at the end, 200 images a client'),
    evidence: (records) => paired(above(of(records, 'FLoRAL', 'shift', MNIST_PLENTY), of(records, 'losses', 'shift', MNIST_PLENTY), 'losses')), // prettier-ignore
  },
];
