/** What every step checks before it changes anything. */
import { invalid } from '@assay-ml/numerics/check';
import { sumOfSquares } from '@assay-ml/tensors';
import { copyPoint, isSingle, type Numbers, type Parameter, type Point, sizeOf } from './method.js';

/** @throws RangeError unless there is one array of a shape's length for each tensor */
export function requireValues(where: string, parameters: readonly Parameter[], x: readonly Numbers[]): void {
  if (x.length !== parameters.length) {
    throw new RangeError(`${where}: 'x' has ${x.length} arrays; must have ${parameters.length}, one for each tensor.`);
  }
  parameters.forEach(({ name, shape }, i) => {
    if (x[i]!.length === sizeOf(shape)) return;
    throw new RangeError(`${where}: '${name}' has ${x[i]!.length} numbers; must have ${sizeOf(shape)}, those of [${shape.join(', ')}].`); // prettier-ignore
  });
}

/**
 * Checks a step's arguments and gives the point to step in place.
 * @returns that point, and ‖g‖² of each tensor, 0 where it has no gradient
 */
export function begin(tag: string, from: Point, g: readonly (Numbers | null)[], into: Point | undefined) {
  const { parameters } = from.state;
  if (from.state.tag !== tag) {
    throw invalid('step', 'state', from.state.tag.slice(0, 60), 'of this method', 'Start from init(), or take the method, rho and seed that it was made with.'); // prettier-ignore
  }
  requireValues('step', parameters, from.x);
  if (g.length !== parameters.length) {
    throw new RangeError(`step: 'g' has ${g.length} gradients; must have ${parameters.length}. Give null for none.`);
  }
  const squares = g.map((values, i) => {
    if (values === null) return 0;
    const { name } = parameters[i]!;
    if (values.length !== from.x[i]!.length) {
      throw new RangeError(`step: the gradient of '${name}' has ${values.length} numbers; must have ${from.x[i]!.length}.`); // prettier-ignore
    }
    let square = 0;
    if (isSingle(values)) square = sumOfSquares(values);
    else for (let k = 0; k < values.length; k++) square += values[k]! * values[k]!;
    if (Number.isFinite(square)) return square;
    throw new RangeError(`step: the gradient of '${name}' is not finite; must be. The step is refused and nothing is changed: lower the rate, or clip.`); // prettier-ignore
  });
  if (into === undefined) return { point: copyPoint(from), squares };
  if (into !== from) {
    into.x.forEach((values, i) => values.set(from.x[i]!));
    Object.assign(into.state, structuredClone(from.state));
  }
  return { point: into, squares };
}
