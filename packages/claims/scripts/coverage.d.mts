import type { Stream } from '@assay-ml/numerics';
import type { judge } from '../src/index.js';

export interface Row {
  readonly statistic: string;
  readonly law: string;
  readonly cells: readonly { readonly coverage: number; readonly atMinimum: number; readonly atMaximum: number }[];
}
export const BLOCKS: readonly number[];
export function simulate(of: {
  readonly judge: typeof judge;
  readonly stream: (seed: number, ...names: readonly (string | number)[]) => Stream;
}): readonly Row[];
export function withTable(readme: string, rows: readonly Row[]): string;
