/** Checks of options at the border. Every message names the function, the option, the value that came and what is allowed. */

function shown(value: unknown): string {
  if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    return `an array of ${(value as ArrayLike<unknown>).length}`;
  }
  return typeof value === 'string'
    ? `'${value}'`
    : typeof value === 'object' && value !== null
      ? 'an object'
      : String(value);
}

/** The error of an option outside its range. */
export function invalid(where: string, name: string, value: unknown, allowed: string, todo = ''): RangeError {
  return new RangeError(`${where}: '${name}' is ${shown(value)}; must be ${allowed}.${todo === '' ? '' : ` ${todo}`}`);
}

/** @throws RangeError unless `value` is an integer ≥ 1. */
export function positiveInteger(where: string, name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) throw invalid(where, name, value, 'a positive integer');
  return value;
}

/** @throws RangeError unless 0 < `value` < ∞. */
export function positive(where: string, name: string, value: number): number {
  if (!(typeof value === 'number' && value > 0 && value < Infinity)) {
    throw invalid(where, name, value, 'a finite number > 0');
  }
  return value;
}

/** @throws RangeError unless 0 ≤ `value` < ∞. */
export function nonNegative(where: string, name: string, value: number): number {
  if (!(typeof value === 'number' && value >= 0 && value < Infinity)) {
    throw invalid(where, name, value, 'a finite number ≥ 0');
  }
  return value;
}

/** @throws RangeError unless `value` is one of `allowed`. */
export function oneOf<T extends string>(where: string, name: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value)) {
    throw invalid(where, name, value, allowed.map((a) => `'${a}'`).join(' or '));
  }
  return value;
}

/** @throws RangeError unless `value` is a safe integer ≥ 0. */
export function seedOf(where: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw invalid(where, 'seed', value, 'a safe integer ≥ 0');
  return value;
}

/** @throws TypeError unless `problem` has `n`, `d` and `grad`. */
export function checkProblem(where: string, problem: { n: number; d: number; grad: unknown }): void {
  const { grad } = problem;
  if (typeof grad !== 'function') {
    throw new TypeError(
      `${where}: 'problem.grad' is ${shown(grad)}; must be a function (client, x, out, noise) => void.`,
    );
  }
  positiveInteger(where, 'problem.n', problem.n);
  positiveInteger(where, 'problem.d', problem.d);
}

/** A copy of a vector. @throws RangeError unless it has length `d` and finite entries. */
export function vector(where: string, name: string, value: ArrayLike<number>, d: number): Float64Array {
  if (typeof value !== 'object' || value.length !== d) throw invalid(where, name, value, `an array of ${d} numbers`);
  const copy = new Float64Array(value);
  const wrong = copy.findIndex((v) => !Number.isFinite(v));
  if (wrong >= 0) throw invalid(where, `${name}[${wrong}]`, copy[wrong], 'finite');
  return copy;
}
