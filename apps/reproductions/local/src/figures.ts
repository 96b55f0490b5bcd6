/** Figures that belong to no single claim: the sweeps and maps of the standard tier. */
import { scalar } from '@assay-ml/numerics';
import type { CellRecord, Figure, Tier } from '@assay-ml/claims';
import type { MethodName } from '@assay-ml/theory-sim';
import { centre, LABELS, lines } from './claims/who-wins.js';
import { number, parameter, select } from '@assay-ml/claims/evidence';

/** Mean log10 of a method's result over MbSGD's on the (δ, y) map; all seeds of a cell are in its mean. */
function map(records: readonly CellRecord[], y: 'zeta' | 'rho', label: string, title: string): Figure | null {
  const fixed = Object.entries(centre('standard')).filter(([key]) => key !== 'delta');
  const chosen = select(records, 'who-wins', Object.fromEntries(fixed), y);
  const rows = (['localSgd', 'scaffold'] as const satisfies readonly MethodName[]).flatMap((method) => {
    const cells = new Map<string, { x: number; y: number; logs: number[] }>();
    for (const record of chosen) {
      const at = { x: parameter(record, 'delta'), y: parameter(record, y) };
      const cell = cells.get(JSON.stringify(at)) ?? { ...at, logs: [] };
      const ratio = number(record, 'gradientNorm2', method) / number(record, 'gradientNorm2', 'minibatchSgd');
      cell.logs.push(scalar.log10(ratio));
      cells.set(JSON.stringify(at), cell);
    }
    return [...cells.values()].map(({ logs, ...at }) => ({
      ...at,
      value: logs.reduce((sum, v) => sum + v, 0) / logs.length,
      facet: `${LABELS[method]} / MbSGD`,
    }));
  });
  if (rows.length === 0) return null;
  return {
    title,
    mark: 'heat',
    x: { label: 'Hessian similarity δ', scale: 'point' },
    y: { label, scale: 'point' },
    color: { label: 'log10 of the ratio of ‖∇f(x_R)‖²; negative: better than MbSGD' },
    rows,
  };
}

export function figures(records: readonly CellRecord[], tier: Tier): readonly Figure[] {
  if (tier !== 'standard') return [];
  return [
    map(records, 'zeta', 'gradient dissimilarity ζ', 'Who wins over (δ, ζ), quadratics'),
    map(records, 'rho', 'non-quadratic part ρ', 'Who wins over (δ, ρ)'),
    lines(records, tier, 'Local steps at δ = 0.1', 'K'),
    lines(records, tier, 'Gradient noise at δ = 0.1', 'sigma'),
    lines(records, tier, 'Away from quadratics at δ = 0.1', 'rho'),
  ].filter((figure) => figure !== null);
}
