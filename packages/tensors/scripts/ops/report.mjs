import { errorOf, judge, PROMISED } from './judge.mjs';

const CHECKS = /** @type {const} */ (['values', 'gradient', 'curvature']);
const STATUSES = ['right', 'coarse', 'cured', 'refused', 'stops', 'loses NaN', 'wrong', 'crash'];

/**
 * What is known of a backend: all that a column of ops.md needs.
 * @typedef {object} Column
 * @property {{ description: string, software: boolean }} [adapter] of a GPU
 * @property {Record<string, Record<string, number>>} operations how many checks of each have which status
 * @property {{ status: string, message: string, operations: string[] }[]} errors
 * @property {{ operation: string, values: number, gradient: number, curvature: number }[]} coarse the largest errors
 * @property {string[]} rest
 * @property {string[]} [unreached] kernels that no case ran
 */

/** Every check of a case on a backend: what the stock library gives, and what this package. */
function verdicts(c, reference, stock, cured, backend) {
  return CHECKS.slice(0, c.order + 1).map((what) => {
    const before = judge(c, reference, stock, what, backend);
    const now = judge(c, reference, cured, what, backend);
    const status = now === 'right' && before !== 'right' ? 'cured' : now;
    const coarseness = now === 'coarse' ? errorOf(reference, cured, what) : 0;
    return { op: c.op, name: c.name, what, status, error: cured?.[what]?.error, coarseness };
  });
}

/** Messages that differ in numbers are one. */
const kind = (message) => message.replace(/\d+/g, 'n').replace(/n(,\s?n)*/g, 'n');
const MARKS = { values: '', gradient: '′', curvature: '″' };

/**
 * The column of a backend.
 * @returns {Omit<Column, 'adapter' | 'unreached'>}
 */
export function columnOf(backend, cases, references, stock, cured) {
  const operations = {};
  const errors = new Map();
  const coarse = new Map();
  const rest = [];
  for (const verdict of cases.flatMap((c, i) => verdicts(c, references[i], stock[i], cured[i], backend))) {
    const { op, name, what, status, error, coarseness } = verdict;
    const counts = (operations[op] ??= {});
    counts[status] = (counts[status] ?? 0) + 1;
    if (status === 'refused' || status === 'stops') {
      const entry = errors.get(kind(error)) ?? { status, message: error.replaceAll('|', '\\|').slice(0, 160), operations: new Set() }; // prettier-ignore
      errors.set(kind(error), entry);
      entry.operations.add(`${op}${MARKS[what]}`);
    } else if (status === 'coarse') {
      const entry = coarse.get(op) ?? { operation: op, values: 0, gradient: 0, curvature: 0 };
      coarse.set(op, entry);
      entry[what] = Math.max(entry[what], coarseness);
    } else if (['loses NaN', 'wrong', 'crash'].includes(status)) rest.push(`${name} (${what}, ${backend}): ${status}`);
  }
  return {
    operations,
    errors: [...errors.values()].map((entry) => ({ ...entry, operations: [...entry.operations] })),
    coarse: [...coarse.values()],
    rest,
  };
}

const row = (cells) => `| ${cells.join(' | ')} |`;
const rule = (n) => row(Array(n).fill('---'));

/** Errors of all backends, those of one kind in one. */
function errorRows(columns) {
  const merged = new Map();
  for (const [backend, { errors }] of Object.entries(columns)) {
    for (const { status, message, operations } of errors) {
      const entry = merged.get(kind(message)) ?? { status, message, operations: new Set(), backends: [] };
      merged.set(kind(message), entry);
      for (const operation of operations) entry.operations.add(operation);
      entry.backends.push(backend);
    }
  }
  return [...merged.values()]
    .sort((a, b) => a.status.localeCompare(b.status))
    .map((entry) => row([entry.status, entry.message, [...entry.operations].join(', '), entry.backends.join(', ')]));
}

function coarseRows(columns) {
  const shown = (error) => (error === 0 ? '' : error.toExponential(1));
  return Object.entries(columns).flatMap(([backend, { coarse }]) =>
    coarse.map(({ operation, values, gradient, curvature }) =>
      row([operation, backend, ...[values, gradient, curvature, PROMISED[backend][operation]].map(shown)]),
    ),
  );
}

/**
 * The text of ops.md.
 * @param {Record<string, Column>} columns by backend
 */
export function report(columns) {
  const backends = Object.keys(columns);
  const ops = [...new Set(Object.values(columns).flatMap(({ operations }) => Object.keys(operations)))].sort();
  const total = (backend, ...statuses) =>
    Object.values(columns[backend].operations)
      .flatMap((counts) => statuses.map((status) => counts[status] ?? 0))
      .reduce((a, b) => a + b, 0);
  const cell = (counts = {}) =>
    STATUSES.flatMap((status) => (counts[status] ? [`${counts[status]} ${status}`] : [])).join(', ');
  const rest = Object.values(columns).flatMap((column) => column.rest);
  const coarse = coarseRows(columns);
  return [
    '# Operations of TensorFlow.js 4.22, swept',
    '',
    'Written by `npx nx run tensors:ops`. Each operation runs on small tensors of odd shapes: empty sides, even kernels, strides',
    'above the kernel, pads in numbers, dilation, rounding, int32 and bool, ties, zeros, NaN. A check is its values, its gradient, or',
    'the product of a second derivative with a vector, held against the forward kernels of the backend cpu in float64 and differences',
    'of them (2·10⁻⁵, 10⁻⁴ and 2·10⁻³ of the largest number).',
    '',
    ...Object.entries(columns).flatMap(([backend, { adapter }]) =>
      adapter
        ? [
            `The column ${backend} was swept on ${adapter.software ? 'a software adapter' : 'the adapter'} (${adapter.description}), with the backend's forwarding to the`,
            'CPU switched off, so that small tensors too go through its shaders. It has checks of its own, of the sizes for which it',
            'takes other programs. What the device refuses without an error, but on the console, counts as wrong. Other adapters have',
            'other compilers: the column says what the shaders compute, not what a driver makes of them.',
            '',
          ]
        : [],
    ),
    '- **right**: as the stock library, which is right.',
    '- **coarse**: right within what the language of the shaders promises of a function, which is less; see below.',
    '- **cured**: the stock library is wrong, stops or ends the process, and this package is right.',
    '- **refused**: an error of this package, which says what to do.',
    '- **stops**: an error of TensorFlow.js itself.',
    '- **loses NaN**: right but where NaN or ±∞ is among the inputs, for which the backends have conventions of their own.',
    '- **wrong**: other numbers, without a word, or the end of the process.',
    '',
    row(['backend', 'checks', ...STATUSES.slice(0, -1)]),
    rule(STATUSES.length + 1),
    ...backends.map((backend) => {
      const each = STATUSES.slice(0, -2).map((status) => total(backend, status));
      return row([backend, total(backend, ...STATUSES), ...each, total(backend, 'wrong', 'crash')]);
    }),
    '',
    row(['operation', ...backends]),
    rule(backends.length + 1),
    ...ops.map((op) => row([op, ...backends.map((backend) => cell(columns[backend].operations[op]))])),
    '',
    '## Refused, and stops',
    '',
    'By the message (numbers differ). ′ is a gradient, ″ a second derivative.',
    '',
    row(['', 'message', 'operations', 'backends']),
    rule(4),
    ...errorRows(columns),
    '',
    ...(coarse.length === 0
      ? []
      : [
          '## Coarse',
          '',
          'The largest error, of the larger of 1 and the largest number of the output, and what WGSL promises of the function: the',
          'adapter computes it so, and no kernel is wrong.',
          '',
          row(['operation', 'backend', 'values', 'gradient', 'second derivative', 'promised']),
          rule(6),
          ...coarse,
          '',
        ]),
    '## With NaN and ±∞, and what is left',
    '',
    ...(rest.length === 0 ? ['Nothing.'] : rest.map((line) => `- ${line}`)),
    '',
    '## Not reached',
    '',
    ...Object.entries(columns).flatMap(([backend, { unreached = [] }]) =>
      unreached.length === 0
        ? []
        : [`Kernels of the backend ${backend} that no case ran: ${unreached.join(', ')}.`, ''],
    ),
  ].join('\n');
}
