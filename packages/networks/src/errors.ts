/** A training whose loss or weights stopped being finite. */
export class Diverged extends Error {
  override readonly name = 'Diverged';

  /**
   * @param epoch epoch of the step, from 0
   * @param step the first step of that epoch that went wrong, from 0
   * @param problem what is not finite
   * @param where the function that trained
   */
  constructor(
    readonly epoch: number,
    readonly step: number,
    problem: string,
    where = 'train',
  ) {
    super(
      `${where}: ${problem} at step ${step} of epoch ${epoch}; must be finite. Lower the learning rate, or look for NaN in the data.`,
    );
  }
}
