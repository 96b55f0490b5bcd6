/** A set-up that cannot be done as asked; its message needs no stack. */
export class SetUpError extends Error {
  override readonly name = 'SetUpError';
}
