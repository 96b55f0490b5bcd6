/** Checks of arguments at the border: `function: 'option' is <value>; must be <allowed>. <What to do>.` */

function shown(value: unknown): string {
  if (ArrayBuffer.isView(value)) return `an array of ${(value as Uint8Array).length}`;
  if (Array.isArray(value)) return `[${value.slice(0, 8).join(', ')}${value.length > 8 ? ', …' : ''}]`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'string' ? `'${value}'` : String(value);
}

/** What is wrong with a value: names the function, the option, the value that came, what is allowed, and what to do. */
export function complaint(where: string, name: string, value: unknown, allowed: string, todo?: string): string {
  return `${where}: '${name}' is ${shown(value)}; must be ${allowed}.${todo === undefined ? '' : ` ${todo}`}`;
}

/** The error of a value outside its range. */
export function invalid(where: string, name: string, value: unknown, allowed: string, todo?: string): RangeError {
  return new RangeError(complaint(where, name, value, allowed, todo));
}

/** @throws RangeError unless `value` is a safe integer of at least `least`. */
export function integer(where: string, name: string, value: number, least: number, todo?: string): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw invalid(where, name, value, `an integer of at least ${least}`, todo);
  }
  return value;
}

/** @throws RangeError unless 0 < `value` < ∞. */
export function positive(where: string, name: string, value: number, todo?: string): number {
  if (!(typeof value === 'number' && value > 0 && value < Infinity)) {
    throw invalid(where, name, value, 'a finite number > 0', todo);
  }
  return value;
}

/** @throws RangeError unless `least` ≤ `value` < ∞. */
export function atLeast(where: string, name: string, value: number, least: number, todo?: string): number {
  if (!(typeof value === 'number' && value >= least && value < Infinity)) {
    throw invalid(where, name, value, `a finite number ≥ ${least}`, todo);
  }
  return value;
}

/** @throws RangeError unless 0 ≤ `value` < 1. */
export function fraction(where: string, name: string, value: number, todo?: string): number {
  if (!(typeof value === 'number' && value >= 0 && value < 1)) {
    throw invalid(where, name, value, 'from 0 to below 1', todo);
  }
  return value;
}

/** @throws RangeError unless 0 < `value` < 1. */
export function inside(where: string, name: string, value: number, todo?: string): number {
  if (!(typeof value === 'number' && value > 0 && value < 1)) {
    throw invalid(where, name, value, 'between 0 and 1', todo);
  }
  return value;
}

/** @throws RangeError unless `value` is one of `allowed`. */
export function oneOf<T extends string>(
  where: string,
  name: string,
  value: T,
  allowed: readonly T[],
  todo = 'Choose one of them.',
): T {
  if (!allowed.includes(value)) {
    throw invalid(where, name, value, allowed.map((a) => `'${a}'`).join(' or '), todo);
  }
  return value;
}
