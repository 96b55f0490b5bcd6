/** Tables of numbers as CSV. */

/** Columns of a table, by name. */
export type Table = Readonly<Record<string, Float64Array>>;

/**
 * Reads a table of numbers: a line of names, then lines of as many numbers. A column that is empty in every line is left out.
 * @param file what errors call it
 * @throws RangeError naming file, line and column of what is no finite number, of a line of another length, of a name that is missing or
 * there twice
 */
export function parseTable(text: string, file: string): Table {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  while (lines.length > 0 && lines.at(-1)!.trim() === '') lines.pop();
  const names = (lines[0] ?? '').split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
  const known = new Set<string>();
  names.forEach((name, k) => {
    if (name === '') throw new RangeError(`${file}, line 1, column ${k + 1}: no name; must have one.`);
    if (known.has(name)) throw new RangeError(`${file}, line 1: '${name}' is there twice; must be there once.`);
    known.add(name);
  });
  if (names.every((name) => Number.isFinite(Number(name)))) {
    throw new RangeError(`${file}, line 1: it has numbers alone; must have the names of the columns. Put them above.`);
  }
  const rows = lines.length - 1;
  if (rows < 1) throw new RangeError(`${file}: it has no rows; must have some below the names.`);
  const columns = names.map(() => new Float64Array(rows));
  const empty = new Uint32Array(names.length);
  for (let t = 0; t < rows; t++) {
    const fields = lines[t + 1]!.split(',');
    if (fields.length !== names.length) {
      throw new RangeError(
        `${file}, line ${t + 2}: it has ${fields.length} fields; must have ${names.length}, as line 1.`,
      );
    }
    for (let k = 0; k < fields.length; k++) {
      const field = fields[k]!;
      const value = Number(field);
      if (field.trim() === '') {
        if (empty[k]! < t) throw notANumber(file, t, names[k]!, field);
        empty[k]!++;
      } else if (!Number.isFinite(value) || empty[k]! > 0) {
        // After empty fields a number is as wrong as they were.
        throw empty[k]! > 0 ? notANumber(file, 0, names[k]!, '') : notANumber(file, t, names[k]!, field);
      }
      columns[k]![t] = value;
    }
  }
  return Object.fromEntries(names.flatMap((name, k) => (empty[k] === rows ? [] : [[name, columns[k]!]])));
}

const notANumber = (file: string, row: number, name: string, field: string): RangeError =>
  new RangeError(
    `${file}, line ${row + 2}, column '${name}': it is '${field.trim().slice(0, 40)}'; must be a finite number. Leave a column out, or all of it empty.`,
  );

/**
 * Writes columns as CSV, numbers with all their digits.
 * @param columns of equal length
 */
export function formatTable(columns: Readonly<Record<string, ArrayLike<number | string>>>): string {
  const names = Object.keys(columns);
  const rows = columns[names[0]!]?.length ?? 0;
  const lines = Array.from({ length: rows }, (_, t) => names.map((name) => columns[name]![t]).join(','));
  return `${[names.join(','), ...lines].join('\n')}\n`;
}
