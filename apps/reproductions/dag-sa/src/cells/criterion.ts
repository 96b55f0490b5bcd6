/** C3: the gap over f* after each of the first three epochs, up to the first that meets the paper's criterion. */
import type { Json } from '@assay-ml/claims';
import {
  expectedLoss,
  linearSem,
  oracleRadius,
  PsiDag,
  simulateDag,
  type GraphKind,
  type PsiDagOptions,
} from '@assay-ml/dag-sa';

export type CriterionConfig = {
  readonly kind: GraphKind;
  readonly d: number;
  readonly degree: number;
  /** Batches of each stage. */
  readonly steps: number;
};

/** The criterion of the paper's experiments, a part of f*. */
const CRITERION = 0.1;
/** Epochs that the claim gives the method. */
const EPOCHS = 3;

export function run({ kind, d, degree, steps }: CriterionConfig, seed: number): Record<string, Json> {
  const B = simulateDag({ d, degree, kind, seed });
  const sem = linearSem(B, d, { seed });
  const trial = (radius?: PsiDagOptions['radius']): Record<string, Json> => {
    const gaps: number[] = [];
    const model = new PsiDag(d, {
      batches: [steps, steps],
      epochs: EPOCHS,
      ...(radius === undefined ? {} : { radius }),
      onStage: ({ stage, W }) => {
        if (stage === 'fitted') gaps.push((expectedLoss(W, sem.covariance, d) - sem.optimum) / sem.optimum);
      },
    });
    const source = sem.source();
    const rows = new Float64Array(model.batchSize * d);
    const met = (): boolean => gaps.some((gap) => gap <= CRITERION);
    while (!model.done && !met()) {
      source.next(rows);
      model.partialFit(rows);
    }
    model.free();
    return { gaps, met: met() };
  };
  return { oracle: trial(oracleRadius(B)), auto: trial() };
}
