/** A training whose loss or weights stopped being finite. */
export class Diverged extends Error {
  override readonly name = 'Diverged';

  /**
   * @param epoch epoch of the step, from 0
   * @param step the first step of that epoch that went wrong, from 0
   * @param problem what is not finite
   */
  constructor(
    readonly epoch: number,
    readonly step: number,
    problem: string,
  ) {
    super(
      `train: ${problem} at step ${step} of epoch ${epoch}; must be finite. Lower the learning rate, or look for NaN in the data.`,
    );
  }
}
