import { complaint } from '@assay-ml/numerics/check';

/**
 * The items of a source, the next of which are asked for while one is worked on: reading, a worker or a GPU then goes on
 * beside the caller. Order, values and errors are the source's; what is ahead when the caller stops is thrown away.
 *
 * It overlaps what waits. A source that only computes on this thread is not made faster by it.
 * @param source e.g. batches that a worker or a file gives
 * @param ahead how many items are asked for in advance. Default 1: one in work, one on its way
 * @throws RangeError when `ahead` is no positive integer
 */
export async function* prefetch<T>(
  source: AsyncIterable<T> | Iterable<T>,
  ahead = 1,
): AsyncGenerator<T, void, undefined> {
  if (!Number.isSafeInteger(ahead) || ahead < 1) {
    throw new RangeError(`prefetch: 'ahead' is ${ahead}; must be a positive integer.`);
  }
  const isSource = typeof source === 'object' && source !== null && (Symbol.asyncIterator in source || Symbol.iterator in source); // prettier-ignore
  if (!isSource) throw new TypeError(complaint('prefetch', 'source', source, 'an iterator', 'streamCsv(), batches(), … make some.')); // prettier-ignore
  const items = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  const asked: Promise<IteratorResult<T>>[] = [];
  const ask = (): void => {
    const item = (async () => items.next())();
    item.catch(() => undefined); // told when its turn comes
    asked.push(item);
  };
  try {
    for (let k = 0; k <= ahead; k++) ask();
    for (;;) {
      const { done, value } = await asked.shift()!;
      if (done) return;
      yield value;
      ask();
    }
  } finally {
    await items.return?.();
  }
}
