import { shown } from '@assay-ml/numerics/check';

/** State of a run: plain data, Float64Arrays and Float32Arrays, nothing else. */
export type State =
  number | string | boolean | null | Float64Array | Float32Array | readonly State[] | { readonly [key: string]: State };

/** What `saveState` returns: any JSON value. */
export type Json = number | string | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * A state as JSON. A Float64Array becomes `{ float64: base64 of its little-endian bytes }`, a Float32Array `{ float32: … }`,
 * so that infinities, −0 and every digit survive. A NaN stays one; its payload, which JavaScript cannot see, need not.
 * @throws RangeError on a number outside an array that JSON cannot hold (NaN, ±Infinity, −0)
 * @throws TypeError on anything that is not a state, such as a function, or an object whose only key is `float64` or `float32`
 */
export function saveState(state: State): Json {
  if (state instanceof Float64Array) return { float64: encode(state, 8) };
  if (state instanceof Float32Array) return { float32: encode(state, 4) };
  if (typeof state === 'number') {
    if (!Number.isFinite(state) || Object.is(state, -0)) {
      throw new RangeError(
        `saveState: a number is ${Object.is(state, -0) ? '-0' : state}; must be finite and not -0. Keep it in a Float64Array.`,
      );
    }
    return state;
  }
  if (state === null || typeof state === 'string' || typeof state === 'boolean') return state;
  if (Array.isArray(state)) return state.map((item: State) => saveState(item));
  if (typeof state === 'object' && Object.getPrototypeOf(state) === Object.prototype) {
    const entries = Object.entries(state);
    const array = arrayText(entries);
    if (array !== null) {
      throw new TypeError(
        `saveState: an object has '${array}' as its only key; must be another name. It stands for arrays in the file.`,
      );
    }
    return Object.fromEntries(entries.map(([key, value]) => [key, saveState(value)]));
  }
  throw new TypeError(`saveState: a value is ${shown(state)}; must be plain data, a Float64Array or a Float32Array.`);
}

/**
 * The state that `saveState` wrote, bit for bit.
 * @param json what `saveState` returned, also after JSON.stringify and JSON.parse
 * @throws RangeError when the text of an array is not whole numbers of its kind; TypeError for what no JSON holds
 */
export function loadState(json: Json): State {
  if (json === null || typeof json === 'string' || typeof json === 'boolean' || Number.isFinite(json))
    return json as State;
  if (Array.isArray(json)) return json.map((item: Json) => loadState(item));
  if (typeof json !== 'object' || Object.getPrototypeOf(json) !== Object.prototype) {
    throw new TypeError(`loadState: a value is ${shown(json)}; must be JSON. Give what saveState returned, or JSON.parse of its text.`); // prettier-ignore
  }
  const entries = Object.entries(json as { readonly [key: string]: Json });
  const array = arrayText(entries);
  if (array !== null) return decode(entries[0]![1], array);
  return Object.fromEntries(entries.map(([key, value]) => [key, loadState(value)]));
}

/** How an array looks in a file: its kind, or null for another object. */
function arrayText(entries: readonly (readonly [string, unknown])[]): 'float64' | 'float32' | null {
  const key = entries.length === 1 ? entries[0]![0] : null;
  return key === 'float64' || key === 'float32' ? key : null;
}

function encode(values: Float64Array | Float32Array, bytes: 8 | 4): string {
  const view = new DataView(new ArrayBuffer(bytes * values.length));
  values.forEach((value, i) =>
    bytes === 8 ? view.setFloat64(8 * i, value, true) : view.setFloat32(4 * i, value, true),
  );
  let text = '';
  for (let i = 0; i < view.byteLength; i++) text += String.fromCharCode(view.getUint8(i));
  return btoa(text);
}

function decode(base64: Json, kind: 'float64' | 'float32'): Float64Array | Float32Array {
  const bytes = kind === 'float64' ? 8 : 4;
  const text = textOf(base64);
  if (text === null || text.length % bytes !== 0) {
    throw new RangeError(
      `loadState: '${kind}' is ${text === null ? 'no base64 text' : `${text.length} bytes`}; must be whole numbers of ${bytes} bytes. The file is damaged.`,
    );
  }
  const view = new DataView(new ArrayBuffer(text.length));
  for (let i = 0; i < text.length; i++) view.setUint8(i, text.charCodeAt(i));
  const length = text.length / bytes;
  return bytes === 8
    ? Float64Array.from({ length }, (_, i) => view.getFloat64(8 * i, true))
    : Float32Array.from({ length }, (_, i) => view.getFloat32(4 * i, true));
}

function textOf(base64: Json): string | null {
  try {
    return typeof base64 === 'string' ? atob(base64) : null;
  } catch {
    return null;
  }
}
