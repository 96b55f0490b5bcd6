import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Benchmark } from '../src/benchmark.js';
import { contest, Contestant, TURNS } from '../src/contest.js';
import {
  BEGIN,
  changed,
  duration,
  END,
  lines,
  ratio,
  type ResultFile,
  table,
  writeResults,
  writeTable,
} from '../src/results.js';

const started: Contestant[] = [];
afterEach(() => {
  for (const one of started.splice(0)) one.close();
});

/** A process that answers each request with what `answers` holds for it, in JavaScript over `request`. */
function fake(answers: Record<string, string>): Contestant {
  const script = `
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const request = JSON.parse(line);
      const answers = { ${Object.entries({ prepare: '{}', forget: '{}', ...answers })
        .map(([what, answer]) => `${what}: () => (${answer})`)
        .join(', ')} };
      console.log(JSON.stringify(answers[request.do]()));
    });`;
  const one = new Contestant(process.execPath, ['-e', script]);
  started.push(one);
  return one;
}

const benchmark: Benchmark = {
  name: 'sum',
  checksum: 10,
  per: { count: 2, unit: 'call' },
  prepare: () => ({ run: () => undefined, result: () => [] }),
};
const right = '{ sum: 10, scale: 10 }';
const opponent = (contestant: Contestant | string) => ({ name: 'they', goal: 0.5, takesInputs: false, contestant });

describe('contest', () => {
  it('divides medians turn by turn, without the first turn', async () => {
    const ours = fake({ check: right, time: '{ samples: [4, 2, 3] }' });
    let turn = '(globalThis.turn = (globalThis.turn ?? -1) + 1)';
    turn = `{ samples: ${turn} === 0 ? [1] : globalThis.turn === 1 ? [12] : [6, 6] }`;
    const outcome = await contest(benchmark, ours, [opponent(fake({ check: right, time: turn }))], 1);
    expect(outcome).toEqual({
      name: 'sum',
      median: 3,
      mad: 1,
      samples: 3 * TURNS,
      against: [{ name: 'they', goal: 0.5, ratio: { median: 0.5, low: 0.25, high: 0.5 } }],
    });
  });

  it.each([
    ['another result', '{ sum: 10.1, scale: 10 }', 'checksum 10.1, not 10'],
    ['nothing but zeros', '{ sum: 10, scale: 0 }', 'checksum 10, not 10'],
    ['NaN', '{ sum: null, scale: 10 }', 'checksum null, not 10'],
  ])('gives no time for %s', async (_what, check, wrong) => {
    const outcome = await contest(benchmark, fake({ check, time: '{ samples: [1] }' }), [], 1);
    expect(outcome).toEqual({ name: 'sum', wrong });
  });

  it('gives the reason in place of a ratio, and runs the rest', async () => {
    const time = '{ samples: [1] }';
    const { median, against } = await contest(
      benchmark,
      fake({ check: right, time }),
      [
        opponent('no numpy'),
        opponent(fake({ prepare: "{ error: 'KeyError: sum' }" })),
        opponent(fake({ prepare: "process.stderr.write('out of memory\\\\n', () => process.exit(1))" })),
        opponent(fake({ check: '{ sum: 11, scale: 10 }' })),
        opponent(fake({ check: right, time })),
      ],
      1,
    );
    expect(median).toBe(1);
    expect(against!.map((a) => a.ratio)).toEqual([
      'no numpy',
      'KeyError: sum',
      expect.stringContaining('its process ended'),
      'another result: 11, ours 10',
      { median: 1, low: 1, high: 1 },
    ]);
  });

  it('says why a benchmark is skipped', async () => {
    const skipped = await contest({ ...benchmark, skip: () => 'too little memory' }, fake({}), [], 1);
    expect(skipped).toEqual({ name: 'sum', skipped: 'too little memory' });
  });
});

describe('results', () => {
  it('calls a change one only when the whole interval is beyond 10 %', () => {
    expect(changed({ median: 1.3, low: 1.11, high: 2 })).toBe('slower');
    expect(changed({ median: 1.3, low: 1.09, high: 2 })).toBeNull();
    expect(changed({ median: 0.8, low: 0.5, high: 0.9 })).toBe('faster');
    expect(changed({ median: 0.8, low: 0.5, high: 0.92 })).toBeNull();
    expect(changed('not there')).toBeNull();
  });

  it('prints times and ratios with their units, spread and goal', () => {
    expect([1.234, 1234, 1.234e6, 1.234e9].map(duration)).toEqual(['1.23 ns', '1.23 µs', '1.23 ms', '1.23 s']);
    const r = { median: 0.1234, low: 0.1, high: 0.2 };
    expect(ratio(r)).toBe('0.12 (0.10 to 0.20)');
    expect(ratio(r, 1 / 8)).toBe('0.12 (0.10 to 0.20), goal ≤ 0.125 ✓');
    expect(ratio(r, 0.12)).toBe('0.12 (0.10 to 0.20), goal ≤ 0.12 ✗');
  });

  it('makes a table with one row a benchmark', () => {
    const per = { count: 2, unit: 'call' };
    const text = table(
      lines([
        {
          package: 'p',
          name: 'a',
          per,
          median: 3000,
          mad: 30,
          samples: 24,
          against: [{ name: 'they', ratio: 'no numpy' }],
        },
        { package: 'p', name: 'b', per, skipped: 'too little memory' },
        { package: 'p', name: 'c', per, wrong: 'checksum 1, not 2' },
      ]),
    );
    const rows = text.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    expect(rows[2]).toEqual(['', 'p', 'a', '1.50 µs / call', '1.0 %', '24', 'they: no numpy', '']);
    expect(rows[3]!.slice(2, 4)).toEqual(['b', 'skipped: too little memory']);
    expect(rows[4]!.slice(2, 4)).toEqual(['c', 'wrong: checksum 1, not 2']);
  });

  it('puts a package’s rows into the README and keeps those of packages without results here', () => {
    const root = mkdtempSync(join(tmpdir(), 'benchmarks-'));
    const readme = join(root, 'README.md');
    const machine = { cpu: 'a CPU', cores: 2 };
    const file = (name: string, median: number) =>
      ({ package: name, environment: { machine }, versions: { numpy: '2' }, rows: [{ name: 'x', per: { count: 1, unit: 'call' }, median, mad: 0, samples: 8 }] }) as unknown as ResultFile; // prettier-ignore
    writeFileSync(readme, `Before\n${BEGIN}\n\nq: old.\na: old.\n\n${table([['q', 'y', '1 s / call', '', '', ''], ['a', 'x', '1 s / call', '', '', '']])}\n\n${END}\nAfter\n`); // prettier-ignore
    writeResults(root, file('a', 2e9));
    writeTable(root);
    writeResults(root, file('a', 3e9));
    writeTable(root);
    const text = readFileSync(readme, 'utf8');
    rmSync(root, { recursive: true });
    expect(text).toMatch(/^Before\n.*\n\na: a CPU, 2 cores, numpy 2\.\nq: old\.\n\n[^]*\nAfter\n$/);
    expect(text.split('\n').filter((line) => /^\| [aq] /.test(line)).map((line) => line.split('|')[3]!.trim())).toEqual(['3.00 s / call', '1 s / call']); // prettier-ignore
  });
});
