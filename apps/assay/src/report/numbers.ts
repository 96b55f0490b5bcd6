/** Numbers as people read them; the same everywhere a report shows one. */
import type { TableCell } from '@assay-ml/claims';

const SUPERSCRIPT: Readonly<Record<string, string>> = {
  '-': '⁻',
  0: '⁰',
  1: '¹',
  2: '²',
  3: '³',
  4: '⁴',
  5: '⁵',
  6: '⁶',
  7: '⁷',
  8: '⁸',
  9: '⁹',
};

const raised = (exponent: number): string => [...String(exponent)].map((c) => SUPERSCRIPT[c] ?? c).join('');

/**
 * `x` with at most `digits` significant digits, plain ASCII: `0.0123`, `1.23e-5`, `12300`.
 * @param digits significant digits, default 3
 */
export function plain(x: number, digits = 3): string {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? 'NaN' : x > 0 ? 'inf' : '-inf';
  if (x === 0) return '0';
  if (Number.isInteger(x) && Math.abs(x) < 1e6) return String(x);
  const rounded = Number(x.toPrecision(digits));
  const size = Math.abs(rounded);
  if (size < 1e-3 || size >= 1e6) return rounded.toExponential().replace('e+', 'e');
  return String(rounded);
}

/** As {@link plain}, typeset: a true minus sign and powers of ten, `1.23×10⁻⁵`. */
export function typeset(x: number, digits = 3): string {
  const [mantissa = '', exponent] = plain(x, digits).split('e');
  const sign = mantissa.replace('-', '−').replace('inf', '∞');
  if (exponent === undefined) return sign;
  const power = `10${raised(Number(exponent))}`;
  return sign === '1' ? power : sign === '−1' ? `−${power}` : `${sign}×${power}`;
}

/** As {@link typeset}, with a power of ten wherever that is not the zeroth: `2×10⁻¹`, `10³`, `5`. */
export function powered(x: number, digits = 3): string {
  if (x === 0 || !Number.isFinite(x)) return typeset(x);
  const [mantissa = '', exponent] = Number(x.toPrecision(digits)).toExponential().split('e');
  const sign = mantissa.replace('-', '−');
  if (Number(exponent) === 0) return sign;
  const power = `10${raised(Number(exponent))}`;
  return sign === '1' ? power : sign === '−1' ? `−${power}` : `${sign}×${power}`;
}

/** A table's cell: numbers and ends of intervals {@link typeset}, text as it is. */
export function shown(value: TableCell): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? typeset(value) : `${typeset(value[0])} to ${typeset(value[1])}`;
}

/** Seconds as `12 s`, `3 min 20 s`, `2 h 05 min`. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return s % 60 === 0 ? `${minutes} min` : `${minutes} min ${s % 60} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** `n thing` or `n things`. */
export const counted = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? '' : 's'}`;
