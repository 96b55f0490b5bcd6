/** A training whose loss stopped being finite. */
export class Diverged extends Error {
  override readonly name = 'Diverged';

  /**
   * @param epoch epoch of the step, from 0
   * @param step the first step of that epoch whose loss was not finite, from 0
   * @param loss that loss
   */
  constructor(
    readonly epoch: number,
    readonly step: number,
    readonly loss: number,
  ) {
    super(`train: the loss is ${loss} at step ${step} of epoch ${epoch}; must be finite. Lower the learning rate, or look for NaN in the data.`); // prettier-ignore
  }
}
