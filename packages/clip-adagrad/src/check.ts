/** Checks at the border. Every message names the function, the option, the value that came and what is allowed. */

function shown(value: unknown): string {
  if (ArrayBuffer.isView(value)) return `an array of ${(value as Uint8Array).length}`;
  if (Array.isArray(value)) return `[${value.slice(0, 8).join(', ')}${value.length > 8 ? ', …' : ''}]`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'string' ? `'${value}'` : String(value);
}

/** The error of a value outside its range. */
export function invalid(where: string, name: string, value: unknown, allowed: string, todo: string): RangeError {
  return new RangeError(`${where}: '${name}' is ${shown(value)}; must be ${allowed}. ${todo}`);
}

/** @throws RangeError unless `value` is an integer of at least `least`. */
export function integer(where: string, name: string, value: number, least: number, todo: string): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw invalid(where, name, value, `an integer of at least ${least}`, todo);
  }
  return value;
}

/** @throws RangeError unless 0 < `value` < ∞. */
export function positive(where: string, name: string, value: number, todo: string): number {
  if (!(typeof value === 'number' && value > 0 && value < Infinity)) {
    throw invalid(where, name, value, 'a finite number > 0', todo);
  }
  return value;
}

/** @throws RangeError unless 0 ≤ `value` < ∞. */
export function nonNegative(where: string, name: string, value: number, todo: string): number {
  if (!(typeof value === 'number' && value >= 0 && value < Infinity)) {
    throw invalid(where, name, value, 'a finite number ≥ 0', todo);
  }
  return value;
}

/** @throws RangeError unless 0 ≤ `value` < 1. */
export function fraction(where: string, name: string, value: number, todo: string): number {
  if (!(typeof value === 'number' && value >= 0 && value < 1)) {
    throw invalid(where, name, value, 'from 0 to below 1', todo);
  }
  return value;
}

/** @throws RangeError unless 0 < `value` < 1. */
export function inside(where: string, name: string, value: number, todo: string): number {
  if (!(typeof value === 'number' && value > 0 && value < 1)) {
    throw invalid(where, name, value, 'between 0 and 1', todo);
  }
  return value;
}

/** @throws RangeError unless `value` is one of `allowed`. */
export function oneOf<T extends string>(where: string, name: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value)) {
    throw invalid(where, name, value, allowed.map((a) => `'${a}'`).join(' or '), 'Choose one of them.');
  }
  return value;
}
