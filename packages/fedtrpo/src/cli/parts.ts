/** What is trained on, chosen by and judged by: buildings and days, drawn by the seed. */
import type { Stream } from '@assay-ml/numerics';

/** Names of the parts. */
export const PARTS = ['train', 'validation', 'test'] as const;
/** Name of a part. */
export type Part = (typeof PARTS)[number];
/** Items by part. */
export type Parts<T> = Readonly<Record<Part, readonly T[]>>;

/** A fifth, rounded down, for the test, a fifth for validation, the rest for training; each in the order of the items. */
export function split<T>(items: readonly T[], draw: Stream): Parts<T> {
  const order = draw.permutation(new Uint32Array(items.length));
  const fifth = Math.floor(items.length / 5);
  const taken = (from: number, to: number) => Array.from(order.subarray(from, to).sort(), (k) => items[k]!);
  return {
    train: taken(2 * fifth, items.length),
    validation: taken(fifth, 2 * fifth),
    test: taken(0, fifth),
  };
}

/** The part that an item is in; undefined where it is in none. */
export const partOf = <T>(parts: Parts<T>, is: (item: T) => boolean): Part | undefined =>
  PARTS.find((part) => parts[part].some(is));
