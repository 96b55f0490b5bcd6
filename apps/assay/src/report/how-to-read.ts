/** The words of a report, said once. */
import { ENOUGH_BLOCKS, type Tier } from '@assay-ml/claims';
import { escape } from './markup.js';

const TIERS: Readonly<Record<Tier, string>> = {
  quick: 'a minute on two cores',
  standard: 'minutes on two cores, with seeds enough for intervals',
  full: 'the paper’s own sizes, for a GPU or many machines',
};

const words = (tier: Tier): readonly (readonly [term: string, meaning: string])[] => [
  [
    'Verdict',
    'Supported: the rule holds for the measured number and for its whole interval. Refuted: it fails for both. Inconclusive: they disagree, or there is no interval. Not run: this tier, or this machine’s data, cannot judge it.',
  ],
  [
    'Expected',
    'What was fixed after a pilot on other seeds, before the seeds of this report were run; “not as expected” is a verdict other than that.',
  ],
  [
    'Critique, beyond the paper',
    'A critique is a claim against the paper, ours; a claim beyond the paper is about something that it does not say.',
  ],
  [
    'Part',
    'A claim may name several conditions. The rule must hold in each; the verdict and the measured number are those of the worst.',
  ],
  [
    'Block, n',
    'A block is what was drawn independently. n counts blocks: seeds × configurations, 3 seeds × 4 configurations being 12, unless several share a tuning run, a data split or a trained network, which makes them one. Of an exact claim, n counts checks.',
  ],
  [
    'Interval, level',
    `In brackets after a number. Of 100 such intervals of level 95 % about 95 hold what they estimate. At quick, with fewer than ${ENOUGH_BLOCKS} blocks, the number alone decides and the interval is only shown.`,
  ],
  [
    'Scale',
    'The shaded stretch is what the rule allows, the dashed line its bound, the dot the measured number, the bar its interval; a diamond below the scale is what the source reports, where that is the same statistic.',
  ],
  ['Tier', `How large a run is. This one is ${tier}: ${TIERS[tier]}.`],
];

/** A list of the report's terms that opens. */
export function howToRead(tier: Tier): string {
  const entries = words(tier).map(
    ([term, meaning]) => `<div><dt>${escape(term)}</dt><dd>${escape(meaning)}</dd></div>`,
  );
  return `<details class="how"><summary>How to read this</summary><dl>${entries.join('')}</dl></details>`;
}
