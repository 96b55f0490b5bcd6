/**
 * What a reader chooses to see, without a script: radio buttons, and a style sheet that looks which one is on. A browser that
 * does not know `:has()` shows everything, in the order of the paper.
 */
import type { Verdict } from '@assay-ml/claims';
import { totals, unexpected, BADGES } from './results.js';

interface Choice {
  readonly id: string;
  readonly words: string;
  /** Class of the claims that it is about; none: all. */
  readonly about: string | null;
}

const choice = (name: string, { id, words, about }: Choice): string =>
  `<label><input type="radio" name="${name}" id="${id}"${about === null ? ' checked' : ''}>${words}</label>`;

const rules = (of: (about: string) => string, choices: readonly Choice[]): string =>
  choices.flatMap(({ id, about }) => (about === null ? [] : [`body:has(#${id}:checked) ${of(about)}`])).join('');

/** The radio buttons and their style sheet; nothing where all claims are of one kind. */
export function filters(verdicts: readonly Verdict[]): string {
  const counts = totals(verdicts);
  const odd = verdicts.filter(unexpected).length;
  const off = odd === 0 ? [] : [{ words: `not as expected (${odd})`, about: 'is-off' }];
  if (counts.length + off.length < 2) return '';
  const show: Choice[] = [
    { id: 'show-all', words: `all (${verdicts.length})`, about: null },
    ...[
      ...counts.map(({ verdict, count }) => ({ words: `${BADGES[verdict].words} (${count})`, about: `is-${verdict}` })),
      ...off,
    ].map((kind) => ({ ...kind, id: `show-${kind.about}` })),
  ];
  const first: Choice[] = [
    { id: 'first-paper', words: 'as in the paper', about: null },
    ...(counts.some(({ verdict }) => verdict === 'refuted')
      ? [{ id: 'first-is-refuted', words: 'refuted', about: 'is-refuted' }]
      : []),
    ...(odd === 0 ? [] : [{ id: 'first-is-off', words: 'not as expected', about: 'is-off' }]),
  ];
  const style =
    rules((about) => `:is(.overview tbody tr,.claim):not(.${about}){display:none}`, show) +
    rules((about) => `:is(.overview tbody tr,.claim).${about}{order:-1}`, first);
  const group = (legend: string, name: string, choices: readonly Choice[]): string =>
    choices.length < 2
      ? ''
      : `<fieldset><legend>${legend}</legend>${choices.map((one) => choice(name, one)).join('')}</fieldset>`;
  return `<style>${style}</style><div class="filters">${group('Show', 'show', show)}${group('First', 'first', first)}</div>`;
}
