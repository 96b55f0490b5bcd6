/** Numbers and tables as text, and sizes out of it. */

const UNITS: Readonly<Record<string, number>> = {
  ...{ '': 1, B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 },
  ...{ KIB: 2 ** 10, MIB: 2 ** 20, GIB: 2 ** 30, TIB: 2 ** 40 },
};

/** Bytes of a text as 2GB (10⁹), 512MiB (2²⁰) or 1000; null for another. */
export function byteCount(text: string): number | null {
  const [, digits, unit] = /^(\d+(?:\.\d+)?) ?([a-z]{0,3})$/i.exec(text.trim()) ?? [];
  const factor = UNITS[(unit ?? '?').toUpperCase()];
  return factor === undefined ? null : Math.floor(Number(digits) * factor);
}

/** Four digits and a binary unit. */
export function bytesText(bytes: number): string {
  if (bytes < 2 ** 10) return `${bytes} B`;
  const [unit, size] = bytes < 2 ** 20 ? ['KiB', 2 ** 10] : bytes < 2 ** 30 ? ['MiB', 2 ** 20] : ['GiB', 2 ** 30];
  return `${Number((bytes / size).toPrecision(4))} ${unit}`;
}

/** A count of weights: 134.1 M. */
export function countText(count: number): string {
  if (count < 1e4) return `${count}`;
  return count < 1e6 ? `${(count / 1e3).toFixed(1)} k` : `${(count / 1e6).toFixed(2)} M`;
}

/** Rows in columns, two spaces between them. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()}\n`).join(''); // prettier-ignore
}
