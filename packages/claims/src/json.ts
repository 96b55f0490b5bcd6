/**
 * What keeps a value from being JSON, in a sentence, or `null`. JSON has no NaN and no Infinity: silently they would become
 * null.
 */
export function notJson(value: unknown, path: string): string | null {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return null;
  if (typeof value === 'number') {
    return Number.isFinite(value)
      ? null
      : `'${path}' is ${value}; must be a finite number. Return null or a word where there is none.`;
  }
  if (Array.isArray(value))
    return firstProblem(
      value.map((v, i) => [String(i), v]),
      path,
    );
  if (typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value))) {
    return firstProblem(Object.entries(value), path);
  }
  const what = typeof value === 'object' ? (value.constructor?.name ?? 'an object') : typeof value;
  return `'${path}' is ${what}; must be a JSON value. Return plain objects, arrays, numbers and strings.`;
}

function firstProblem(entries: readonly (readonly [string, unknown])[], path: string): string | null {
  for (const [key, value] of entries) {
    const problem = notJson(value, `${path}.${key}`);
    if (problem !== null) return problem;
  }
  return null;
}
