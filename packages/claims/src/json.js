// @ts-check
/**
 * What a configuration and a cell's values may be: one rule for who writes them and who reads them, under which everything
 * that is accepted reads back equal. Plain JavaScript, as run-cell.js, which uses it in worker processes.
 */

/** Longest text of a cell's values, in characters. */
export const LONGEST_TEXT = 2 ** 24;

/** Objects and arrays inside one another. */
const DEEPEST = 100;

/**
 * What keeps a value from being JSON that reads back equal, in a sentence, or `null`. JSON has no NaN and no Infinity:
 * silently they would become null.
 * @param {unknown} root
 * @param {string} name of it, for the sentence
 * @returns {string | null}
 */
export function notJson(root, name) {
  const inside = new Set();
  const path = [name];
  let left = LONGEST_TEXT; // a value within itself twice, and so on, may be larger than any memory

  /**
   * @param {unknown} value what lies at `path`
   * @returns {string | null}
   */
  function problem(value) {
    left -= typeof value === 'string' ? value.length + 1 : 1;
    if (left < 0) return `'${name}' is longer than ${LONGEST_TEXT} characters; must be shorter. Return less of it.`;
    if (value === null || typeof value === 'boolean') return null;
    if (typeof value === 'string') return HALF.test(value) ? half(path.join('.')) : null;
    if (typeof value === 'number') {
      return Number.isFinite(value)
        ? null
        : `'${path.join('.')}' is ${value}; must be a finite number. Return null or a word where there is none.`;
    }
    if (typeof value !== 'object' || !isPlain(value)) {
      const what = typeof value === 'object' ? (value.constructor?.name ?? 'an object') : typeof value;
      return `'${path.join('.')}' is ${what}; must be a JSON value. Return plain objects, arrays, numbers and strings.`;
    }
    if (inside.has(value)) return `'${path.join('.')}' is a cycle; must be a JSON value. Leave out what leads back.`;
    if (inside.size === DEEPEST) return `'${name}' nests deeper than ${DEEPEST} levels; must be flatter.`;
    inside.add(value);
    const found = Array.isArray(value) ? inArray(value) : inObject(value);
    inside.delete(value);
    return found;
  }

  /**
   * @param {string} key
   * @param {unknown} value
   */
  function at(key, value) {
    path.push(key);
    const found = problem(value);
    path.pop();
    return found;
  }

  /** @param {readonly unknown[]} array */
  function inArray(array) {
    for (let i = 0; i < array.length; i++) {
      const found = at(String(i), array[i]); // a hole is undefined
      if (found !== null) return found;
    }
    return null;
  }

  /** @param {object} object */
  function inObject(object) {
    for (const [key, value] of Object.entries(object)) {
      left -= key.length + 1;
      if (key === '__proto__') {
        return `'${path.join('.')}' has the key '__proto__', which no reader keeps. Choose another.`;
      }
      const found = HALF.test(key) ? half(`${path.join('.')}, a key,`) : at(key, value);
      if (found !== null) return found;
    }
    return null;
  }

  return problem(root);
}

const HALF = /\p{Surrogate}/u;

/** @param {string} place */
const half = (place) =>
  `'${place}' has half of a surrogate pair; must be text. Cut strings between characters, or use toWellFormed.`;

/**
 * What keeps a value from being a cell's values, in a sentence, or `null`.
 * @param {unknown} values
 * @returns {string | null}
 */
export function notValues(values) {
  if (typeof values === 'object' && values !== null && !Array.isArray(values)) return notJson(values, 'values');
  const what = Array.isArray(values)
    ? 'an array'
    : ['string', 'symbol', 'function'].includes(typeof values)
      ? `a ${typeof values}`
      : String(values);
  return `'values' is ${what}; must be an object whose keys name numbers and words. Return { value: … }.`;
}

/** @param {object} value */
function isPlain(value) {
  return Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value));
}
