import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allocate, type Block, bytesInUse, dot, gemv, norm2, sin, stream } from '../src/index.js';
import { viewAt } from '../src/border.js';
import { memory } from '../src/wasm.js';

/** Makes memory grow, whatever is free now, and gives what it took back. */
function growMemory(): void {
  const before = memory.buffer;
  const taken: Block[] = [];
  while (memory.buffer === before) taken.push(allocate(before.byteLength / 8));
  for (const block of taken) block.free();
}

test('a block is aligned zeros, whatever was there before', () => {
  for (const length of [0, 1, 2, 3, 1000]) {
    const first = allocate(length);
    expect(first.length).toBe(length);
    expect(first.array).toEqual(new Float64Array(length));
    expect(first.array.byteOffset % 16).toBe(0);
    first.array.fill(7);
    first.free();
    const second = allocate(length);
    expect(second.array).toEqual(new Float64Array(length));
    second.free();
  }
});

test('the view stays the same object until memory grows, then is another with the same numbers', () => {
  const block = allocate(5);
  const view = block.array;
  view.set([1, 2, 3, 4, 5]);
  expect(block.array).toBe(view);
  growMemory();
  expect(view.length).toBe(0);
  expect(block.array).toEqual(Float64Array.of(1, 2, 3, 4, 5));
  block.free();
});

test('live blocks never overlap and keep their contents through any sequence of allocate, free and growth', () => {
  const before = bytesInUse();
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('allocate'), size: fc.integer({ min: 0, max: 3000 }) }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('free'), size: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('allocate'), size: fc.integer({ min: 1, max: 400_000 }) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const live: { block: Block; mark: number }[] = [];
      let mark = 0;
      for (const { kind, size } of steps) {
        if (kind === 'allocate') {
          const block = allocate(size);
          expect(norm2(block.array)).toBe(0);
          live.push({ block, mark: ++mark });
          block.array.fill(mark);
        } else if (live.length > 0) live.splice(size % live.length, 1)[0]!.block.free();
      }
      for (const { block, mark } of live) expect(block.array.every((value) => value === mark)).toBe(true);
      const spans = live.filter(({ block }) => block.length > 0).map(({ block }) => block.array);
      spans.sort((a, b) => a.byteOffset - b.byteOffset);
      spans.forEach((span, i) => {
        const next = spans[i + 1];
        if (next) expect(span.byteOffset + span.byteLength).toBeLessThanOrEqual(next.byteOffset);
      });
      const bytes = live.reduce((sum, { block }) => sum + Math.max(16, Math.ceil(block.length / 2) * 16), 0);
      expect(bytesInUse() - before).toBe(bytes);
      for (const { block } of live) block.free();
      expect(bytesInUse()).toBe(before);
    }),
    { numRuns: 60 },
  );
});

test('freed neighbours join: what three blocks took serves one of their size together', () => {
  for (const order of [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]) {
    const blocks = [allocate(100), allocate(200), allocate(300)];
    const fence = allocate(1);
    const start = blocks[0]!.array.byteOffset;
    for (const i of order) blocks[i]!.free();
    const one = allocate(600);
    expect(one.array.byteOffset).toBe(start);
    one.free();
    fence.free();
  }
});

test('memory that was given back is used again: it does not grow for ever', () => {
  allocate(100_000).free();
  const size = memory.buffer.byteLength;
  for (let i = 0; i < 1000; i++) allocate(100_000).free();
  expect(memory.buffer.byteLength).toBe(size);
});

test('use after free throws by name', () => {
  const block = allocate(3);
  block.free();
  const message = (member: string) =>
    `block.${member}: this block of length 3 was freed; must be live. Allocate another, or free it later.`;
  expect(() => block.array).toThrow(new TypeError(message('array')));
  expect(() => block.free()).toThrow(new TypeError(message('free')));
});

test.each([-1, 0.5, NaN, Infinity, 2 ** 53])('a length of %d is refused by name', (length) => {
  expect(() => allocate(length)).toThrow(
    new RangeError(`allocate: 'length' is ${length}; must be an integer from 0 on. Count doubles, not bytes.`),
  );
});

test('more than 4 GiB is refused by name with what was asked and what is in use, and all goes on', () => {
  const block = allocate(10);
  const used = bytesInUse();
  for (const length of [2 ** 29, 2 ** 29 - 8192, 2 ** 52]) {
    expect(() => allocate(length)).toThrow(
      new RangeError(
        `allocate: 'length' is ${length} (${8 * length} bytes) with ${used} bytes in use; all blocks must fit into 4294901760 bytes, each in one run, and into what the machine gives. Free blocks, or share the work among workers.`,
      ),
    );
  }
  expect(bytesInUse()).toBe(used);
  block.array.fill(2);
  expect(dot(block.array, block.array)).toBe(40);
  block.free();
});

test('a view made before a growth is refused by name, not taken for an empty array', () => {
  const block = allocate(4);
  const view = block.array;
  growMemory();
  const message = (name: string, option: string) =>
    `${name}: '${option}' is a view of kernel memory that has grown since; must be a live array. Read block.array again after allocate.`;
  const live = new Float64Array(0);
  expect(() => norm2(view)).toThrow(new TypeError(message('norm2', 'x')));
  expect(() => dot(view, live)).toThrow(new TypeError(message('dot', 'x')));
  expect(() => dot(live, view)).toThrow(new TypeError(message('dot', 'y')));
  expect(() => gemv(view, live, live)).toThrow(new TypeError(message('gemv', 'a')));
  expect(() => gemv(live, view, live)).toThrow(new TypeError(message('gemv', 'x')));
  expect(() => gemv(live, live, view)).toThrow(new TypeError(message('gemv', 'y')));
  expect(() => sin(view, live)).toThrow(new TypeError(message('sin', 'x')));
  expect(() => stream(1).fillUniform(view)).toThrow(new TypeError(message('fillUniform', 'out')));
  block.free();
});

test('a block that nothing refers to is given back after a collection; one whose view is held is not', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const before = bytesInUse();
  const view = (() => {
    for (let i = 0; i < 10; i++) allocate(1000).array.fill(i);
    return allocate(500).array.fill(3);
  })();
  expect(bytesInUse()).toBe(before + 84_000);
  for (let i = 0; i < 50 && bytesInUse() > before + 4000; i++) {
    collect();
    await setTimeout(10);
  }
  expect(bytesInUse()).toBe(before + 4000);
  const other = allocate(5000);
  expect(view.every((value) => value === 3)).toBe(true);
  other.free();
});

test('kernels work above 2 GiB, where addresses are negative as signed integers', () => {
  // Pages that are not touched take no memory of the machine. The second block is too large for any run below the first.
  const gap = allocate(2 ** 28);
  const room = allocate(2 ** 27);
  const start = room.array.byteOffset;
  expect(start).toBeGreaterThan(2 ** 31);
  const [a, x, y] = [viewAt(start, 6), viewAt(start + 48, 3), viewAt(start + 72, 2)];
  a.set([1, 2, 3, 4, 5, 6]);
  x.set([1, 10, 100]);
  expect([...gemv(a, x, y)]).toEqual([321, 654]);
  expect(dot(a.subarray(0, 3), x)).toBe(321);
  const normals = stream(1).fillNormal(new Float64Array(6));
  expect(stream(1).fillNormal(a)).toEqual(normals);
  expect(sin(a, a)).toEqual(sin(normals, normals));
  gap.free();
  room.free();
});
