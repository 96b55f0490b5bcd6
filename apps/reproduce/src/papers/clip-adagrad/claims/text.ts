/** C11 and the fine-tuning of encoders: not run yet. */
import type { Claim } from '@assay-ml/claims';

const notYet = { kind: 'none', why: 'not run yet' } as const;

export const text: readonly Claim[] = [
  {
    id: 'clip-adagrad.C11',
    statement:
      'The benefit of clipping follows the tails: it helps where rare tokens make gradients heavy-tailed and not on a balanced task.',
    source: 'Figures 2, 3, 7, 8 (CoLA against RTE); spec C11, on small text classifiers',
    kind: 'paper',
    experiments: [],
    tiers: [],
    rule: {
      statistic: 'log-ratio',
      min: 0,
      words:
        'on the light task |log10 of the ratio of losses| within 0.05, and that of the heavy task less the light one above 0',
    },
    expect: 'report',
    reason: 'its trainings are not part of a tier yet',
    evidence: () => notYet,
  },
  {
    id: 'clip-adagrad.E1',
    statement: 'Clip-Adam beats Adam when ALBERT-base-v2 is fine-tuned on CoLA, and is like it on RTE.',
    source: 'Figures 2, 3, 7, 8; 100 runs each',
    kind: 'paper',
    experiments: [],
    tiers: [],
    rule: { statistic: 'log-ratio', max: 0, words: 'validation loss of Clip-Adam below that of Adam on CoLA' },
    expect: 'report',
    reason: 'needs an encoder network, its pretrained weights and GLUE',
    evidence: () => notYet,
  },
];
