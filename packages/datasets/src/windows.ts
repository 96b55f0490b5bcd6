/** Windows of a text for language models: some tokens, and the ones that follow each of them. */
import type { Stream } from '@assay-ml/numerics';
import { integer, invalid, requireOptions } from '@assay-ml/numerics/check';

/** Windows side by side, row-major [count, context]. */
export interface WindowBatch {
  readonly x: Int32Array;
  /** The token that follows each of `x`. */
  readonly y: Int32Array;
  readonly count: number;
  readonly context: number;
}

/** How a text is cut. */
export interface WindowOptions {
  /** Tokens of a window. */
  readonly context: number;
  /** Windows of a batch. Default 32 (our choice). */
  readonly batchSize?: number;
}

/**
 * A batch of windows at random places, each as likely and drawn anew, so they may overlap. It depends on the stream's key
 * and the step alone: training goes on at any step.
 * @param ids tokens of the text, e.g. `vocabulary.encode(text)`
 * @param options `stream`: key of the places, e.g. `stream(seed, 'windows')`; `step`: which batch, from 0
 * @throws RangeError when the text has no window (it needs one token more than `context`), or for an option out of range
 */
export function randomWindows(
  ids: ArrayLike<number>,
  options: WindowOptions & { readonly stream: Stream; readonly step: number },
): WindowBatch {
  requireOptions<typeof options>('randomWindows', options, { context: 1, batchSize: 1, stream: 1, step: 1 });
  const { context, batchSize } = checked('randomWindows', ids, options);
  const draw = options.stream.at(integer('randomWindows', 'step', options.step, 0));
  return cut(
    ids,
    context,
    Array.from({ length: batchSize }, () => draw.integer(ids.length - context)),
  );
}

/**
 * All of a text in windows that do not overlap, to evaluate on: every token but the first is predicted once, except that
 * what remains at the end and fills no window is left out. The last batch is smaller if need be.
 * @throws as `randomWindows`
 */
export function* windows(ids: ArrayLike<number>, options: WindowOptions): Generator<WindowBatch, void, undefined> {
  requireOptions<WindowOptions>('windows', options, { context: 1, batchSize: 1 });
  const { context, batchSize } = checked('windows', ids, options);
  const all = Math.floor((ids.length - 1) / context);
  for (let first = 0; first < all; first += batchSize) {
    yield cut(
      ids,
      context,
      Array.from({ length: Math.min(batchSize, all - first) }, (_, i) => (first + i) * context),
    );
  }
}

function checked(where: string, ids: ArrayLike<number>, { context, batchSize = 32 }: WindowOptions) {
  integer(where, 'context', context, 1);
  integer(where, 'batchSize', batchSize, 1);
  if (ids.length <= context) {
    throw invalid(
      where,
      'ids',
      ids,
      `longer than 'context', ${context}`,
      'Give a longer text, or shorten the context.',
    );
  }
  return { context, batchSize };
}

function cut(ids: ArrayLike<number>, context: number, starts: readonly number[]): WindowBatch {
  const [x, y] = [new Int32Array(starts.length * context), new Int32Array(starts.length * context)];
  for (const [row, start] of starts.entries()) {
    for (let t = 0; t < context; t++) {
      x[row * context + t] = ids[start + t]!;
      y[row * context + t] = ids[start + t + 1]!;
    }
  }
  return { x, y, count: starts.length, context };
}
