/** Checks of arguments: `function: 'option' is <value>; must be <allowed>. <What to do>.` */

const shown = (value: unknown): string => (ArrayBuffer.isView(value) ? 'an array' : String(value));

/** The error of an option outside its range. */
export function invalid(where: string, name: string, value: unknown, allowed: string, todo: string): RangeError {
  return new RangeError(`${where}: '${name}' is ${shown(value)}; must be ${allowed}. ${todo}`);
}

/** @throws RangeError unless `value` is an integer of at least `min`. */
export function integer(where: string, name: string, value: number, min: number, todo: string): number {
  if (!Number.isSafeInteger(value) || value < min) throw invalid(where, name, value, `an integer from ${min} on`, todo);
  return value;
}

/** @throws RangeError unless `value` is finite and at least `min`. */
export function atLeast(where: string, name: string, value: number, min: number, todo: string): number {
  if (!(value >= min && value < Infinity))
    throw invalid(where, name, value, `a finite number of at least ${min}`, todo);
  return value;
}

/** @throws RangeError unless 0 < `value` < ∞. */
export function positive(where: string, name: string, value: number, todo: string): number {
  if (!(value > 0 && value < Infinity)) throw invalid(where, name, value, 'a finite number above 0', todo);
  return value;
}

/** @throws RangeError unless `value` is one of `allowed`. */
export function oneOf<T extends string>(where: string, name: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value)) {
    throw invalid(where, name, `'${value}'`, allowed.map((a) => `'${a}'`).join(' or '), 'Choose one of them.');
  }
  return value;
}

/** @throws RangeError unless `matrix` is d × d and finite. */
export function square(where: string, name: string, matrix: Float64Array, d: number): void {
  if (matrix.length !== d * d) {
    throw invalid(
      where,
      name,
      `of length ${matrix.length}`,
      `of length d · d = ${d * d}`,
      'Pass a flat matrix, row by row.',
    );
  }
  const bad = matrix.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const at = `${name}[${Math.floor(bad / d)}, ${bad % d}]`;
    throw invalid(where, at, matrix[bad], 'finite', 'Remove what is missing or infinite first.');
  }
}

/** @throws RangeError unless `order` holds each of 0, …, d − 1 once. */
export function permutation(where: string, name: string, order: ArrayLike<number>, d: number): void {
  const seen = new Uint8Array(d);
  for (let k = 0; k < order.length; k++) if (order[k]! >>> 0 === order[k] && order[k]! < d) seen[order[k]!] = 1;
  if (order.length !== d || seen.includes(0)) {
    throw invalid(where, name, `[${Array.from(order).slice(0, 8).join(', ')}${order.length > 8 ? ', …' : ''}]`, `each of 0, …, ${d - 1} once`, 'Give every variable one place.'); // prettier-ignore
  }
}
