/** Figures that belong to no single claim. */
import { topologicalOrder } from '@assay-ml/dag-sa';
import type { CellRecord, Figure } from '@assay-ml/claims';
import { mean } from '@assay-ml/numerics';
import { at, list, number, select } from '@assay-ml/claims/evidence';
import { grouped, label, last, processorSeconds } from './evidence.js';
import { consensus, PROTEINS } from './sachs.js';

/** ψDAG after so many steps, a cell each, and the whole runs of others: gap over the processor's time. */
function overSeconds(records: readonly CellRecord[]): Figure | null {
  const rows = select(records, 'race')
    .filter((record) => at(record, 'gap') !== null)
    .flatMap((record) => {
      const x = processorSeconds(record);
      const series = (record.config as { method: string }).method;
      return x === null ? [] : [{ x, y: number(record, 'gap'), series }];
    });
  if (rows.length === 0) return null;
  return {
    title: 'Gap over processor seconds: ER2, d = 100, a point a run (ψDAG from 100 to 20,000 steps)',
    mark: 'dot',
    x: { label: 'processor seconds', scale: 'log' },
    y: { label: '(f(W) − f*) / f*', scale: 'log' },
    rows,
    rules: [{ axis: 'y', at: 0.1, label: 'the paper’s criterion' }],
  };
}

const FOUND = {
  truth: 'the true graph',
  psiDag: 'ψDAG, stage 3',
  refitted: 'least squares on its order',
  eqvar: 'least squares on EqVar’s order',
} as const;

/** Matrices of the first small graph, vertices in a true order: what is right lies above the diagonal. */
function matrices(records: readonly CellRecord[]): Figure | null {
  const record = select(records, 'synthetic', ({ kind, degree }) => kind === 'ER' && degree === 4).find(
    ({ values }) => values['matrices'] !== undefined,
  );
  if (record === undefined) return null;
  const { d } = record.config as { d: number };
  const order = topologicalOrder(Float64Array.from(list(record, 'matrices', 'truth')), d)!;
  return {
    title: `Learnt matrices: ${label(record)}, seed ${record.seed}`,
    mark: 'heat',
    x: { label: 'effect' },
    y: { label: 'cause' },
    color: { label: 'weight' },
    rows: (Object.keys(FOUND) as (keyof typeof FOUND)[]).flatMap((name) => {
      const W = list(record, 'matrices', name);
      return [...order].flatMap((i, a) =>
        [...order].map((j, b) => ({ x: b + 1, y: a + 1, value: W[i * d + j]!, facet: FOUND[name] })),
      );
    }),
  };
}

/** Learnt edges beside both versions of the consensus graph; −1 where an edge is in neither. */
function proteins(records: readonly CellRecord[]): Figure | null {
  const learnt = select(
    records,
    'sachs',
    ({ method, rows }) => method === 'psi-dag' && rows === 'observational',
  ).filter(({ seed }, _, all) => seed === all[0]!.seed);
  if (learnt.length === 0) return null;
  const versions = ([17, 20] as const).map((version) => ({ version, W: consensus(version, PROTEINS) }));
  const d = PROTEINS.length;
  const square = (facet: string, value: (edge: number) => number) =>
    PROTEINS.flatMap((from, i) =>
      PROTEINS.flatMap((to, j) => {
        const v = value(i * d + j);
        return i === j || v !== 0 ? [{ x: to, y: from, value: v, facet }] : [];
      }),
    );
  return {
    title: 'Protein network: consensus, and what ψDAG learns from the observational rows',
    mark: 'heat',
    x: { label: 'effect' },
    y: { label: 'cause' },
    color: { label: '1: in a consensus graph; −1: learnt, in neither' },
    rows: [
      ...versions.flatMap(({ version, W }) => square(`consensus, ${version} edges`, (edge) => W[edge]!)),
      ...learnt.flatMap((record) => {
        const edges = new Set(at(record, 'edges') as string[]);
        return square(`ψDAG, ${(record.config as { scale: string }).scale}`, (edge) => {
          const [i, j] = [Math.floor(edge / d), edge % d];
          if (!edges.has(`${PROTEINS[i]!}>${PROTEINS[j]!}`)) return 0;
          return versions.some(({ W }) => W[edge] !== 0) ? 1 : -1;
        });
      }),
    ],
  };
}

/** Ends of ψDAG and of the soft baselines, mean and range over seeds. */
function ends(records: readonly CellRecord[], which: 'gap' | 'shd'): Figure | null {
  const soft = select(records, 'soft');
  const graphs = new Set(soft.map(label));
  const ours = select(records, 'synthetic').filter((record) => graphs.has(label(record)));
  const point = (record: CellRecord, x: string, y: number) => ({ x, y, facet: label(record) });
  const gap = (record: CellRecord, value: number) => value / number(record, 'optimum');
  const rows = [
    ...ours.flatMap((record) =>
      which === 'gap'
        ? [
            point(record, 'ψDAG', gap(record, last(record, 'oracle', 'fitted'))),
            point(record, 'its order', gap(record, number(record, 'oracle', 'ols'))),
          ]
        : [
            point(record, 'ψDAG', number(record, 'structure', 'psiDag', 'shd')),
            point(record, 'its order', number(record, 'structure', 'refitted', 'shd')),
            point(record, 'eqvar', number(record, 'structure', 'eqvar', 'shd')),
            point(record, 'the true W', number(record, 'structure', 'floor', 'shd')),
          ],
    ),
    ...soft.flatMap((record) => {
      const end = (method: string, what: string) => number(record, 'ends', method, what);
      return Object.keys(at(record, 'ends') as object).flatMap((method) =>
        which === 'gap'
          ? [
              point(record, method, gap(record, end(method, 'gap'))),
              point(record, `${method}, refitted`, gap(record, end(method, 'refitted'))),
            ]
          : [point(record, method, end(method, 'shd'))],
      );
    }),
  ];
  if (rows.length === 0) return null;
  return {
    title:
      which === 'gap' ? 'Gap of ψDAG and of soft baselines' : 'Structural Hamming distance after a threshold of 0.3',
    mark: 'dot',
    x: { label: 'method', scale: 'point' },
    y: which === 'gap' ? { label: '(f(W) − f*) / f*', scale: 'log' } : { label: 'SHD, edges' },
    rows: grouped(rows, ({ x, facet }) => [x, facet]).map((group) => {
      const ys = group.map(({ y }) => y);
      return { ...group[0]!, y: mean(ys), low: Math.min(...ys), high: Math.max(...ys) };
    }),
  };
}

export function figures(records: readonly CellRecord[]): readonly Figure[] {
  const all = [ends(records, 'gap'), ends(records, 'shd'), overSeconds(records), matrices(records), proteins(records)];
  return all.filter((figure) => figure !== null);
}
