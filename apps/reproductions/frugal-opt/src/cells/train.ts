/**
 * One method trained on one language: the specification's network on 64 tokens. All methods of a seed see the same language,
 * weights and mini-batches.
 */
import type { CellContext, Json } from '@assay-ml/claims';
import { markovText } from '@assay-ml/datasets';
import { stream } from '@assay-ml/numerics';
import { type BackendName, useBackend } from '@assay-ml/tensors';
import { CONTEXT, gradientOf, lossOf, PARAMETERS, startOf, VOCABULARY } from './mlp.js';
import { type Task, type TrainConfig, trained, type Training } from './training.js';

const TEST = 4096;

export async function run(
  { batch, ...config }: TrainConfig,
  seed: number,
  context: CellContext,
): Promise<Record<string, Json>> {
  await useBackend(context.backend.name as BackendName);
  // The last windows are the test's: nothing is trained on them.
  const windows = config.steps * batch;
  const tokens = markovText({ seed, length: windows + TEST + CONTEXT, vocabulary: VOCABULARY });
  const test = Array.from({ length: TEST - CONTEXT }, (_, k) => windows + CONTEXT + k);
  const draw = stream(seed, 'batches');
  const task = {
    parameters: PARAMETERS,
    layout: 'out-in',
    start: startOf(seed),
    gradient: (x) =>
      gradientOf(
        x,
        tokens,
        Uint32Array.from({ length: batch }, () => draw.integer(windows)),
      ),
    loss: (x) => lossOf(x, tokens, test),
  } as const satisfies Task;
  return trained(task, config as Training, seed, context);
}
