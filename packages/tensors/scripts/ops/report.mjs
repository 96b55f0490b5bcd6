import { judge } from './judge.mjs';

const CHECKS = /** @type {const} */ (['values', 'gradient', 'curvature']);

/** Every check of a case on a backend: what the stock library gives, and what this package. */
export function verdicts(c, reference, stock, cured) {
  return CHECKS.slice(0, c.order + 1).map((what) => {
    const before = judge(c, reference, stock, what);
    const now = judge(c, reference, cured, what);
    const status = now === 'right' && before !== 'right' ? 'cured' : now;
    return { what, status, before, error: cured?.[what]?.error };
  });
}

const STATUSES = ['right', 'cured', 'refused', 'stops', 'loses NaN', 'wrong', 'crash'];

function count(list) {
  return STATUSES.flatMap((status) => {
    const n = list.filter((verdict) => verdict.status === status).length;
    return n === 0 ? [] : [`${n} ${status}`];
  }).join(', ');
}

/** The text of ops.md. */
export function report(cases, byBackend, unreached) {
  const backends = Object.keys(byBackend);
  const row = (cells) => `| ${cells.join(' | ')} |`;
  const all = (backend, choose = () => true) => byBackend[backend].flatMap((list, i) => (choose(cases[i]) ? list : []));
  const ops = [...new Set(cases.map(({ op }) => op))].sort();
  const refusals = new Map();
  const rest = [];
  for (const backend of backends) {
    byBackend[backend].forEach((list, i) => {
      for (const { what, status, error } of list) {
        if (status === 'refused' || status === 'stops') {
          const message = error.replace(/\d+/g, 'n').replace(/n(,\s?n)*/g, 'n');
          const entry = refusals.get(message) ?? { status, error, ops: new Set(), backends: new Set() };
          refusals.set(message, entry);
          entry.ops.add(`${cases[i].op}${what === 'values' ? '' : what === 'gradient' ? '′' : '″'}`);
          entry.backends.add(backend);
        } else if (['loses NaN', 'wrong', 'crash'].includes(status))
          rest.push(`${cases[i].name} (${what}, ${backend}): ${status}`);
      }
    });
  }
  return [
    '# Operations of TensorFlow.js 4.22, swept',
    '',
    'Written by `npx nx run tensors:ops`. Each operation runs on small tensors of odd shapes: empty sides, even kernels, strides',
    'above the kernel, pads in numbers, dilation, rounding, int32 and bool, ties, zeros, NaN. A check is its values, its gradient, or',
    'the product of a second derivative with a vector, held against the forward kernels of the backend cpu in float64 and differences',
    'of them (2·10⁻⁵, 10⁻⁴ and 2·10⁻³ of the largest number). WebGPU is not swept: its kernels need a GPU, and of a software adapter',
    'only what `test/webgpu.test.ts` holds was tried.',
    '',
    '- **right**: as the stock library, which is right.',
    '- **cured**: the stock library is wrong, stops or ends the process, and this package is right.',
    '- **refused**: an error of this package, which says what to do.',
    '- **stops**: an error of TensorFlow.js itself.',
    '- **loses NaN**: right but where NaN or ±∞ is among the inputs, for which the backends have conventions of their own.',
    '- **wrong**: other numbers, without a word, or the end of the process.',
    '',
    row(['backend', 'checks', 'right', 'cured', 'refused', 'stops', 'loses NaN', 'wrong']),
    row(Array(8).fill('---')),
    ...backends.map((backend) => {
      const list = all(backend);
      const n = (...statuses) => list.filter(({ status }) => statuses.includes(status)).length;
      return row([backend, list.length, n('right'), n('cured'), n('refused'), n('stops'), n('loses NaN'), n('wrong', 'crash')]); // prettier-ignore
    }),
    '',
    row(['operation', ...backends]),
    row(Array(backends.length + 1).fill('---')),
    ...ops.map((op) => row([op, ...backends.map((backend) => count(all(backend, (c) => c.op === op)))])),
    '',
    '## Refused, and stops',
    '',
    'By the message (numbers differ). ′ is a gradient, ″ a second derivative.',
    '',
    row(['', 'message', 'operations', 'backends']),
    row(Array(4).fill('---')),
    ...[...refusals.values()]
      .sort((a, b) => a.status.localeCompare(b.status))
      .map(({ status, error, ops: names, backends: where }) =>
        row([status, error.replaceAll('|', '\\|').slice(0, 160), [...names].join(', '), [...where].join(', ')]),
      ),
    '',
    '## With NaN and ±∞, and what is left',
    '',
    ...(rest.length === 0 ? ['Nothing.'] : rest.map((line) => `- ${line}`)),
    '',
    '## Not reached',
    '',
    `Kernels of the backend cpu that no case ran: ${unreached.join(', ')}.`,
    '',
  ].join('\n');
}
