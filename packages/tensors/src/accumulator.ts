import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * Sums many lists of float32 tensors in float64: gradients over a data set, say, or their squares. A float32 sum of n
 * like numbers is off by up to n·6e-8 of itself; this one is as good as its terms.
 */
export class Float64Accumulator {
  readonly #sums: Float64Array[] = [];
  readonly #squares: Float64Array[] = [];
  readonly #shapes: (readonly number[])[] = [];
  #count = 0;
  /** One addition at a time: each reads all before it adds, so that a failed read leaves nothing half-added. */
  #turn: Promise<unknown> = Promise.resolve();

  /** How many lists were added. */
  get count(): number {
    return this.#count;
  }

  /** Shapes of the tensors, as the first list had them. */
  get shapes(): readonly (readonly number[])[] {
    return this.#shapes;
  }

  /**
   * Adds a list; the tensors stay the caller's, who may dispose them as soon as this has resolved. Calls may overlap.
   * @throws RangeError for a list of another length or other shapes than the first
   */
  add(tensors: readonly Tensor[]): Promise<void> {
    const done = this.#turn.then(() => this.#add(tensors));
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #add(tensors: readonly Tensor[]): Promise<void> {
    const shapes = tensors.map((tensor) => tensor.shape);
    const wanted = this.#count === 0 ? shapes : this.#shapes;
    if (JSON.stringify(shapes) !== JSON.stringify(wanted)) {
      throw new RangeError(
        `Float64Accumulator.add: 'tensors' has shapes ${JSON.stringify(shapes)}; must have those of the first list, ${JSON.stringify(wanted)}. Use one accumulator for each model.`,
      );
    }
    const values = await Promise.all(tensors.map((tensor) => tensor.data()));
    values.forEach((list, t) => {
      if (this.#count === 0) {
        this.#shapes.push([...shapes[t]!]);
        this.#sums.push(new Float64Array(list.length));
        this.#squares.push(new Float64Array(list.length));
      }
      const sum = this.#sums[t]!;
      const squares = this.#squares[t]!;
      for (let i = 0; i < list.length; i++) {
        const x = list[i]!;
        sum[i]! += x;
        squares[i]! += x * x;
      }
    });
    this.#count++;
  }

  /** Copies of the sums, one array a tensor. */
  sum(): Float64Array[] {
    return this.#sums.map((sum) => sum.slice());
  }

  /**
   * The means.
   * @throws RangeError if nothing was added
   */
  mean(): Float64Array[] {
    return this.#averageOf('mean', this.#sums);
  }

  /**
   * The means of the squares.
   * @throws RangeError if nothing was added
   */
  meanOfSquares(): Float64Array[] {
    return this.#averageOf('meanOfSquares', this.#squares);
  }

  #averageOf(name: string, totals: readonly Float64Array[]): Float64Array[] {
    if (this.#count === 0) {
      throw new RangeError(`Float64Accumulator.${name}: 'count' is 0; must be at least 1. Call add() first.`);
    }
    return totals.map((total) => total.map((value) => value / this.#count));
  }
}
