/** C7: the explicit bounds of the theory, on random instances and pinned on tight ones. */
import type { CellRecord, Claim } from '@assay-ml/claims';
import { select } from '@assay-ml/claims/evidence';

type Ratios = Readonly<Record<string, number>>;
type Pins = Readonly<Record<string, { readonly measured: number; readonly closedForm: number }>>;

const NAMES = ['T1', 'T2', 'T3', 'T5', 'T6', 'T7', 'T8'] as const;
/** A pin holds to rounding: T1 and T2 divide differences of 1e-3 by each other. */
const PIN_TOLERANCE = 1e-9;

/** Largest ratio of each bound over all instances. */
function worst(records: readonly CellRecord[]): [string, number][] {
  const all = [...select(records, 'bounds'), ...select(records, 'lemmas')].map((r) => r.values['ratios'] as Ratios);
  return NAMES.map((name) => {
    const found = all.flatMap((ratios) => ratios[name] ?? []);
    if (found.length === 0) throw new TypeError(`evidence: no finished cell for bound ${name}.`);
    return [name, Math.max(...found)];
  });
}

const pinned = (records: readonly CellRecord[]): [string, Pins[string]][] =>
  select(records, 'tight').flatMap((r) => Object.entries(r.values as unknown as Pins));

export const bounds: readonly Claim[] = [
  {
    id: 'local.C7',
    statement:
      'The bounds with explicit constants (T1-T3, T5-T8) are never violated, and the leading constant of each is what it says.',
    source: 'ms22 L.7, L.8, L.10, L.11; T7 and T8 follow from them (T7’s last two terms without noise only); spec C7',
    kind: 'paper',
    experiments: ['bounds', 'lemmas', 'tight'],
    tiers: ['quick', 'standard', 'full'],
    rule: {
      statistic: 'exact',
      words:
        'measured / bound ≤ 1 on every random instance of family W and at every random point; on tight instances the ratio equals its closed form to 1e-9',
    },
    expect: 'supported',
    reference: 'T6: 0.009 to 0.018, T7: 0.0004 to 0.034 of the bound',
    evidence: (records) => {
      const ratios = worst(records);
      const pins = pinned(records);
      if (pins.length !== NAMES.length) throw new TypeError(`evidence: ${pins.length} pins; must be ${NAMES.length}.`);
      return {
        kind: 'exact',
        checks: [
          ...ratios.map(([name, ratio]) => ({
            name: `${name}: largest ratio ${ratio.toPrecision(3)}`,
            holds: ratio <= 1,
          })),
          ...pins.map(([name, { measured, closedForm }]) => ({
            name: `${name} pinned at ${closedForm.toPrecision(4)}`,
            holds: Math.abs(measured / closedForm - 1) <= PIN_TOLERANCE,
          })),
        ],
        measured: Math.max(...ratios.map(([, ratio]) => ratio)),
        unit: 'largest ratio to a bound',
      };
    },
    figure: (records) => {
      const ratios = worst(records);
      return {
        title: 'How much of each bound is used at most',
        mark: 'dot',
        x: { label: 'bound', scale: 'point' },
        y: { label: 'measured / bound', scale: 'log' },
        rows: [
          ...ratios.map(([x, y]) => ({ x, y, series: 'random instances' })),
          ...pinned(records).map(([x, { measured }]) => ({ x, y: measured, series: 'tight instance' })),
        ],
        rules: [{ axis: 'y', at: 1, label: 'violated above' }],
      };
    },
  },
];
