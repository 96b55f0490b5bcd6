import type { Examples } from './examples.js';

/** Examples to train on and to test with, from the same law. */
export interface Parts {
  readonly train: Examples;
  readonly test: Examples;
}

/** Sizes and seed of generated data. */
export interface PartSizes {
  /** Default 0. */
  readonly seed?: number;
  /** Number of training examples. Default 8,000. */
  readonly train?: number;
  /** Number of test examples. Default 3,000. */
  readonly test?: number;
}

/** Refuses what is no positive integer, and more classes than a byte can name. */
export function checkSizes(where: string, sizes: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(sizes)) {
    if (!Number.isSafeInteger(value) || value < 1 || (name === 'classes' && value > 256)) {
      const most = name === 'classes' ? ' of at most 256' : '';
      throw new RangeError(`${where}: '${name}' is ${value}; must be a positive integer${most}.`);
    }
  }
}
