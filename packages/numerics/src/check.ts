/** Checks of arguments at the border: `function: 'option' is <value>; must be <allowed>. <What to do>.` */

/** A longer value is cut: messages are read. */
const LONGEST = 80;

/** A value as messages show it: never longer than a line. */
export function shown(value: unknown): string {
  if (value instanceof DataView) return 'a DataView';
  if (ArrayBuffer.isView(value)) return `an array of ${(value as Uint8Array).length}`;
  if (Array.isArray(value))
    return cut(`[${value.slice(0, 8).map(inArray).join(', ')}${value.length > 8 ? ', …' : ''}]`);
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function') return 'a function';
  return cut(typeof value === 'string' ? `'${value}'` : String(value));
}

const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

/** An object need not have a text of its own. */
const inArray = (value: unknown): string =>
  typeof value === 'object' && !Array.isArray(value) ? shown(value) : String(value);

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

/**
 * Checks the names of an options object, however it was made: a misspelt option must not silently mean its default.
 * @param where the function whose options they are
 * @param value what came; `undefined` where options may be left out
 * @param known every name, as keys: TypeScript then refuses a list that lacks one
 * @throws TypeError for anything but an object; RangeError for a name that is not known, with the nearest
 */
export function options<T extends object>(
  where: string,
  value: T | undefined,
  known: Readonly<Record<keyof Required<T>, unknown>>,
): void {
  if (value === undefined) return;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    throw new TypeError(
      complaint(where, 'options', value, 'an object', `It may have ${Object.keys(known).join(', ')}.`),
    );
  }
  // A list of the keys would take half the time of a check. What is inherited is no option.
  for (const name in value) {
    if (Object.hasOwn(known, name) || !Object.hasOwn(value, name)) continue;
    const names = Object.keys(known);
    throw new RangeError(
      `${where}: '${name}' is no option; must be one of ${names.join(', ')}. Did you mean '${nearest(name, names, 1)[0]}'?`,
    );
  }
}

/**
 * Checks the names of an options object that must be there, as `options` does.
 * @param name what it is called where it is missing; `options` unless it is an option itself
 * @throws TypeError for anything but an object; RangeError for a name that is not known, with the nearest
 */
export function requireOptions<T extends object>(
  where: string,
  value: T,
  known: Readonly<Record<keyof Required<T>, unknown>>,
  name = 'options',
): void {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(complaint(where, name, value, 'an object', `It may have ${Object.keys(known).join(', ')}.`));
  }
  options<T>(where, value, known);
}

/**
 * Checks the kind of a record by what it must have, before something of nothing is read.
 * @param keys names of properties that it must have, inherited ones too
 * @param todo what makes one
 * @throws TypeError unless `value` is an object that has them all
 */
export function requireKeys(where: string, name: string, value: unknown, keys: readonly string[], todo?: string): void {
  if (typeof value === 'object' && value !== null && keys.every((key) => key in value)) return;
  const having = keys.length === 0 ? '' : ` with ${keys.join(', ')}`;
  throw new TypeError(complaint(where, name, value, `an object${having}`, todo));
}

/** @throws TypeError unless `value` is an array, a typed array, or another object with a length: a text is none */
export function requireList(where: string, name: string, value: unknown, todo?: string): void {
  if (typeof value === 'object' && value !== null && Number.isSafeInteger((value as { length?: unknown }).length))
    return;
  throw new TypeError(complaint(where, name, value, 'an array', todo));
}

/** @throws TypeError unless `value` is a text */
export function requireText(where: string, name: string, value: unknown, todo?: string): void {
  if (typeof value !== 'string') throw new TypeError(complaint(where, name, value, 'a text', todo));
}

/**
 * The error of a folder that could not be made: in words where a file is in its way or nothing may be written there; another,
 * such as that of a full disk, as it came.
 * @param error what the file system threw; its code is kept
 * @param todo how to name another folder
 */
export function folderError(where: string, folder: string, error: unknown, todo: string): unknown {
  const { code } = error as { readonly code?: string };
  const why = IN_THE_WAY[code ?? ''];
  if (why === undefined) return error;
  return Object.assign(new Error(`${where}: the folder ${folder} cannot be made: ${why}. ${todo}`, { cause: error }), { code }); // prettier-ignore
}

const FILE = 'a file is in its way';
const CLOSED = 'nothing may be written there';
const IN_THE_WAY: Readonly<Record<string, string>> = {
  ENOTDIR: FILE,
  EEXIST: FILE,
  EACCES: CLOSED,
  EPERM: CLOSED,
  EROFS: CLOSED,
};

/** Up to `count` of the candidates, those that need the fewest edits to become `name` first. */
export function nearest(name: string, candidates: readonly string[], count = 3): string[] {
  const distance = new Map(candidates.map((c) => [c, edits(name.toLowerCase(), c.toLowerCase())]));
  return [...candidates].sort((a, b) => distance.get(a)! - distance.get(b)!).slice(0, count);
}

/** Levenshtein distance. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}

/**
 * Makes the first call of a function that is to write its result to `out`, and refuses one that does otherwise: returns the
 * result, returns a promise of it, or adds to what is there. `out` holds NaN before the call, so that none of these can pass
 * for an answer. A result that is NaN by itself is let through, after a second call that tells.
 * @param where the caller's function, as errors name it
 * @param call calls it with `out`, and gives what it returns
 * @param todo what to do with a result that is returned
 * @throws TypeError saying what it did instead
 */
export function overwrites(where: string, out: Float64Array, call: () => unknown, todo: string): void {
  out.fill(NaN);
  refuseResult(where, "'out'", call(), out, todo);
  if (!out.some(Number.isNaN)) return;
  out.fill(0);
  call();
  if (!out.some(Number.isNaN)) {
    throw new TypeError(
      `${where}: 'out' keeps numbers that it held before the call; must be overwritten whole. Assign, or begin with out.fill(0).`,
    );
  }
}

/**
 * Refuses what a function returned that should have written to `target`, unless it is `target` or a single number, which
 * arrow functions return by the way.
 * @param name what `target` is called
 * @throws TypeError
 */
export function refuseResult(where: string, name: string, returned: unknown, target: unknown, todo: string): void {
  if (typeof returned !== 'object' || returned === null || returned === target) return;
  const what = 'then' in returned ? 'a promise' : shown(returned);
  throw new TypeError(`${where}: what it returns is ${what}; must be written to ${name} before it returns. ${todo}`);
}
