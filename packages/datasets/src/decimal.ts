/**
 * A finite decimal number, or undefined for anything else: `Number` alone would take "", "0x10" and "Infinity" too.
 * A digit has one place in the expression, so that what is no number is refused in linear time.
 * @param text e.g. "-1.5e-3"
 */
export function decimal(text: string): number | undefined {
  const value = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  return Number.isFinite(value) ? value : undefined;
}
